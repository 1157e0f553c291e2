"""Reading along with a response stream: has content begun, has it ended, what did it cost, did it fail inside a 200.

The bytes themselves pass through untouched. Before the first content every record is looked at (they are few, and the
failover depends on them); after it the bytes are only searched for the few records that matter, and only those are
parsed. Inside JSON a quote is always escaped, so `"error"` with both quotes bare is a key or a value, never prose.
"""

from collections.abc import Callable
from typing import Any

import orjson

from router_core.trace.record import Usage
from router_core.wire.chat_error import is_error
from router_core.wire.format import FormatName
from router_core.wire.sse import Record, RecordSplitter, records
from router_core.wire.usage import gemini_stop, read_service, read_usage, responses_stop

type JsonObject = dict[str, Any]

_MARKERS: dict[FormatName, tuple[bytes, ...]] = {
    "anthropic": (b'"message_delta"', b'"message_stop"', b'"message_start"', b'"error"', b"event: error"),
    "openai-chat": (
        b'"error"', b"event: error", b"event:error", b'"code"', b"[DONE]", b'"finish_reason":"', b'"finish_reason": "',
        b'"usage":{', b'"usage": {',
    ),
    "openai-responses": (
        b'"response.completed"', b'"response.done"', b'"response.failed"', b'"response.incomplete"', b'"error"',
        b"event: error",
    ),
    "gemini": (b'"error"', b'"finishReason"', b'"usageMetadata"', b'"blockReason"'),
}  # fmt: skip
_WAITING = frozenset(
    {
        "response.created", "response.queued", "response.in_progress", "codex.rate_limits", "codex.response.metadata",
        "keepalive", "ping", "message_start",
    }
)  # fmt: skip
_WORDS = 2000
"""Bytes kept of an error that is not JSON."""


class StreamTap:
    """What is known of one event stream so far."""

    def __init__(self, format: FormatName) -> None:
        self.format = format
        self.content = False
        """The first content event has come: from here on there is no other attempt."""
        self.terminal = False
        """The format's own end has come; what follows is of no interest."""
        self.error: JsonObject | None = None
        """Data of the first error event."""
        self.usage = Usage()
        self.stop_reason = ""
        self.response: JsonObject = {}
        """Which response a Responses stream is about: a failure of ours must speak of the same one."""
        self.look: Callable[[bytes], None] | None = None
        """Sees the bytes of all records as they become complete."""
        self._splitter = RecordSplitter()
        self._markers = _MARKERS[format]

    @property
    def ended(self) -> bool:
        """The answer is whole. Not every Chat service sends `[DONE]`: a finish reason says it, too."""
        return self.terminal or (self.format == "openai-chat" and bool(self.stop_reason))

    @property
    def between_records(self) -> bool:
        """What has come ends with a whole record, so that one more event may be put in here."""
        return self._splitter.empty

    def feed(self, data: bytes) -> None:
        """Take in some (decoded) bytes of the stream."""
        complete = self._splitter.feed(data)
        if not complete:
            return
        if self.look is not None:
            self.look(complete)
        if not self.content:
            self._read(complete)
            return
        for marker in self._markers:
            if marker in complete:
                self._read(complete)
                return

    def close(self) -> None:
        """The stream has ended: look at what came without a record end."""
        if rest := self._splitter.close():
            self._read(rest)

    def _read(self, complete: bytes) -> None:
        for record in records(complete):
            if self.content and record.event != b"error" and not any(mark in record.data for mark in self._markers):
                continue
            if record.data == b"[DONE]":
                self.terminal = True
                continue
            try:
                data = orjson.loads(record.data)
            except orjson.JSONDecodeError:
                if record.event == b"error":
                    self._failed({"error": {"message": record.data[:_WORDS].decode("utf-8", "replace")}})
                    continue
                self.content = self.content or bool(record.data)  # not ours to judge: let it through
                continue
            if isinstance(data, dict):
                self._event(record, data)

    def _event(self, record: Record, data: JsonObject) -> None:
        if self.format == "openai-chat":
            self._chat(data, record.event)
            return
        if self.format == "gemini":
            self._gemini(data)
            return
        kind = str(data.get("type") or record.event.decode("ascii", "replace"))
        match kind:
            case "error" | "response.failed":
                self._failed(data)
            case "response.created":
                created = data.get("response")
                if isinstance(created, dict):
                    self.response = {key: created[key] for key in ("id", "created_at", "model") if key in created}
            case "message_start":
                message = data.get("message")
                read_usage(self.format, message.get("usage") if isinstance(message, dict) else None, self.usage)
            case "message_delta":
                self.content = True
                read_usage(self.format, data.get("usage"), self.usage)
                delta = data.get("delta")
                if isinstance(delta, dict) and delta.get("stop_reason"):
                    self.stop_reason = str(delta["stop_reason"])
            case "message_stop":
                self.content = self.terminal = True
            case "response.completed" | "response.done" | "response.incomplete":
                self.content = self.terminal = True
                response = data.get("response")
                if isinstance(response, dict):
                    read_usage(self.format, response.get("usage"), self.usage)
                    read_service(response, self.usage)
                    self.stop_reason = responses_stop(response)
            case _ if kind not in _WAITING:
                self.content = True

    def _chat(self, data: JsonObject, event: bytes) -> None:
        if is_error(data, event):
            self._failed(data)
            return
        groq = data.get("x_groq")
        read_usage(
            self.format, data.get("usage") or (groq.get("usage") if isinstance(groq, dict) else None), self.usage
        )
        if "service_tier" in data:
            read_service(data, self.usage)
        choices = data.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if not isinstance(choice, dict):
                continue
            if reason := choice.get("finish_reason"):
                self.stop_reason = str(reason)
                self.content = True
            delta = choice.get("delta")
            if isinstance(delta, dict) and any(value for key, value in delta.items() if key != "role"):
                self.content = True
            if choice.get("text"):
                self.content = True

    def _gemini(self, data: JsonObject) -> None:
        """A frame; the last one says why the answer ended."""
        if data.get("error"):
            self._failed(data)
            return
        read_usage(self.format, data.get("usageMetadata"), self.usage)
        if reason := gemini_stop(data):
            self.stop_reason = reason
            self.content = self.terminal = True
            return
        candidates = data.get("candidates")
        for candidate in candidates if isinstance(candidates, list) else ():
            content = candidate.get("content") if isinstance(candidate, dict) else None
            parts = content.get("parts") if isinstance(content, dict) else None
            for part in parts if isinstance(parts, list) else ():
                if isinstance(part, dict) and any(value for key, value in part.items() if key != "thought"):
                    self.content = True

    def _failed(self, data: JsonObject) -> None:
        if self.error is None:
            self.error = data
        self.terminal = True
        response = data.get("response")
        if isinstance(response, dict):
            read_usage(self.format, response.get("usage"), self.usage)
