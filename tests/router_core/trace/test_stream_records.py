"""Records and where they begin."""

import pytest

from router_core.trace.stream_records import is_stream, stream_records
from tests.router_core.wire.golden import golden_streams


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_each_record_is_found_with_the_offset_of_its_first_byte(end: bytes) -> None:
    content = end.join([b": hello", b"", b"event: a", b"data: {1", b"data: 2}", b"", b"", b"data: [DONE]"])
    found = list(stream_records(content))
    assert [(each.event, each.data, each.comment) for each in found] == [
        ("", b"", "hello"),
        ("a", b"{1\n2}", ""),
        ("", b"[DONE]", ""),
    ]
    for each, beginning in zip(found, (b": hello", b"event: a", b"data: [DONE]"), strict=True):
        assert content[each.offset :].startswith(beginning)
        assert content[each.offset : each.offset + each.size].strip() == content[each.offset :][: each.size]


def test_every_byte_of_recorded_streams_is_in_a_record_or_between_two() -> None:
    for case in golden_streams():
        content, end = case.stream, 0
        for record in stream_records(content):
            assert not content[end : record.offset].strip(), case
            end = record.offset + record.size
        assert not content[end:].strip(), case
        assert end, case


@pytest.mark.parametrize(
    ("content", "content_type", "is_one"),
    [
        (b"event: x\n\n", "", True),
        (b"data: {}\n\n", "text/plain", True),
        (b": ping\n\n", "", True),
        (b"", "text/event-stream; charset=utf-8", True),
        (b'{"data": 1}', "application/json", False),
        (b"[]", "", False),
    ],
)
def test_streams_are_told_from_other_bodies(content: bytes, content_type: str, is_one: bool) -> None:
    assert is_stream(content, content_type) == is_one
