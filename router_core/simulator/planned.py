"""Replies that a test plans: what the next accepted request is answered with, whatever the provider.

A plan says what the model does, not how a provider writes it down, so one plan fits every format. It stays bound by
the request: thinking shows only when it was asked for, one call is made when parallel ones are forbidden, and a tool
that is not offered cannot be called, which is a mistake in the test (or a tool that a translator has lost).
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import orjson
from pydantic import ConfigDict

from router_core.simulator.replies import (
    Citation,
    Prompt,
    Reply,
    ToolOffer,
    ToolUse,
    WebSearch,
    count_tokens,
    counted,
    ended_early,
)


class PlanMismatch(ValueError):
    """The request does not allow what the plan says; the message names both."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One tool call of a planned reply."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str = ""
    """The tool as the request names it. Empty: the one at position `offer`."""
    arguments: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    """For custom tools; a function that stands for one gets it as its only string property."""
    offer: int = 0
    """Position in the request's tools, for names that a translator may have changed."""


@dataclass(frozen=True, slots=True)
class PlannedReply:
    """What one request is answered with."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    text: str = ""
    thinking: str | tuple[str, ...] | None = None
    """Several: the first opens the reply, the n-th stands before the n-th call."""
    thinking_redacted: bool = False
    """Anthropic: the thinking comes encrypted, as `redacted_thinking`."""
    calls: tuple[PlannedCall, ...] = ()
    refusal: str | None = None
    """The model refuses with this explanation."""
    stop_sequence: str | None = None
    """Ends the reply; `text` is cut before it, should it hold it."""
    cut_short: bool = False
    """The output limit strikes at the end of `text`, or in the middle of the last call's arguments."""
    searches: tuple[WebSearch, ...] = ()
    citations: tuple[Citation, ...] = ()
    """Empty: every result of `searches`, each for the whole text."""
    input_tokens: int | None = None
    """The whole prompt, cache reads and writes included; None is counted."""
    output_tokens: int | None = None
    """Thinking included; None is counted."""
    thinking_tokens: int | None = None
    cache_read_tokens: int | None = None
    """This and the two writes: None leaves them to the provider's simulated cache."""
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    argument_pieces: int = 2
    text_pieces: int | None = None
    """In how many pieces the text is streamed; None is word by word."""


class PlanQueue:
    """The replies to come, first come, first served."""

    def __init__(self, replies: Iterable[PlannedReply] = ()) -> None:
        self._waiting = deque(replies)

    def add(self, *replies: PlannedReply) -> None:
        self._waiting.extend(replies)

    def take(self) -> PlannedReply | None:
        return self._waiting.popleft() if self._waiting else None

    def give_back(self, reply: PlannedReply) -> None:
        """It never reached its end: the next request gets it."""
        self._waiting.appendleft(reply)


def carry_out(plan: PlannedReply, prompt: Prompt) -> Reply:
    """The reply that a plan makes of a request.

    Raises:
        PlanMismatch: it calls a tool, or makes a search, that the request does not offer.
    """
    if plan.searches and not prompt.searches:
        raise PlanMismatch("the plan makes a web search, which the request does not offer")
    calls = plan.calls if prompt.parallel else plan.calls[:1]
    tools = [_tool_use(call, prompt) for call in calls]
    if plan.cut_short and tools:
        tools[-1] = replace(tools[-1], cut=True)
    thinkings = (plan.thinking,) if isinstance(plan.thinking, str) else plan.thinking or ()
    shown = thinkings if prompt.thinks else ()
    text = plan.text.partition(plan.stop_sequence)[0] if plan.stop_sequence else plan.text
    found = [result for search in plan.searches for result in search.results]
    derived = tuple(Citation(result.url, result.title, result.snippet) for result in found)
    reply = Reply(
        text,
        tools=tuple(tools),
        thinkings=shown,
        input_tokens=prompt.input_tokens if plan.input_tokens is None else plan.input_tokens,
        thinking_tokens=sum(map(count_tokens, shown)) if plan.thinking_tokens is None else plan.thinking_tokens,
        cut_short=plan.cut_short,
        refusal=plan.refusal,
        stop_sequence=plan.stop_sequence,
        searches=plan.searches,
        citations=plan.citations or derived,
        cache_read_tokens=plan.cache_read_tokens,
        cache_write_tokens=plan.cache_write_tokens,
        cache_write_1h_tokens=plan.cache_write_1h_tokens,
        argument_pieces=plan.argument_pieces,
        text_pieces=plan.text_pieces,
        thinking_redacted=plan.thinking_redacted,
    )
    reply = counted(ended_early(reply, prompt))
    return reply if plan.output_tokens is None else replace(reply, output_tokens=plan.output_tokens)


def _tool_use(call: PlannedCall, prompt: Prompt) -> ToolUse:
    offer = _offer_of(call, prompt.tools)
    if offer.kind == "custom":
        return ToolUse(offer, {}, call.text or orjson.dumps(call.arguments).decode())
    if call.text and not call.arguments:
        return ToolUse(offer, {_text_property(offer): call.text})
    return ToolUse(offer, call.arguments)


def _offer_of(call: PlannedCall, offers: tuple[ToolOffer, ...]) -> ToolOffer:
    if call.name:
        named = next((offer for offer in offers if offer.name == call.name), None)
        if named is not None:
            return named
    elif call.offer < len(offers):
        return offers[call.offer]
    known = ", ".join(offer.name for offer in offers) or "none"
    raise PlanMismatch(f"the plan calls tool {call.name or call.offer!r}, which the request does not offer ({known})")


def _text_property(offer: ToolOffer) -> str:
    properties = (offer.parameters or {}).get("properties")
    names = list(properties) if isinstance(properties, dict) else []
    return str(names[0]) if len(names) == 1 else "input"
