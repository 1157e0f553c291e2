"""Broken tool arguments are mended where one reading is left, and never where half of a value is missing."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router_core.transform.argument_repair import breaks_off, mended
from router_core.transform.argument_types import coerced, fits

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "exact": {"type": "boolean"},
        "where": {"$ref": "#/$defs/place"},
    },
    "required": ["city"],
    "additionalProperties": False,
    "$defs": {"place": {"type": "object", "properties": {"x": {"type": "number"}}}},
}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('{"city": "Rome",}', {"city": "Rome"}),
        ("{'city': 'Rome', 'exact': True}", {"city": "Rome", "exact": True}),
        ('{"city": "a\nb"}', {"city": "a\nb"}),
        ("{city: Rome}", {"city": "Rome"}),
        ('{"city": "say "hi" now"}', {"city": 'say "hi" now'}),
        ('```json\n{"city": "Rome"}\n```', {"city": "Rome"}),
        ('{}{"city": "Rome"}', {"city": "Rome"}),
        ('{"city": "Rome"}{"city":"Rome"}', {"city": "Rome"}),
        ('"{\\"city\\": \\"Rome\\"}"', {"city": "Rome"}),
        ('{"city": "Rome" "days": 2}', {"city": "Rome", "days": 2}),
        ('{"city": "Rome"', {"city": "Rome"}),
        ('{"city": "Rome", "exact": true', {"city": "Rome", "exact": True}),
        ('{"city": "Rome", "days": 1}}', {"city": "Rome", "days": 1}),
        ('{"city": "Rome", "days": "2",}', {"city": "Rome", "days": 2}),
        ('{"city": "Rome", "days": "2"}', {"city": "Rome", "days": 2}),
        ('{"city": 5}', {"city": "5"}),
        ('{"city": "Rome", "exact": "True"}', {"city": "Rome", "exact": True}),
        ('{"city": "Rome", "days": null, "tags": "a"}', {"city": "Rome", "tags": ["a"]}),
        ('{"city": "R", "tags": "[\\"a\\"]"}', {"city": "R", "tags": ["a"]}),
        ('{"city": "R", "where": "{\\"x\\": 1}"}', {"city": "R", "where": {"x": 1}}),
        ('{"city": "Rome", "where": {"x": "1.5"}}', {"city": "Rome", "where": {"x": 1.5}}),
    ],
)  # fmt: skip
def test_one_reading_is_taken(written: str, meant: dict[str, Any]) -> None:
    mending = mended(written, SCHEMA)
    assert mending is not None
    assert mending.arguments is not None
    assert json.loads(mending.arguments) == meant


@pytest.mark.parametrize(
    "written",
    ['{"city": "rm -rf /tm', '{"city": "Rome", "tags"', '{"city": "Rome", "where": {"x"', '{"city": "Rome", "days": 3',
     '{"city":', "{'city': 'Ro", "{'city': 'a }", '{"city": "a }', '{"city": "]', '{"city": "a\\"}',
     '{"city": "Rome", "exact": tr', '{"days": 3,}', '{"city": "Rome", "other": 1,}', '{"city": "A"}{"city": "B"}',
     "hello", "[1, 2", "[1]", "5", '"{"', "{", "{{{{" * 1000, "{" + "x" * 3_000_000],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_what_may_mean_several_things_stays_and_says_why(written: str) -> None:
    mending = mended(written, SCHEMA)
    assert mending is not None
    assert mending.arguments is None
    assert mending.how


@pytest.mark.parametrize(
    "written",
    ["", " ", '{"city": "Rome"}', '{"city" : "Rome" , "days":2}', '{"city": "Rome", "days": "two"}', '{"days": 2}',
     '{"city": "Rome", "other": 1}', '{"city": null}', "{}"],
)  # fmt: skip
def test_valid_json_stays_unless_its_types_have_one_reading(written: str) -> None:
    assert mended(written, SCHEMA) is None


def test_types_stay_when_nobody_asks_for_them_or_no_schema_is_known() -> None:
    assert mended('{"city": "Rome", "days": "2"}', SCHEMA, coerce=False) is None
    assert mended('{"city": "Rome", "days": "2"}', None) is None
    mending = mended("{'a': '2'}", None)
    assert mending is not None
    assert mending.arguments == '{"a":"2"}'


@pytest.mark.parametrize(
    ("value", "schema", "meant"),
    [
        ("5", {"type": "integer"}, 5),
        ("5.0", {"type": "integer"}, "5.0"),
        ("05", {"type": "integer"}, "05"),
        (5.0, {"type": "integer"}, 5.0),
        ("1e3", {"type": "number"}, 1000.0),
        ("5", {"type": ["integer", "string"]}, "5"),
        ("5", {"type": ["integer", "boolean"]}, 5),
        ("5", {"type": ["integer", "number"]}, "5"),
        ("5", {"type": ["integer", "null"]}, 5),
        ("no", {"type": "boolean"}, "no"),
        (True, {"type": "string"}, True),
        (1.5, {"type": "string"}, "1.5"),
        ("a", {"type": "array"}, "a"),
        ({"a": 1}, {"type": "array", "items": {}}, {"a": 1}),
        (["1", 2], {"type": "array", "items": {"type": "integer"}}, [1, 2]),
        ("5", {"type": "INTEGER"}, 5),
        ("5", {"anyOf": [{"type": "integer"}]}, "5"),
        ("5", True, "5"),
    ],
)
def test_a_value_is_read_as_another_type_only_where_one_is_possible(value: Any, schema: Any, meant: Any) -> None:
    assert coerced(value, schema, {}) == meant


@pytest.mark.parametrize(
    ("value", "schema", "holds"),
    [
        (1, {"type": "integer"}, True),
        (True, {"type": "integer"}, False),
        ("b", {"enum": ["a"]}, False),
        (1, {"const": 2}, False),
        (1, {"anyOf": [{"type": "string"}, {"type": "integer"}]}, True),
        (1, {"oneOf": [{"type": "string"}]}, False),
        (1, {"allOf": [{"type": "integer"}, {"enum": [2]}]}, False),
        ([1, "a"], {"items": {"type": "integer"}}, False),
        ({"x": 1}, {"additionalProperties": False, "patternProperties": {"x": {}}}, True),
        (1, {"$ref": "#/$defs/a"}, False),
        (1, {"$ref": "https://elsewhere.example/schema"}, True),
        (1, {"$ref": "#/$defs/none"}, True),
        (1, {"$ref": "#"}, True),
        (1, False, False),
        (1, {"type": "unheard"}, True),
    ],
)
def test_schemas_are_understood_as_far_as_tools_use_them(value: Any, schema: Any, holds: bool) -> None:
    assert fits(value, schema, {"$defs": {"a": {"type": "string"}}}) is holds


def test_references_in_a_circle_end() -> None:
    root = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}
    assert fits(1, {"$ref": "#/$defs/a"}, root)
    tree: Any = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    value: Any = {}
    for _ in range(100):
        value = {"next": value}
    assert fits(value, tree, tree)
    assert coerced(value, tree, tree) is value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4), st.integers(1, 200))
def test_half_of_an_object_is_never_taken_for_another_one(value: dict[str, Any], cut: int) -> None:
    """What is mended of a cut text holds nothing that the whole one does not."""
    written = json.dumps(value)
    mending = mended(written[:cut], None)
    if cut >= len(written) or mending is None or mending.arguments is None:
        return
    assert leaves(json.loads(mending.arguments)) <= leaves(value)


def leaves(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(leaves, value.values()))
    if isinstance(value, list):
        return set().union(*map(leaves, value))
    return {json.dumps(value)}


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_a_whole_object_does_not_break_off(value: dict[str, Any]) -> None:
    assert not breaks_off(json.dumps(value))
