"""Texts of a message as one string or as parts, with the cache breakpoints that some services take."""

from router_core.wire.codec import Loss
from router_core.wire.model import Cache, JsonObject, Message, Text
from router_core.wire.openai_chat.dialect import Dialect
from router_core.wire.openai_chat.reading import own


class Words:
    """For one request. `losses` gets what the service cannot be told."""

    def __init__(self, dialect: Dialect, losses: list[Loss]) -> None:
        self._dialect = dialect
        self._losses = losses

    def content(self, texts: list[Text], notes: JsonObject, between: str) -> str | list[JsonObject]:
        """One string, or parts where the client wrote parts or a cache breakpoint needs them.

        Args:
            notes: on how the client spelled it.
            between: what keeps the texts of one string apart.
        """
        cached = self._dialect.cache_control and any(text.cache for text in texts)
        if cached or notes.get("content") == "parts":
            return [self.part(text) for text in texts]
        return texts[0].text if len(texts) == 1 else between.join([text.text for text in texts])

    def part(self, text: Text) -> JsonObject:
        return self.with_cache({**own(text.extras), "type": "text", "text": text.text}, text.cache)

    def with_cache(self, part: JsonObject, cache: Cache | None) -> JsonObject:
        return {**part, "cache_control": cache_control(cache)} if cache and self._dialect.cache_control else part

    def rest(self, message: Message) -> JsonObject:
        """The fields of a message that only this format knows."""
        rest = own(message.extras)
        if "name" in rest and not self._dialect.names:
            self._losses.append(Loss("messages.name", "the service takes no names"))
            del rest["name"]
        return rest


def cache_control(cache: Cache) -> JsonObject:
    """Anthropic's breakpoint, as the services that take it spell it."""
    return {"type": "ephemeral", "ttl": cache.ttl} if cache.ttl else {"type": "ephemeral"}
