"""Tools, the choice among them, and schemas, as Anthropic accepts them."""

from typing import Any

import pytest
from msgspec.structs import replace

from router_core.errors import WireError
from router_core.wire.codec import ToolName
from router_core.wire.model import (
    CustomTool,
    FunctionTool,
    Message,
    OpaqueTool,
    OutputFormat,
    Text,
    ToolCall,
    ToolChoice,
    ToolResult,
    WebSearchTool,
)
from tests.router_core.wire.anthropic.asking import (
    ADAPTIVE,
    BUDGET,
    FOREIGN,
    HELLO,
    OLD,
    TOOL,
    asked,
    lost,
    sent,
)
from tests.router_core.wire.anthropic.samples import CODEC, target

CHOICES: dict[str, tuple[ToolChoice | None, bool | None, Any]] = {
    "nothing said": (None, None, None),
    "auto": (ToolChoice("auto"), None, None),
    "auto, one at a time": (ToolChoice("auto"), False, {"type": "auto", "disable_parallel_tool_use": True}),
    "one at a time": (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
    "parallel": (None, True, None),
    "required": (ToolChoice("required"), True, {"type": "any"}),
    "forced": (ToolChoice("required", ("look",)), None, {"type": "tool", "name": "look"}),
    "forced, one at a time": (
        ToolChoice("required", ("look",)),
        False,
        {"type": "tool", "name": "look", "disable_parallel_tool_use": True},
    ),
    "none": (ToolChoice("none"), False, {"type": "none"}),
}


@pytest.mark.parametrize("name", CHOICES)
def test_the_choice_of_tools(name: str) -> None:
    choice, parallel, wanted = CHOICES[name]
    encoded = sent(asked(tools=(TOOL,), tool_choice=choice, parallel_tool_calls=parallel), BUDGET)
    assert encoded.body.get("tool_choice") == wanted


def test_a_choice_without_tools_is_left_out() -> None:
    assert "tool_choice" not in sent(asked(tool_choice=ToolChoice("auto"), parallel_tool_calls=False)).body


def test_a_subset_of_tools_is_offered_alone() -> None:
    tools = tuple(replace(TOOL, name=name) for name in "abc")
    encoded = sent(asked(tools=tools, tool_choice=ToolChoice("required", ("a", "c"))), BUDGET)
    assert [tool["name"] for tool in encoded.body["tools"]] == ["a", "c"]
    assert encoded.body["tool_choice"] == {"type": "any"}
    assert lost(encoded) == ["tools[1]"]


@pytest.mark.parametrize("tools", [(), (TOOL,)], ids=["no tools", "another tool"])
def test_a_forced_tool_that_does_not_exist_is_refused(tools: tuple[FunctionTool, ...]) -> None:
    """Gotcha 39: an orphan tool_choice (router-for-me/CLIProxyAPI #3704)."""
    with pytest.raises(WireError, match=r"tool_choice: .*nowhere") as caught:
        CODEC.encode_request(asked(tools=tools, tool_choice=ToolChoice("required", ("nowhere",))), target())
    assert caught.value.param == "tool_choice"


def test_a_forced_tool_that_only_another_provider_runs_is_refused() -> None:
    tools = (OpaqueTool("openai-responses", {"type": "local_shell"}),)
    with pytest.raises(WireError, match="tool_choice"):
        CODEC.encode_request(asked(tools=tools, tool_choice=ToolChoice("required", ("local_shell",))), target())


def test_a_tool_of_another_provider_is_removed_not_sent_without_a_name() -> None:
    """Gotcha 38: built-in tools became functions with an empty name (router-for-me/CLIProxyAPI #3199)."""
    encoded = sent(asked(tools=(OpaqueTool("openai-responses", {"type": "local_shell"}), TOOL)))
    assert [tool["name"] for tool in encoded.body["tools"]] == ["look"]
    assert lost(encoded) == ["tools[0]"]


def test_a_tool_without_a_schema_gets_an_empty_one() -> None:
    """Gotcha 38."""
    encoded = sent(asked(tools=(FunctionTool("now"),)))
    assert encoded.body["tools"][0]["input_schema"] == {"type": "object", "properties": {}}


SCHEMAS: dict[str, tuple[Any, Any, bool]] = {
    "no type": ({"properties": {}}, {"properties": {}, "type": "object"}, False),
    "null type": ({"type": None}, {"type": "object"}, False),
    "a string": ({"type": "string"}, {"type": "object", "properties": {}}, True),
    "alternatives": (
        {
            "anyOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"type": "object", "properties": {"b": {"type": "string"}}},
            ]
        },
        {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "type": "object"},
        True,
    ),
    "all of": (
        {"allOf": [{"properties": {"a": {}}, "required": ["a"]}], "properties": {"b": {}}, "required": ["b"]},
        {"properties": {"b": {}, "a": {}}, "required": ["b", "a"], "type": "object"},
        True,
    ),
    "alternatives that are none": ({"anyOf": 3}, {"properties": {}, "type": "object"}, True),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_made_an_object_at_the_top(name: str) -> None:
    given, wanted, loss = SCHEMAS[name]
    encoded = sent(asked(tools=(FunctionTool("t", "", given),)))
    assert encoded.body["tools"][0]["input_schema"] == wanted
    assert bool(encoded.losses) == loss


def test_a_freeform_tool_becomes_a_function_and_is_restored() -> None:
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: LINE"}
    call = ToolCall("c", "apply_patch", "*** Begin", custom=True)
    request = asked(
        HELLO,
        Message("assistant", (call,)),
        Message("user", (ToolResult("c", (Text("done"),), custom=True),)),
        tools=(CustomTool("apply_patch", "Edits files.", grammar),),
    )
    encoded = sent(request)
    tool = encoded.body["tools"][0]
    assert "start: LINE" in tool["description"]
    assert tool["input_schema"]["required"] == ["input"]
    assert encoded.body["messages"][1]["content"][0]["input"] == {"input": "*** Begin"}
    assert encoded.restore == {"apply_patch": ToolName("apply_patch", "", True)}


def test_names_and_namespaces_travel_flat_and_are_restored() -> None:
    """Gotcha 40 (openai/codex #19649, #26234)."""
    long = "mcp__" + "x" * 150
    tools = (FunctionTool("read", namespace="mcp__files"), FunctionTool(long), FunctionTool("dots.and spaces"))
    call = Message("assistant", (ToolCall("c", "read", "{}", namespace="mcp__files"),))
    encoded = sent(asked(HELLO, call, Message("user", (ToolResult("c"),)), tools=tools))
    names = [tool["name"] for tool in encoded.body["tools"]]
    assert names[0] == encoded.body["messages"][1]["content"][0]["name"] == "mcp__files__read"
    assert [encoded.restore[name] for name in names] == [
        ToolName("read", "mcp__files"),
        ToolName(long),
        ToolName("dots.and spaces"),
    ]


def test_a_forced_tool_is_named_as_it_travels() -> None:
    tools = (FunctionTool("read", namespace="files"),)
    encoded = sent(asked(tools=tools, tool_choice=ToolChoice("required", ("read",))), BUDGET)
    assert encoded.body["tool_choice"] == {"type": "tool", "name": "files__read"}


def test_a_second_tool_of_the_same_name_is_left_out() -> None:
    encoded = sent(asked(tools=(TOOL, replace(TOOL, description="again"))))
    assert len(encoded.body["tools"]) == 1
    assert lost(encoded) == ["tools[1]"]


def test_web_search_of_other_formats() -> None:
    tool = WebSearchTool(2, ("a.com",), ("b.com",), {"country": "CH"})
    assert sent(asked(tools=(tool,))).body["tools"][0] == {
        "type": "web_search_20250305",
        "name": "web_search",
        "max_uses": 2,
        "allowed_domains": ["a.com"],
        "user_location": {"type": "approximate", "country": "CH"},
        "cache_control": {"type": "ephemeral"},
    }


SCHEMA = {
    "type": "object",
    "properties": {
        "age": {"type": "integer", "minimum": 0, "description": "in years"},
        "tags": {"type": "array", "items": {"type": "object", "properties": {}}, "maxItems": 3},
        "either": {"oneOf": [{"type": "object"}, {"type": "null"}]},
    },
    "required": ["age"],
}


def test_a_schema_for_the_answer_is_closed_and_its_bounds_are_told() -> None:
    encoded = sent(asked(output=OutputFormat("json_schema", SCHEMA, "person")))
    assert encoded.body["output_config"]["format"] == {
        "type": "json_schema",
        "schema": {
            "type": "object",
            "properties": {
                "age": {"type": "integer", "description": 'in years\n\n{"minimum":0}'},
                "tags": {
                    "type": "array",
                    "items": {"type": "object", "properties": {}, "additionalProperties": False},
                    "description": '{"maxItems":3}',
                },
                "either": {"anyOf": [{"type": "object", "additionalProperties": False}, {"type": "null"}]},
            },
            "required": ["age"],
            "additionalProperties": False,
        },
    }
    assert lost(encoded) == ["output.schema"]


@pytest.mark.parametrize(
    ("model", "output"),
    [
        (ADAPTIVE, OutputFormat("json_object")),
        (OLD, OutputFormat("json_schema", SCHEMA)),
        (FOREIGN, OutputFormat("json_schema", SCHEMA)),
    ],
    ids=["any JSON", "an old model", "a compatible model"],
)
def test_json_that_cannot_be_enforced_is_asked_for_in_words(model: str, output: OutputFormat) -> None:
    encoded = sent(asked(output=output, system=(Text("Be kind."),)), model)
    assert "output_config" not in encoded.body
    assert [block["text"][:12] for block in encoded.body["system"]] == ["Be kind.", "Answer with "]
    assert ("minimum" in encoded.body["system"][1]["text"]) == (output.schema is not None)
    assert lost(encoded) == ["output"]


def test_a_schema_without_end_is_refused() -> None:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(200):
        schema = {"type": "object", "properties": {"a": schema}}
    with pytest.raises(WireError, match="nested deeper"):
        CODEC.encode_request(asked(output=OutputFormat("json_schema", schema)), target())
