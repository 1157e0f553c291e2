"""Schemas in the words of Gemini's classic fields, which refuse most of JSON Schema."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router_core.simulator.gemini_fields import parse
from router_core.simulator.gemini_rules import schema_problems
from router_core.wire.gemini.schema import MAX_NODES, to_json_schema, to_openapi

ANY = {"type": "OBJECT"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "const": "a"}, {"type": "STRING", "enum": ["a"]}),
        ({"const": "a"}, {"type": "STRING", "enum": ["a"]}),
        ({"enum": ["a", "b"]}, {"type": "STRING", "enum": ["a", "b"]}),
        ({"enum": [1, 2], "description": "How many."}, {"type": "INTEGER", "description": "How many. One of: 1, 2."}),
        ({"type": ["string", "null"]}, {"type": "STRING", "nullable": True}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "STRING", "nullable": True}),
        ({"oneOf": [{"type": "string"}, {"type": "number"}]}, {"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}]}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "INTEGER", "minimum": 1}),
        ({"type": "number", "exclusiveMaximum": 2.5}, {"type": "NUMBER", "maximum": 2.5}),
        ({"type": "string", "format": "uri"}, {"type": "STRING"}),
        ({"type": "string", "format": "date-time"}, {"type": "STRING", "format": "date-time"}),
        ({"type": "array"}, {"type": "ARRAY", "items": {"type": "STRING"}}),
        ({"type": "array", "items": [{"type": "string"}, {"type": "number"}]},
         {"type": "ARRAY", "items": {"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}]}}),
        ({"properties": {"a": {"type": "boolean"}}, "required": ["a", "gone"]},
         {"type": "OBJECT", "properties": {"a": {"type": "BOOLEAN"}}, "required": ["a"]}),
        ({"type": "object", "additionalProperties": False, "$schema": "x", "examples": [1], "default": 1}, ANY),
        ({"allOf": [{"properties": {"a": {"type": "string"}}},
                    {"properties": {"b": {"type": "string"}}, "required": ["b"]}]},
         {"type": "OBJECT", "properties": {"a": {"type": "STRING"}, "b": {"type": "STRING"}}, "required": ["b"]}),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "string"}}}, {"type": "STRING"}),
        ({"$ref": "https://example.com/schema.json", "description": "d"}, {"type": "OBJECT", "description": "d"}),
        ({"$ref": "#/$defs/gone"}, ANY), ({}, ANY), (True, ANY), (None, ANY), ([], ANY),
    ],
)  # fmt: skip
def test_what_a_schema_becomes(schema: Any, expected: dict[str, Any]) -> None:
    assert to_openapi(schema) == expected


def test_a_schema_that_refers_to_itself_ends() -> None:
    node = {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#/$defs/N"}}}
    found = to_openapi({**node, "$defs": {"N": node}})
    assert found["properties"]["left"]["properties"]["left"] == ANY


def test_a_schema_that_grows_without_end_is_cut() -> None:
    defs = {
        f"N{i}": {"type": "object", "properties": {c: {"$ref": f"#/$defs/N{i + 1}"} for c in "abcd"}} for i in range(20)
    }
    assert str(to_openapi({"$ref": "#/$defs/N0", "$defs": defs})).count("OBJECT") <= MAX_NODES * 5


def test_a_classic_schema_as_json_schema() -> None:
    classic = {
        "type": "OBJECT", "nullable": True, "propertyOrdering": ["a"], "example": {"a": 1}, "maxProperties": "5",
        "properties": {
            "a": {"type": "STRING", "format": "enum", "enum": ["x"], "nullable": True},
            "any_of": {"any_of": [{"type": "NUMBER"}, {"type": "TYPE_UNSPECIFIED"}]},
        },
    }  # fmt: skip
    assert to_json_schema(classic) == {
        "type": ["object", "null"], "examples": [{"a": 1}], "maxProperties": 5,
        "properties": {
            "a": {"type": ["string", "null"], "enum": ["x", None]},
            "any_of": {"anyOf": [{"type": "number"}, {}]},
        },
    }  # fmt: skip


words = st.sampled_from(["string", "number", "integer", "boolean", "array", "object", "null", "odd"])
values = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4)
)
names = st.sampled_from(["a", "b", "c"])


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": words | st.lists(words, max_size=3) | values,
            "properties": st.dictionaries(names, inner, max_size=3) | values,
            "required": st.lists(names | values, max_size=3) | values,
            "items": inner | st.lists(inner, max_size=2),
            "anyOf": st.lists(inner, max_size=3) | values,
            "oneOf": st.lists(inner, max_size=2),
            "allOf": st.lists(inner, max_size=2) | values,
            "enum": st.lists(values, max_size=3) | values,
            "const": values,
            "$ref": st.sampled_from(["#", "#/$defs/a", "#/properties/a", "#/nowhere", "x"]) | values,
            "$defs": st.dictionaries(names, inner, max_size=2),
            "description": values,
            "nullable": st.booleans(),
            "minLength": st.integers(0, 5) | values,
            "title": values,
            "maximum": values,
            "exclusiveMinimum": values,
            "additionalProperties": inner,
        },
    )


schemas = st.recursive(values, _nested, max_leaves=12)


@settings(max_examples=100, deadline=None)
@given(schemas)
def test_gemini_takes_whatever_comes_out(schema: Any) -> None:
    found = to_openapi(schema)
    parsed, problems = parse(found, "Schema")
    assert not problems
    assert not list(schema_problems(parsed, "s"))


@settings(max_examples=60, deadline=None)
@given(schemas)
def test_there_and_back_and_there_is_the_same(schema: Any) -> None:
    once = to_openapi(schema)
    assert to_openapi(to_json_schema(once)) == once
