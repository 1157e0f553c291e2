"""What is known of one request before it is placed, each fact found out once, and only when a rule asks for it.

A rule that needs the conversation makes the body be parsed (`AskedFor.json`, which the attempt uses again); as long as
none does, only the few fields are read that `asked.py` skims.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from router_core.asked_for import AskedFor
from router_core.client import client_name, thread_of
from router_core.routing.background import is_errand
from router_core.routing.conversation import has_image, items_of, turn_begin
from router_core.routing.entrance import Entrance
from router_core.routing.plan_mode import plans
from router_core.routing.project import HEADER as PROJECT_HEADER
from router_core.routing.project import project_of
from router_core.routing.reminders import Reminder, reminders_in
from router_core.routing.thinking import asks_for_thinking
from router_core.routing.web_search import wants_web_search
from router_core.wire.model import JsonObject

type Remembered = Callable[[str], Sequence[Any]]
"""Response id → the conversation up to and with it; empty when that is not known."""


class Facts:
    """One request, as the rules see it.

    Args:
        asked: the request; no tag is in its body any more.
        last_input_tokens: as the provider measured them at the last turn of this line of work; None: not known.
        remembered: for requests that continue a response by its id.
        project_before: the working directory that such a conversation named at its beginning; "".
    """

    def __init__(
        self,
        asked: AskedFor,
        *,
        last_input_tokens: int | None = None,
        remembered: Remembered | None = None,
        project_before: str = "",
    ) -> None:
        self.asked = asked
        self.format = asked.entrance.format
        self.last_input_tokens = last_input_tokens
        self._remembered = remembered
        self._project_before = project_before
        self.client = client_name(asked.headers)
        self.user_agent = asked.headers.get("user-agent", "")
        self.session = asked.session
        self.agent = thread_of(asked.headers, asked.session)
        """Of a subagent; "" is the main line."""

    @property
    def model(self) -> str:
        """As the client wrote it."""
        return self.asked.model

    @property
    def body(self) -> JsonObject:
        """The whole request, parsed. Raises WireError when it is no JSON object."""
        return self.asked.json

    @cached_property
    def project(self) -> str:
        """The working directory that the client names; ""."""
        if self._project_before and not self.asked.headers.get(PROJECT_HEADER):
            return self._project_before
        return project_of(self.client, self.asked.headers, self.asked.as_sent)

    @cached_property
    def earlier(self) -> Sequence[Any]:
        """What came before, where the body holds only what is new and that is remembered: a client says once that it
        is in plan mode, and an image of this turn may have come before the tool's output that is new."""
        if self._remembered is None or not self.continues:
            return ()
        return self._remembered(self.body["previous_response_id"])

    @cached_property
    def items(self) -> Sequence[Any]:
        """The conversation, as far as it is known."""
        new = items_of(self.format, self.body)
        return [*self.earlier, *new] if self.earlier else new

    @cached_property
    def turn_begin(self) -> int:
        """Where its newest turn begins."""
        return turn_begin(self.items)

    @cached_property
    def reminders(self) -> Sequence[Reminder]:
        """What Claude Code has put into it."""
        return reminders_in(self.items) if self.client == "claude-code" else ()

    @property
    def continues(self) -> bool:
        """The body holds only what is new: the provider is to remember the rest by a response's id."""
        return isinstance(self.body.get("previous_response_id"), str)

    @cached_property
    def errand(self) -> str:
        """Why this is one of Claude Code's small errands; ""."""
        if self.asked.entrance.operation != "generate":
            return is_errand(self.model, self.client, {})
        return is_errand(self.model, self.client, self.body)

    @cached_property
    def aside(self) -> bool:
        """Claude Code asks something beside the conversation, in the same session: a title, a summary of a page, a
        search. How long it is and what it needs says nothing of the conversation."""
        if self.client != "claude-code" or self.asked.entrance.operation != "generate":
            return False
        return bool(is_errand("", self.client, self.body) or self.web_search)

    @cached_property
    def thinking(self) -> str:
        """What asks for thinking; ""."""
        reminders = [text for at, text in self.reminders if at >= self.turn_begin]
        return asks_for_thinking(self.format, self.body, self.client, reminders)

    @cached_property
    def plans(self) -> bool:
        """The client is in plan mode."""
        return plans(self.body, self.client, self.items, [text for _, text in self.reminders])

    @cached_property
    def web_search(self) -> str:
        """What asks for the provider's own web search; ""."""
        return wants_web_search(self.format, self.body, self.client)

    @cached_property
    def image(self) -> bool:
        """There is an image in the newest turn."""
        return any(map(has_image, self.items[self.turn_begin :]))

    @property
    def input_tokens(self) -> int:
        """An estimate (counting/text.py says how good it is)."""
        return self.asked.input_tokens

    @property
    def known_input_tokens(self) -> int | None:
        """The same, if it has been needed for anything."""
        return self.asked.input_tokens if "estimate" in self.asked.__dict__ else None


def facts_of_name(model: str, headers: dict[str, str], session: str = "") -> Facts:
    """Of a request of which only the model is known: a WebSocket's handshake, a dry run."""
    entrance = Entrance("openai-responses", "generate", model)
    return Facts(AskedFor(entrance, b"{}", headers, "", session))
