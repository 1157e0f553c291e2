"""Single values of a JSON text with comments: what is changed is right, and everything around it stays."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_core.applying.json_text import Keys, edited_json, json_document

COMMENTED = """{
  // mine
  "permissions": {"allow": ["Bash(ls)"]}, // trailing
  "env": {
    "FOO": "bar" /* why */
  }
}
"""


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        pytest.param("", {("a", "b"): 1}, '{\n  "a": {\n    "b": 1\n  }\n}\n', id="no text at all"),
        pytest.param("{}", {("a",): 1}, '{\n  "a": 1\n}', id="an empty object"),
        pytest.param('{"a":{"x":1}}', {("a", "b"): 2}, '{"a":{"x":1, "b": 2}}', id="one line stays one line"),
        pytest.param('{"a":{}}', {("a", "b"): 2}, '{"a":{"b": 2}}', id="into an empty object on one line"),
        pytest.param(
            COMMENTED,
            {("env", "URL"): "http://x"},
            COMMENTED.replace('"bar" /* why */\n', '"bar", /* why */\n    "URL": "http://x"\n'),
            id="behind a comment that belongs to the last value",
        ),
        pytest.param(
            COMMENTED,
            {("env", "FOO"): "new"},
            COMMENTED.replace('"bar"', '"new"'),
            id="in place",
        ),
        pytest.param(
            COMMENTED, {("permissions",): None}, COMMENTED.replace('"permissions": {"allow": ["Bash(ls)"]}, ', ""),
            id="taken away, and what was said beside it stays",
        ),
        pytest.param('{"a":1,"b":2}', {("b",): None}, '{"a":1}', id="the last one taken away"),
        pytest.param('{"a":1,"b":2}', {("a",): None}, '{"b":2}', id="the first one taken away"),
        pytest.param('{\n  "a": 1\n}\n', {("a",): None}, "{}\n", id="the only one taken away"),
        pytest.param('{"a":1,"a":2,"b":3}', {("a",): None}, '{"b":3}', id="written twice, both go"),
        pytest.param('{\n\t"a": 1,\n}\n', {("b",): 2}, '{\n\t"a": 1,\n\t"b": 2\n}\n', id="tabs and a last comma"),
        pytest.param(
            '{\r\n  "a": 1\r\n}', {("b",): {"c": 2}}, '{\r\n  "a": 1,\r\n  "b": {\r\n    "c": 2\r\n  }\r\n}',
            id="line ends of Windows within",
        ),
        pytest.param('{\r\n  "a": 1\r\n}', {("b",): 2}, '{\r\n  "a": 1,\r\n  "b": 2\r\n}', id="line ends of Windows"),
        pytest.param('\ufeff{"a":1}', {("a",): 2}, '\ufeff{"a":2}', id="a byte order mark stays"),
        pytest.param('{"a":"// no /* comment"}', {("b",): 1}, '{"a":"// no /* comment", "b": 1}', id="only in strings"),
        pytest.param('{"a":1}', {("x", "y"): None}, '{"a":1}', id="what is not there need not be taken away"),
    ],
)  # fmt: skip
def test_only_what_was_asked_for_is_changed(text: str, changes: dict[Keys, object], expected: str) -> None:
    assert edited_json(text, changes) == expected
    assert edited_json(expected, changes) == expected, "twice is no different"


@pytest.mark.parametrize(
    "text", ["[]", '"text"', '{"a": }', '{"a": [1, 2}', "{", '{"a": "b"} more', "nonsense"], ids=str
)
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever kind
        edited_json(text, {("b",): 1})


def test_a_value_below_one_that_is_no_object_is_refused() -> None:
    with pytest.raises(ValueError, match="env is no object"):
        edited_json('{"env": "text"}', {("env", "URL"): "x"})


def test_what_was_added_and_taken_away_again_leaves_the_meaning() -> None:
    added = edited_json(
        COMMENTED, {("env", "URL"): "x", ("apiKeyHelper",): "cat", ("statusLine",): {"type": "command"}}
    )
    back = edited_json(added, {("env", "URL"): None, ("apiKeyHelper",): None, ("statusLine",): None})
    assert json_document(back) == json_document(COMMENTED)
    assert [line for line in back.splitlines() if "//" in line or "/*" in line] == [
        "  // mine", '  "permissions": {"allow": ["Bash(ls)"]}, // trailing', '    "FOO": "bar" /* why */',
    ]  # fmt: skip


NAMES = st.sampled_from(["env", "a", "b", "apiKeyHelper", "//", "ü", 'q"', ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
LAYOUTS = st.sampled_from([{"indent": 2}, {"indent": "\t"}, {}, {"separators": (",", ":")}])


@given(document=st.dictionaries(NAMES, VALUES, max_size=4), layout=LAYOUTS, name=NAMES, inner=NAMES, value=VALUES)
def test_any_document_can_be_changed_and_changed_back(
    document: dict[str, Any], layout: dict[str, Any], name: str, inner: str, value: Any
) -> None:
    text = json.dumps(document, ensure_ascii=False, **layout)
    value = "x" if value is None else value
    below = document.get(name)
    keys = (name, inner) if below is None or isinstance(below, dict) else (name,)
    if name in document and below is None:
        keys = (name,)
    new = edited_json(text, {keys: value})
    held = json.loads(new)
    for key in keys:
        held = held[key]
    assert held == value
    assert json_document(edited_json(new, {keys: None})).keys() <= {*document, name}
    for other in document.keys() - {name}:
        assert json.dumps(json.loads(new)[other]) == json.dumps(document[other])
