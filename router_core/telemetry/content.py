"""What was asked and answered, in the form that OpenTelemetry's conventions give to messages; off by default."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import orjson

from router_core.telemetry.spans import Attributes
from router_core.trace.answer_text import answer_text
from router_core.trace.asked_text import asked_text
from router_core.trace.record import TraceRecord
from router_core.wire.format import FormatName

LONGEST = 32 * 1024
"""Characters of each attribute's text."""


def content_attributes(record: TraceRecord, bodies: Iterable[Mapping[str, Any]]) -> Attributes:
    """The person's newest words, and the answer.

    Args:
        bodies: rows of the request's kept bodies, decompressed.
    """
    kept = {str(row["kind"]): row for row in bodies}
    found: Attributes = {}
    format_ = cast(FormatName, record.format)
    if (request := kept.get("request")) is not None:
        words = asked_text(request["content"], format_, truncated=bool(request["truncated"])).words
        if words:
            found["gen_ai.input.messages"] = _message("user", [_text(words)])
    if (response := kept.get("response")) is not None:
        answer = answer_text(
            response["content"], format_, content_type=str(response["content_type"]),
            truncated=bool(response["truncated"]), status=record.status or 200,
        )  # fmt: skip
        parts = [_text(part.text) for part in answer.parts if part.kind == "text"]
        parts += [_call(part.title, part.text) for part in answer.parts if part.kind == "tool_call"]
        if parts:
            found["gen_ai.output.messages"] = _message("assistant", parts, record.stop_reason)
    return found


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "content": words[:LONGEST]}


def _call(name: str, arguments: str) -> dict[str, Any]:
    return {"type": "tool_call", "name": name, "arguments": arguments[:LONGEST]}


def _message(role: str, parts: list[dict[str, Any]], finish_reason: str = "") -> str:
    message: dict[str, Any] = {"role": role, "parts": parts}
    if finish_reason:
        message["finish_reason"] = finish_reason
    return orjson.dumps([message]).decode()
