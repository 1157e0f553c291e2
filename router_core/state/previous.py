"""Decides what becomes of `previous_response_id` where the target does not know it: the whole conversation instead.

The Codex backend keeps no responses over HTTP, a response is known only to the account that gave it, and a request may
go to another provider altogether. So the history comes from what the router remembers, else from Codex's own session
file, else the client is told in the words its own code looks for (`previous_response_not_found`), and sends everything
again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Protocol

from router_core.errors import WireError
from router_core.state.fingerprint import same_when_sent_back
from router_core.state.items import input_items, kind_of
from router_core.state.pairs import paired
from router_core.wire.model import JsonObject

SESSION_HEADERS = ("thread-id", "session-id", "session_id", "conversation_id")
"""The rollout file is named after the thread; older clients call the same id session or conversation."""
_LEFT_OUT: Mapping[Any, tuple[str, ...]] = MappingProxyType(
    dict.fromkeys(("message", "reasoning", "function_call", "custom_tool_call"), ("id", "status"))
    | dict.fromkeys(("function_call_output", "custom_tool_call_output"), ("id", "status"))
    | dict.fromkeys(("local_shell_call", "web_search_call", "tool_search_call", "tool_search_output"), ("id",))
)
"""What Codex, too, leaves out of the items it sends: with an id, a provider that keeps nothing answers that it does not
know the item."""

type Rebuilt = Callable[[str], list[JsonObject] | None]


class Known(Protocol):
    """What is remembered (`Conversations`)."""

    def expand(self, response_id: str) -> list[Any] | None: ...

    def item(self, item_id: str) -> JsonObject | None: ...


class PreviousResponseNotFound(WireError):
    """Neither the router nor Codex's own files know the response that a request continues."""

    kind = "previous_response_not_found"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A request that says everything itself.

    Args:
        body: the same object if there was nothing to resolve.
        because: for the trace; "" if nothing was done.
        rebuilt: how many items were put before those that the client sent.
    """

    body: JsonObject
    source: Literal["none", "memory", "rollout"]
    because: str = ""
    rebuilt: int = 0


def resolve_previous(
    body: JsonObject, known: Known, sessions: Sequence[str] = (), rebuilt: Rebuilt | None = None
) -> Resolved:
    """The request with the full `input`, without `previous_response_id` and without references to stored items.

    May read files (through `rebuilt`): call it in a thread unless `Conversations.in_memory` says that it need not.

    Args:
        body: a Responses request.
        sessions: ids under which Codex may have kept the conversation (`session_ids`).
        rebuilt: session id → its items from Codex's own file, calls without outputs included.

    Raises:
        PreviousResponseNotFound: nobody knows it.
        WireError: a field has another type than documented, or refers to an item that nobody knows.
    """
    previous = body.get("previous_response_id")
    if previous is None:
        items = body.get("input")
        if not isinstance(items, list):
            return Resolved(body, "none")
        found = _dereferenced(items, [], known)
        if found is items:
            return Resolved(body, "none")
        return Resolved({**body, "input": found}, "memory", "item references replaced by the items")
    if not isinstance(previous, str) or not previous:
        raise WireError("`previous_response_id` must be the id of a response.", "previous_response_id")
    new = [] if body.get("input") is None else input_items(body["input"])
    history = known.expand(previous)
    if history is not None:
        items = [*_nameless(history), *_dereferenced(new, history, known)]
        because = f"previous_response_id: {len(history)} remembered items"
        return Resolved(_full(body, items), "memory", because, len(history))
    for session in sessions if rebuilt else ():
        from_file = rebuilt(session) if rebuilt else None
        if from_file:
            items = joined(_nameless(from_file), _dereferenced(new, from_file, known))
            before = len(items) - len(new)
            because = f"previous_response_id: {before} items rebuilt from Codex's file of session {session}"
            return Resolved(_full(body, items), "rollout", because, before)
    raise PreviousResponseNotFound(
        f"Previous response with id '{previous[:100]}' not found. The provider of this request keeps no responses, and "
        "the router does not know this one (any more). Send the whole conversation in `input`, without "
        "`previous_response_id`.",
        "previous_response_id",
    )


def session_ids(headers: Mapping[str, str], body: JsonObject) -> list[str]:
    """The ids under which Codex may have kept the conversation, the surest first.

    Args:
        headers: names in lower case.
    """
    found = [headers.get(name) for name in SESSION_HEADERS]
    ids = [value for value in (*found, body.get("prompt_cache_key")) if isinstance(value, str) and value]
    return list(dict.fromkeys(ids))


def joined(history: list[Any], new: list[Any]) -> list[Any]:
    """History and new items, with what both hold said once, and without calls and outputs that lack the other.

    Codex writes an item to its file before it sends it, so the end of the history mostly is the beginning of `new`.
    """
    ends = [same_when_sent_back(item) for item in history[-len(new) :]] if new else []
    begins = [same_when_sent_back(item) for item in new]
    overlap = next((n for n in range(len(ends), 0, -1) if ends[-n:] == begins[:n]), 0)
    return paired([*history[: len(history) - overlap], *new])


def _full(body: JsonObject, items: list[Any]) -> JsonObject:
    return {**{key: value for key, value in body.items() if key != "previous_response_id"}, "input": items}


def _dereferenced(items: list[Any], history: list[Any], known: Known) -> list[Any]:
    """The items with each `item_reference` as the item itself, or left out where the history holds it already."""
    if not any(_is_reference(item) for item in items):
        return items
    there = {item.get("id") for item in history if isinstance(item, dict) and isinstance(item.get("id"), str)}
    found: list[Any] = []
    for index, item in enumerate(items):
        if not _is_reference(item):
            found.append(item)
            continue
        id_ = item.get("id")
        if not isinstance(id_, str) or not id_:
            raise WireError("The `id` of an item reference must be the id of an item.", f"input[{index}].id")
        if id_ in there:
            continue
        target = known.item(id_)
        if target is None:
            text = f"Item with id '{id_[:100]}' not found: the router does not know it. Send the item itself."
            raise WireError(text, f"input[{index}].id")
        found += _nameless([target])
    return found


def _is_reference(item: Any) -> bool:
    """The type may be left out; then nothing but the id is there."""
    return isinstance(item, dict) and (kind_of(item) == "item_reference" or set(item) == {"id"})


def _nameless(items: list[Any]) -> list[Any]:
    """The items as a provider takes them that has not kept them."""
    return [
        {key: value for key, value in item.items() if key not in _LEFT_OUT[item["type"]]}
        if kind_of(item) in _LEFT_OUT
        else item
        for item in items
    ]
