"""How many tokens a broken-off answer had come to: providers tell their usage at the end, and bill what they have said.

The texts of the deltas are counted as counting/text.py counts; of an answer that was kept in part the rest is taken to
be alike.
"""

from typing import Any

import orjson

from router_core.counting.text import text_tokens, weights_for
from router_core.models.known import model_info
from router_core.wire.encoding import inflater
from router_core.wire.sse import records

_TEXTS = frozenset(
    {
        "text", "thinking", "partial_json", "content", "reasoning_content", "reasoning", "arguments", "delta",
        "summary", "refusal",
    }
)  # fmt: skip
BYTES_PER_TOKEN = 60
"""Of an event stream, where nothing was kept: an event is some 200 bytes with a few tokens."""


def streamed_tokens(kept: bytes, size: int, content_encoding: str, model: str) -> int:
    """Output tokens of an event stream that ended early, roughly.

    Args:
        kept: its beginning, as it came over the wire.
        size: how many bytes came in all.
    """
    if not kept:
        return size // BYTES_PER_TOKEN
    opened = inflater(content_encoding).feed(kept)
    texts: list[str] = []
    for record in records(opened):
        try:
            data = orjson.loads(record.data)
        except orjson.JSONDecodeError:
            continue
        if isinstance(data, dict) and not str(data.get("type", "")).endswith((".done", ".created", ".completed")):
            _collect(data, texts)
    counted = text_tokens("".join(texts).encode("utf-8", "replace"), weights_for(model_info(model)))
    return round(counted * size / len(kept))


def _collect(value: Any, texts: list[str], name: str = "") -> None:
    waiting: list[tuple[str, Any]] = [(name, value)]
    while waiting:
        name, item = waiting.pop()
        if isinstance(item, str):
            if name in _TEXTS:
                texts.append(item)
        elif isinstance(item, dict):
            waiting += reversed(item.items())
        elif isinstance(item, list):
            waiting += [(name, inner) for inner in reversed(item)]
