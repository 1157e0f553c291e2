"""JSON5 as people write it."""

import pytest

from router_core.migrating.json5 import json5_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2]}', {"a": [1, 2]}),
        ("{a: 1, $b_2 : 'two', 'c': [true, null,],}", {"a": 1, "$b_2": "two", "c": [True, None]}),
        ("// one\n{a: 'http://x.example', /* two, } */ b: \"//no, ]\",}", {"a": "http://x.example", "b": "//no, ]"}),
        ("{a: 'it\\'s \"so\"\\n'}", {"a": 'it\'s "so"\n'}),
        ("{a: {b: {true: 1}}}", {"a": {"b": {"true": 1}}}),
        ("[1, // last\n]", [1]),
        ("[1, " + "/* a **/ " * 500 + "2]", [1, 2]),
    ],
)
def test_it_is_read(text: str, value: object) -> None:
    assert json5_value(text) == value


@pytest.mark.parametrize("text", ["{", "{a 1}", "'", "{a: b c}"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        json5_value(text)
