"""One JSON body of a provider's event stream, for a client that did not ask for a stream.

Format to format, without the neutral model in between: the items stay as the provider made them. Its last event may
have an empty `output` (the Codex backend), so the items are taken from `output_item.done`.
"""

from typing import Any

import orjson
from msgspec import Struct

from router_core.wire.model import JsonObject, WireFault
from router_core.wire.openai_responses.errors import decode_stream_error, encode_error
from router_core.wire.sse import Record, RecordSplitter, records

_LIMIT_BYTES = 64 * 1024 * 1024
_ENDS = ("response.completed", "response.done", "response.incomplete", "response.failed", "response.cancelled")


class Collected(Struct, frozen=True):
    """What to answer.

    Args:
        status: 200, or that of the error in `body`.
    """

    status: int
    body: JsonObject


class OutputItems:
    """Collects one stream."""

    def __init__(self) -> None:
        self._splitter = RecordSplitter()
        self._items: dict[int, JsonObject] = {}
        self._texts: dict[int, list[str]] = {}
        """Of messages that were never said to be complete: some services send deltas only."""
        self._started: JsonObject = {}
        self._bytes = 0
        self._result: Collected | None = None

    def feed(self, chunk: bytes) -> None:
        self._read(self._splitter.feed(chunk))

    def close(self) -> Collected:
        """The answer; an error when the stream broke off, or was one."""
        self._read(self._splitter.close(), last=True)
        return self._result or _refused(WireFault(502, "server", "the provider's stream stopped before its end"))

    def items(self) -> list[JsonObject]:
        """The items that are complete, in order."""
        return [self._items[index] for index in sorted(self._items)]

    def _read(self, complete: bytes, *, last: bool = False) -> None:
        for record in records(complete):
            if self._result is None:
                self._record(record, last=last)

    def _record(self, record: Record, *, last: bool) -> None:
        if not record.data or record.data == b"[DONE]":
            return
        try:
            event: Any = orjson.loads(record.data)
        except orjson.JSONDecodeError:
            if not last:  # the last one may be half a record
                self._fail(WireFault(502, "server", "the provider sent an event that is not JSON"))
            return
        if not isinstance(event, dict):
            return
        type = event.get("type") or record.event.decode("utf-8", "replace")
        response = event.get("response")
        if type == "response.output_item.done":
            self._item(event, len(record.data))
        elif type == "response.output_text.delta":
            self._text(event)
        elif type in _ENDS:
            self._end(response if isinstance(response, dict) else {}, str(type))
        elif isinstance(response, dict):
            self._started = response
        elif type in ("error", "response.error") or ("type" not in event and event.get("error")):
            self._fail(decode_stream_error(event.get("error") or {k: v for k, v in event.items() if k != "type"}))

    def _item(self, event: JsonObject, size: int) -> None:
        item, index = event.get("item"), event.get("output_index")
        if not isinstance(item, dict):
            return
        if isinstance(index, int):
            self._texts.pop(index, None)
        self._grow(size)
        place = index if isinstance(index, int) and index not in self._items else len(self._items)
        while place in self._items:  # a service that numbers all items alike
            place += 1
        self._items[place] = item

    def _text(self, event: JsonObject) -> None:
        delta, index = event.get("delta"), event.get("output_index")
        if isinstance(delta, str):
            self._grow(len(delta))
            self._texts.setdefault(index if isinstance(index, int) else 0, []).append(delta)

    def _grow(self, size: int) -> None:
        self._bytes += size
        if self._bytes > _LIMIT_BYTES:
            self._fail(WireFault(502, "server", "the provider's answer is too large"))

    def _end(self, response: JsonObject, type: str) -> None:
        status = response.get("status")
        if status in ("failed", "cancelled") or type in ("response.failed", "response.cancelled"):
            self._fail(decode_stream_error(response.get("error") or f"the provider's answer is {status or 'failed'}"))
            return
        said = response.get("output")
        for index, texts in self._texts.items():
            content = [{"type": "output_text", "text": "".join(texts), "annotations": []}]
            message = {"type": "message", "id": f"msg_{index}", "status": "completed", "role": "assistant"}
            self._items.setdefault(index, {**message, "content": content})
        items = [self._items[index] for index in sorted(self._items)]
        output = said if isinstance(said, list) and len(said) >= len(items) else items
        ended = "incomplete" if type == "response.incomplete" else "completed"
        self._result = Collected(200, {**self._started, "status": ended, **response, "output": output})

    def _fail(self, fault: WireFault) -> None:
        self._result = _refused(fault)


def _refused(fault: WireFault) -> Collected:
    return Collected(*encode_error(fault))
