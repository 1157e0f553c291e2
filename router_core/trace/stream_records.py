"""A kept event stream, record by record, with where each begins: for people who look at the bytes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_END = re.compile(rb"(?>\r\n|\n|\r){2,}")
_LINE = re.compile(rb"\r\n|\n|\r")
_BEGINNINGS = (b"event:", b"data:", b": ", b":\n", b"id:", b"retry:")


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One record.

    Args:
        offset: of its first byte in the stream.
        size: bytes, without the blank line that ends it.
        event: its name; "" where it has none.
        comment: of a record that is nothing but a comment.
    """

    offset: int
    size: int
    event: str
    data: bytes
    comment: str = ""


def is_stream(content: bytes, content_type: str = "") -> bool:
    """Whether these are the bytes of an event stream."""
    return "event-stream" in content_type or content.lstrip()[:8].startswith(_BEGINNINGS)


def stream_records(content: bytes) -> Iterator[StreamRecord]:
    """The records in order; what was cut at the end comes as it is."""
    at = 0
    while at < len(content):
        end = _END.search(content, at)
        block = content[at : end.start() if end else len(content)]
        if block.strip():
            yield _record(at, block)
        at = end.end() if end else len(content)


def _record(offset: int, block: bytes) -> StreamRecord:
    event, comment, data = b"", b"", []
    for line in _LINE.split(block):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            event = value
        elif not name and value:
            comment = value
    joined = b"\n".join(data)
    told = "" if event or joined else comment.decode("utf-8", "replace")
    return StreamRecord(offset, len(block), event.decode("utf-8", "replace").strip(), joined, told)
