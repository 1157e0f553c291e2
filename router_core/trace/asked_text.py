"""What was said to the model in a traced request: the person's newest words, or which tools' results were handed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from router_core.routing.conversation import is_models, is_own_words, items_of, texts_of
from router_core.spend.last_turn import CLIENTS_WORDS
from router_core.wire.format import FormatName


@dataclass(frozen=True, slots=True)
class AskedText:
    """The end of a conversation.

    Args:
        words: a person's; "" when the newest message is not theirs.
        results: how many results of tools were handed in instead.
        unread: why it cannot be told.
    """

    words: str = ""
    results: int = 0
    unread: str = ""

    @property
    def in_short(self) -> str:
        """One line."""
        if self.words:
            return " ".join(self.words.split())
        if self.results:
            return f"{self.results} tool result{'s' if self.results > 1 else ''}"
        return ""


def asked_text(content: bytes, format: FormatName, *, truncated: bool = False) -> AskedText:
    """Read the end of a kept request body. Never fails."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        why = "it is longer than body_limit_bytes of [trace]: its end was not kept" if truncated else "it is not JSON"
        return AskedText(unread=why)
    if not isinstance(body, dict):
        return AskedText(unread="it is no JSON object")
    inner = body.get("request")
    items = items_of(format, body) or (items_of(format, inner) if isinstance(inner, dict) else ())
    return _of(_since_the_model(items)) if items else AskedText()


def _since_the_model(items: Sequence[Any]) -> Sequence[Any]:
    at = len(items)
    while at > 0 and not is_models(items[at - 1]):
        at -= 1
    return items[at:]


def _of(items: Sequence[Any]) -> AskedText:
    own = [item for item in items if is_own_words(item)]
    texts = [text.strip() for item in own for text in texts_of(item)]
    words = "\n\n".join(text for text in texts if text and not text.startswith(CLIENTS_WORDS))
    if words:
        return AskedText(words)
    pictures = any(isinstance(item.get("content", item.get("parts")), list) and not texts_of(item) for item in own)
    return AskedText("(a picture or a file)") if pictures else AskedText(results=sum(map(_results_in, items)))


def _results_in(item: Any) -> int:
    """Results of tools in one message, as the formats write them."""
    if not isinstance(item, dict):
        return 0
    if item.get("role") == "tool" or str(item.get("type", "")).endswith("_output"):
        return 1
    content = item.get("content", item.get("parts"))
    if not isinstance(content, list):
        return 0
    return sum(
        1
        for part in content
        if isinstance(part, dict) and (part.get("type") == "tool_result" or "functionResponse" in part)
    )
