"""A conversation's fingerprint: equal for what the provider sent and for what the client sends back of it.

Codex sends the whole conversation each time, without the ids, states and empty lists that the items had when they came
from the provider. The fingerprint leaves those out, so the router sees that a request continues a response it knows,
and stores what is new only. It is a running one: it can be continued with the next item.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

import orjson

from router_core.errors import WireError

EMPTY = b""
_SIZE = 16
_LEFT_OUT = frozenset({"id", "status", "phase", "metadata", "annotations", "logprobs", "created_by"})


def fingerprints(items: Iterable[Any], before: bytes = EMPTY) -> Iterator[bytes]:
    """The fingerprint after each item.

    Args:
        before: fingerprint of what comes before the items.
    """
    for item in items:
        before = blake2b(before + same_when_sent_back(item), digest_size=_SIZE).digest()
        yield before


def fingerprint(items: Iterable[Any], before: bytes = EMPTY) -> bytes:
    """The fingerprint after the last item."""
    for after in fingerprints(items, before):
        before = after
    return before


def same_when_sent_back(item: Any) -> bytes:
    """What stays the same of an item on its way through a client, as bytes to compare by.

    Raises:
        WireError: it is nested too deeply to be written.
    """
    if isinstance(item, dict):
        content = item.get("content")
        if isinstance(content, str):  # the short form of a message
            kind = "output_text" if item.get("role") == "assistant" else "input_text"
            content = [{"type": kind, "text": content}]
        parts = [_bare(part) for part in content] if isinstance(content, list) else content
        item = {"type": "message", **_bare(item), **({"content": parts} if parts else {})}
    try:
        return orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:  # orjson reads deeper than it writes
        raise WireError(f"An item cannot be written as JSON: {error}.", "input") from error


def _bare(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: part for key, part in value.items() if key not in _LEFT_OUT and part is not None and part != []}
