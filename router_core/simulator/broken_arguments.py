"""Tool arguments as weak models write them: JSON with single quotes, which no JSON parser takes.

Quotes are swapped wherever a format carries arguments as text, in every piece of a stream by itself. Gemini, and
Anthropic in a whole body, carry them as an object, which cannot be broken so.
"""

from dataclasses import replace
from typing import Any

import orjson

from router_core.simulator.answers import Answer, Frame

_NAMES = frozenset({"arguments", "partial_json"})
_DELTAS = frozenset({"response.function_call_arguments.delta"})


def with_broken_arguments(answer: Answer) -> Answer:
    """The answer, whole or as a stream, with its tool calls' arguments broken."""
    if answer.frames is None:
        return replace(answer, body=_broken_json(answer.body))
    return replace(answer, frames=[Frame(_broken_record(frame.data), frame.kind) for frame in answer.frames])


def _broken_record(record: bytes) -> bytes:
    head, data, rest = record.partition(b"data: ")
    text = rest.rstrip(b"\n")
    return head + data + _broken_json(text) + rest[len(text) :]


def _broken_json(text: bytes) -> bytes:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return orjson.dumps(_broken(value))


def _broken(value: Any) -> Any:
    if isinstance(value, list):
        return [_broken(item) for item in value]
    if not isinstance(value, dict):
        return value
    swapped = {*_NAMES, "delta"} if value.get("type") in _DELTAS else _NAMES
    return {
        name: item.replace('"', "'") if name in swapped and isinstance(item, str) else _broken(item)
        for name, item in value.items()
    }
