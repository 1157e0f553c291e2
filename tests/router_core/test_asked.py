"""The fields that are read of a body, and what is no body at all."""

from typing import Any

import pytest

from router_core.asked import read_asked


def _said(body: bytes) -> dict[str, Any]:
    asked = read_asked(body)
    assert asked is not None
    return {name: value for name, value in asked.items() if value is not None}


def test_the_named_fields_are_read_wherever_they_stand() -> None:
    said = b'"\\"model\\":\\"no\\""'
    body = b'{"messages":[{"content":' + said + b'}],"stream":true,"metadata":{"user_id":"u"},"model":"m"}'
    assert _said(body) == {"model": "m", "stream": True, "metadata": {"user_id": "u"}}


def test_a_field_of_another_type_is_given_as_it_is() -> None:
    assert _said(b'{"model":7,"stream":"yes","metadata":[]}') == {"model": 7, "stream": "yes", "metadata": []}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"7", b'"text"', b"{", b'{"model":"m"', b'{"model":"m"} x', b"\xff\xfe", b'{"model":"\xff"}',
     b'{"messages":' + b"[" * 100_000],
    ids=["empty", "list", "number", "text", "open", "cut", "more", "no-utf8", "no-utf8-inside", "deep"],
)  # fmt: skip
def test_what_is_no_json_object_is_not_read(body: bytes) -> None:
    assert read_asked(body) is None
