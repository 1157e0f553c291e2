"""Event-stream bytes → records, by the rules of WHATWG HTML 9.2."""

import pytest

from router_core.wire.sse import Record, RecordSplitter, records
from tests.router_core.wire.golden import StreamCase, golden_streams


def _records(stream: bytes, size: int | None = None) -> list[Record]:
    splitter, complete = RecordSplitter(), b""
    for start in range(0, len(stream), size or max(1, len(stream))):
        complete += splitter.feed(stream[start : start + (size or len(stream))])
    return [*records(complete), *records(splitter.close())]


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        (b"data: a\n\n", [(b"", b"a")]),
        (b"event: e\ndata: a\n\n", [(b"e", b"a")]),
        (b"data:a\n\ndata:  b\n\n", [(b"", b"a"), (b"", b" b")]),
        (b"data: a\ndata: b\n\n", [(b"", b"a\nb")]),
        (b"data\n\n", [(b"", b"")]),
        (b"data: x:y: z\n\n", [(b"", b"x:y: z")]),
        (b": comment\n\n:\n\ndata: a\n\n", [(b"", b"a")]),
        (b": c\ndata: a\n: c\nid: 1\nretry: 5\nunknown: u\n\n", [(b"", b"a")]),
        (b"event: e\r\ndata: a\r\n\r\ndata: b\r\n\r\n", [(b"e", b"a"), (b"", b"b")]),
        (b"data: a\r\rdata: b\r\r", [(b"", b"a"), (b"", b"b")]),
        (b"data: a\n\r\ndata: b\r\n\n", [(b"", b"a"), (b"", b"b")]),
        (b"\n\n\n\ndata: a\n\n\n\n\ndata: b\n\n", [(b"", b"a"), (b"", b"b")]),
        (b"event: alone\n\n", [(b"alone", b"")]),
        (b"data: no end", [(b"", b"no end")]),
        (b"data: half an end\n", [(b"", b"half an end")]),
        ("data: 漢字\n\n".encode(), [(b"", "漢字".encode())]),
        (b"", []),
    ],
)
@pytest.mark.parametrize("size", [None, 1, 2, 3])
def test_records(stream: bytes, found: list[tuple[bytes, bytes]], size: int | None) -> None:
    assert [(record.event, record.data) for record in _records(stream, size)] == found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize("case", golden_streams(), ids=str)
def test_records_do_not_depend_on_chunking(case: StreamCase, size: int) -> None:
    assert _records(case.stream, size) == _records(case.stream)


def test_only_complete_records_are_given() -> None:
    splitter = RecordSplitter()
    assert splitter.feed(b"data: a\n") == b""
    assert splitter.feed(b"\nda") == b"data: a\n\n"
    assert splitter.feed(b"") == b""
    assert splitter.feed(b"ta: b\n\n") == b"data: b\n\n"
    assert splitter.close() == b""


def test_an_endless_record_does_not_fill_the_memory() -> None:
    splitter = RecordSplitter(limit=100)
    for _ in range(50):
        assert splitter.feed(b"x" * 30) == b""
    assert len(splitter.close()) <= 100


def test_after_an_endless_record_the_next_one_is_found() -> None:
    splitter = RecordSplitter(limit=100)
    splitter.feed(b"data: " + b"x" * 200)
    assert [r.data for r in records(splitter.feed(b"xxx\n\ndata: a\n\n"))] == [b"a"]
