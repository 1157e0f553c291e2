"""The fields that are read of a body, and what is no body at all."""

import pytest

from router_core.asked import read_asked


def test_the_named_fields_are_read_wherever_they_stand() -> None:
    said = b'"\\"model\\":\\"no\\""'
    body = b'{"messages":[{"content":' + said + b'}],"stream":true,"metadata":{"user_id":"u"},"model":"m"}'
    assert read_asked(body) == {"model": "m", "stream": True, "metadata": {"user_id": "u"}, "prompt_cache_key": None}


def test_a_field_of_another_type_is_given_as_it_is() -> None:
    asked = read_asked(b'{"model":7,"stream":"yes","metadata":[]}')
    assert asked == {"model": 7, "stream": "yes", "metadata": [], "prompt_cache_key": None}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"7", b'"text"', b"{", b'{"model":"m"', b'{"model":"m"} x', b"\xff\xfe", b'{"model":"\xff"}',
     b'{"messages":' + b"[" * 100_000],
    ids=["empty", "list", "number", "text", "open", "cut", "more", "no-utf8", "no-utf8-inside", "deep"],
)  # fmt: skip
def test_what_is_no_json_object_is_not_read(body: bytes) -> None:
    assert read_asked(body) is None
