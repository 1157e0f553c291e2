"""Named edits leave every other byte of a value alone."""

import orjson
import pytest

from router_core.errors import WireError
from router_core.wire.edit import edit_fields

BODY = (
    b'{ "model" : "claude/x",\n "n": 1.0, "big": 123456789012345678901234567890, "m": [ {"a" :"\\u00fc"} ], "s":true}'
)


def test_values_keep_their_bytes_and_their_order() -> None:
    edited = edit_fields(BODY, {"model": "x"}, remove=("s",))
    assert edited == b'{"model":"x","n":1.0,"big":123456789012345678901234567890,"m":[ {"a" :"\\u00fc"} ]}'


def test_a_new_field_comes_last() -> None:
    assert list(orjson.loads(edit_fields(b'{"a":1}', {"z": [1]}))) == ["a", "z"]


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b'"x"', b"\xff", b'{"a":1} x'])
def test_what_is_no_object_is_an_error(body: bytes) -> None:
    with pytest.raises(WireError):
        edit_fields(body, {"a": 1})
