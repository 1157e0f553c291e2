"""A provider's event stream → neutral events.

Items are told apart by `output_index`, else by `item_id`, else the latest is meant: compatible services leave out
either. Where items alternate, one is handed on as it comes and the others wait for their turn. Codex's backend ends
with an empty `output`; others end with items that were never streamed: those are told then.

Source: OpenAI's streaming reference, openai/codex's stream reader, issue threads of compatible services, 2026.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import orjson

from router_core.errors import WireError
from router_core.wire.events import Event, KeepAlive, MessageStart, MessageStop, StreamError
from router_core.wire.model import JsonObject, WireFault
from router_core.wire.openai_responses.content import decode_citation
from router_core.wire.openai_responses.errors import decode_stream_error
from router_core.wire.openai_responses.fields import array, obj
from router_core.wire.openai_responses.response import (
    created_at_of,
    logprobs_of,
    response_extras,
    stop_of,
    usage_of,
)
from router_core.wire.openai_responses.stream_slot import LIMIT, Slot
from router_core.wire.sse import Record, RecordSplitter, records

_KEEP_ALIVE = KeepAlive()
_STOPPED_EARLY = WireFault(502, "server", "the provider's stream stopped before its end")


class ResponsesDecoder:
    """One stream."""

    def __init__(self) -> None:
        self._splitter = RecordSplitter()
        self._out: list[Event] = []
        self._begun = False
        self._ended = False
        self._queue: deque[Slot] = deque()
        """Items that are not complete or not told; the first is told as it comes."""
        self._by_index: dict[int, Slot] = {}
        self._by_id: dict[str, Slot] = {}
        self._latest: Slot | None = None
        self._items = 0
        self._known_ids: set[str] = set()
        self._call_ids: set[str] = set()
        self._called = False
        self._refused = False

    def feed(self, chunk: bytes) -> list[Event]:
        for record in records(self._splitter.feed(chunk)):
            if self._ended:
                break
            self._record(record)
        return self._take()

    def close(self) -> list[Event]:
        """A stream without its last event is broken off, whatever has come."""
        for record in records(self._splitter.close()):
            if self._ended:
                break
            if record.data.endswith(b"}"):  # a last event without its empty line
                self._record(record)
        if not self._ended:
            self._fail(_STOPPED_EARLY)
        return self._take()

    def _take(self) -> list[Event]:
        out, self._out = self._out, []
        return out

    def _record(self, record: Record) -> None:
        if not record.data or record.data == b"[DONE]":
            return
        try:
            event = orjson.loads(record.data)
        except orjson.JSONDecodeError:
            self._fail(WireFault(502, "server", "the provider sent an event that is not JSON"))
            return
        if not isinstance(event, dict):
            self._fail(WireFault(502, "server", "the provider sent an event that is not a JSON object"))
            return
        type = event.get("type") or record.event.decode("utf-8", "replace")
        handler = _HANDLERS.get(type) if isinstance(type, str) else None
        try:
            if handler is not None:
                handler(self, event)
            elif event.get("error") or ("detail" in event and "type" not in event):
                self._fail(decode_stream_error(event.get("error") or event["detail"]))
            else:
                self._out.append(_KEEP_ALIVE)
        except WireError as error:
            self._fail(WireFault(502, "server", str(error)))

    def _fail(self, fault: WireFault) -> None:
        self._ended = True
        self._out.append(StreamError(fault))

    # the response itself

    def _lifecycle(self, event: JsonObject) -> None:
        if self._begun:
            self._out.append(_KEEP_ALIVE)
            return
        response = event.get("response")
        self._begin(response if isinstance(response, dict) else {})

    def _begin(self, response: JsonObject) -> None:
        self._begun = True
        id, model = response.get("id"), response.get("model")
        self._out.append(
            MessageStart(
                id if isinstance(id, str) else "", model if isinstance(model, str) else "", created_at_of(response)
            )
        )

    def _terminal(self, event: JsonObject) -> None:
        given = event.get("response")
        response: JsonObject = given if isinstance(given, dict) else {}
        if event.get("type") == "response.incomplete":
            response = {"status": "incomplete"} | response
        if response.get("status") in ("failed", "cancelled"):
            self._failed(event)
            return
        if not self._begun:
            self._begin(response)
        said = response.get("output")
        output = array(said, "response.output", 502) if said is not None else []
        unfinished = {id(slot): index for index, slot in self._by_index.items() if not slot.done}
        for slot in list(self._queue):
            if not slot.done:
                index = unfinished.get(id(slot), -1)
                item = output[index] if 0 <= index < len(output) else None
                fits = isinstance(item, dict) and item.get("type") == slot.type
                self._finish(slot, item if fits else None)
        for item in output[self._items :]:
            known = obj(item, "response.output", 502)
            if not self._known_ids.intersection(_ids(known)):
                self._finish(self._add(known, str(known.get("type")), None), known)
        self._ended = True
        tier = response.get("service_tier")
        self._out.append(
            MessageStop(
                stop_of(response, called=self._called, refused=self._refused),
                usage_of(response),
                service_tier=tier if isinstance(tier, str) and tier else None,
                extras=response_extras(response),
            )
        )

    def _failed(self, event: JsonObject) -> None:
        response = event.get("response")
        said = response if isinstance(response, dict) else {}
        error = said.get("error") or f"the provider's answer is {said.get('status') or 'failed'}"
        self._fail(decode_stream_error(error))

    def _error(self, event: JsonObject) -> None:
        """Flat on the platform, nested in other places."""
        self._fail(decode_stream_error(event.get("error") or {k: v for k, v in event.items() if k != "type"}))

    # items

    def _added(self, event: JsonObject) -> None:
        item = obj(event.get("item"), "item", 502)
        index = event.get("output_index")
        old = self._by_index.get(index) if isinstance(index, int) else None
        if old is not None and not old.done:  # a service that numbers all items alike
            self._finish(old, None)
        slot = self._add(item, str(item.get("type")), index if isinstance(index, int) else None)
        if slot.type in ("function_call", "custom_tool_call"):
            slot.call()
            self._tell(slot)
        elif slot.type not in ("message", "reasoning"):
            self._out.append(_KEEP_ALIVE)

    def _add(self, item: JsonObject, type: str, index: int | None) -> Slot:
        if not self._begun:
            self._begin({})
        slot = Slot(item, type, self._call_ids)
        self._queue.append(slot)
        self._items += 1
        self._latest = slot
        if index is not None:
            self._by_index[index] = slot
        for name in _ids(item):
            self._by_id[name] = slot
            self._known_ids.add(name)
        return slot

    def _slot(self, event: JsonObject, type: str) -> Slot:
        """The item that an event speaks of; a new one when it was never announced."""
        slot = self._found(event)
        if slot is None or slot.done:
            index = event.get("output_index")
            slot = self._add({}, type, index if isinstance(index, int) else None)
        return slot

    def _found(self, event: JsonObject) -> Slot | None:
        index = event.get("output_index")
        if isinstance(index, int):
            return self._by_index.get(index)
        id = event.get("item_id")
        return self._by_id.get(id, self._latest) if isinstance(id, str) else self._latest

    def _item_done(self, event: JsonObject) -> None:
        item = obj(event.get("item"), "item", 502)
        type = str(item.get("type"))
        index = event.get("output_index")
        slot = self._by_index.get(index) if isinstance(index, int) else None
        if slot is None and not isinstance(index, int):
            slot = next((self._by_id[name] for name in _ids(item) if name in self._by_id), self._latest)
        if slot is not None and slot.done:
            if slot.type == type and _same(slot.item, item):
                return  # said twice
            slot = None
        if slot is None or slot.type != type:
            if slot is not None:
                self._finish(slot, None)
            slot = self._add(item, type, index if isinstance(index, int) else None)
        self._known_ids.update(_ids(item))
        slot.item = item
        self._finish(slot, item)

    def _finish(self, slot: Slot, item: JsonObject | None) -> None:
        slot.finish(item)
        self._called = self._called or slot.called
        self._refused = self._refused or slot.refused
        while self._queue:
            head = self._queue[0]
            self._out += head.events
            head.events = []
            if not head.done:
                return
            self._queue.popleft()

    def _tell(self, slot: Slot) -> None:
        """Hand on what the slot has to say, if it is its turn."""
        if slot is self._queue[0]:
            if slot.events:
                self._out += slot.events
                slot.events = []
        elif len(slot.events) > LIMIT // 64:  # each event weighs far more than its characters
            raise WireError("too many output items alternate", status=502)

    # parts of items

    def _text_delta(self, event: JsonObject) -> None:
        slot = self._slot(event, "message")
        logprobs = event.get("logprobs")
        slot.text(_part(event), _delta(event), tuple(logprobs_of(event)) if logprobs else ())
        self._tell(slot)

    def _text_done(self, event: JsonObject) -> None:
        slot, text = self._found(event), event.get("text")
        if slot is not None and not slot.done and isinstance(text, str):
            slot.whole(_part(event), text)
            self._tell(slot)

    def _refusal_delta(self, event: JsonObject) -> None:
        slot = self._slot(event, "message")
        slot.refusal(_part(event), _delta(event))
        self._tell(slot)

    def _annotation(self, event: JsonObject) -> None:
        annotation = event.get("annotation")
        if isinstance(annotation, dict):
            slot = self._slot(event, "message")
            slot.cite(decode_citation(annotation, "annotation", 502))
            self._tell(slot)

    def _thought(self, event: JsonObject) -> None:
        slot = self._slot(event, "reasoning")
        kind = "summary_index" if "summary_index" in event else "content_index"
        index = event.get(kind)
        slot.thought((kind, index if isinstance(index, int) else 0), _delta(event))
        self._tell(slot)

    def _arguments_delta(self, event: JsonObject) -> None:
        slot = self._slot(event, "function_call")
        slot.arguments(_delta(event))
        self._tell(slot)

    def _arguments_done(self, event: JsonObject) -> None:
        slot = self._found(event)
        if slot is None or slot.done:
            return  # what it says, the item itself will say
        whole, name = event.get("arguments", event.get("input")), event.get("name")
        if isinstance(name, str) and name and "name" not in slot.item:
            slot.item = {**slot.item, "name": name}
        if isinstance(whole, str):
            slot.call()
            slot.whole(0, whole)
        self._tell(slot)

    def _custom_delta(self, event: JsonObject) -> None:
        slot = self._slot(event, "custom_tool_call")
        slot.arguments(_delta(event))
        self._tell(slot)


def _delta(event: JsonObject) -> str:
    delta = event.get("delta")
    if not isinstance(delta, str):
        raise WireError("delta must be a string", "delta", 502)
    return delta


def _part(event: JsonObject) -> int:
    index = event.get("content_index")
    return index if isinstance(index, int) and index >= 0 else 0


def _ids(item: JsonObject) -> list[str]:
    """By which an item may be known."""
    found: list[Any] = [item.get("id"), item.get("call_id")]
    return [id for id in found if isinstance(id, str) and id]


def _same(first: JsonObject, second: JsonObject) -> bool:
    return bool(set(_ids(first)) & set(_ids(second)))


_HANDLERS: dict[str, Callable[[ResponsesDecoder, JsonObject], None]] = {
    "response.created": ResponsesDecoder._lifecycle,
    "response.in_progress": ResponsesDecoder._lifecycle,
    "response.queued": ResponsesDecoder._lifecycle,
    "response.completed": ResponsesDecoder._terminal,
    "response.done": ResponsesDecoder._terminal,
    "response.incomplete": ResponsesDecoder._terminal,
    "response.failed": ResponsesDecoder._failed,
    "response.cancelled": ResponsesDecoder._failed,
    "error": ResponsesDecoder._error,
    "response.error": ResponsesDecoder._error,
    "response.output_item.added": ResponsesDecoder._added,
    "response.output_item.done": ResponsesDecoder._item_done,
    "response.output_text.delta": ResponsesDecoder._text_delta,
    "response.output_text.done": ResponsesDecoder._text_done,
    "response.output_text.annotation.added": ResponsesDecoder._annotation,
    "response.refusal.delta": ResponsesDecoder._refusal_delta,
    "response.reasoning_summary_text.delta": ResponsesDecoder._thought,
    "response.reasoning_text.delta": ResponsesDecoder._thought,
    "response.function_call_arguments.delta": ResponsesDecoder._arguments_delta,
    "response.function_call_arguments.done": ResponsesDecoder._arguments_done,
    "response.custom_tool_call_input.delta": ResponsesDecoder._custom_delta,
    "response.custom_tool_call_input.done": ResponsesDecoder._arguments_done,
}
