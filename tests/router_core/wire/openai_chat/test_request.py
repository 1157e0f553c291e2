"""A request of this format, decoded and encoded again, and read from odd clients."""

from typing import Any

import pytest

from router_core.errors import WireError
from router_core.wire.codec import Target
from router_core.wire.model import (
    Cache,
    CustomTool,
    FunctionTool,
    Media,
    OpaqueTool,
    Text,
    Thinking,
    ThinkingSetting,
    ToolCall,
    ToolChoice,
    ToolResult,
    WebSearchTool,
)
from router_core.wire.openai_chat import CODEC
from tests.router_core.wire.openai_chat.bodies import AS_WRITTEN, OPENAI, USER, WEATHER, Json, body, call, tool
from tests.router_core.wire.openai_chat.sdk_types import check_request


@pytest.mark.parametrize(("target", "written"), AS_WRITTEN.values(), ids=AS_WRITTEN.keys())
def test_a_request_comes_out_as_it_went_in(target: Target, written: Json) -> None:
    encoded = CODEC.encode_request(CODEC.decode_request(written), target)
    assert encoded.body == written
    assert encoded.losses == ()
    assert encoded.restore == {}


@pytest.mark.parametrize(("target", "written"), AS_WRITTEN.values(), ids=AS_WRITTEN.keys())
def test_the_sdk_knows_what_is_sent(target: Target, written: Json) -> None:
    encoded = CODEC.encode_request(CODEC.decode_request(written), target)
    check_request(encoded.body)


def test_null_says_nothing() -> None:
    nulls = {"refusal": None, "audio": None, "function_call": None, "tool_calls": None}
    dumped = CODEC.decode_request(body({"role": "assistant", "content": "Hello", **nulls}))
    assert CODEC.encode_request(dumped, OPENAI).body["messages"][0].get("tool_calls", "absent") == "absent"
    said = body(temperature=None, tools=None, stop=None, tool_choice=None, response_format=None, user=None, n=None)
    assert CODEC.decode_request(said) == CODEC.decode_request(body())


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("none", ToolChoice("none")),
        ("required", ToolChoice("required")),
        ("any", ToolChoice("required")),
        ({"type": "any"}, ToolChoice("required")),
        ({"type": "tool", "name": "a"}, ToolChoice("required", ("a",))),
        ({"type": "function", "name": "a"}, ToolChoice("required", ("a",))),
    ],
    ids=str,
)
def test_the_choice_of_a_tool_is_read_in_every_form(choice: Any, expected: ToolChoice) -> None:
    assert CODEC.decode_request(body(tool_choice=choice)).tool_choice == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"reasoning_effort": "low"}, ThinkingSetting("on", "low")),
        ({"reasoning_effort": "none"}, ThinkingSetting("off")),
        ({"thinking": {"type": "enabled", "budget_tokens": 9}}, ThinkingSetting("on", None, 9)),
        ({"thinking": {"type": "enabled"}, "reasoning_effort": "max"}, ThinkingSetting("on", "max")),
        ({"thinking": {"type": "disabled"}}, ThinkingSetting("off")),
        ({"thinking": {"type": "auto"}}, ThinkingSetting("adaptive")),
        ({"enable_thinking": True, "thinking_budget": 5}, ThinkingSetting("on", None, 5)),
        ({"enable_thinking": False}, ThinkingSetting("off")),
        ({"reasoning": {"effort": "high", "exclude": True}}, ThinkingSetting("on", "high", None, "omitted")),
        ({"reasoning": {"enabled": False}}, ThinkingSetting("off")),
        ({}, None),
    ],
    ids=str,
)
def test_every_switch_for_thinking_is_read(fields: Json, expected: ThinkingSetting | None) -> None:
    assert CODEC.decode_request(body(**fields)).thinking == expected


def test_tools_in_anthropics_and_responses_form_are_read() -> None:
    """Gotcha 41: Cursor sends either form to either path."""
    schema = {"type": "object"}
    request = CODEC.decode_request(
        body(
            tools=[
                {"name": "a", "description": "A", "input_schema": schema, "cache_control": {"type": "ephemeral"}},
                {"type": "function", "name": "b", "parameters": schema, "strict": False},
                {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
                {"type": "code_interpreter"},
            ]
        )
    )
    first, second, search, other = request.tools
    assert first == FunctionTool("a", "A", schema, cache=Cache())
    assert second == FunctionTool("b", "", schema, False)
    assert isinstance(search, WebSearchTool)
    assert search.max_uses == 3
    assert other == OpaqueTool("openai-chat", {"type": "code_interpreter"})


def test_a_grammar_is_kept_in_the_flat_form() -> None:
    format = {"type": "grammar", "grammar": {"syntax": "regex", "definition": ".*"}}
    request = CODEC.decode_request(body(tools=[{"type": "custom", "custom": {"name": "t", "format": format}}]))
    assert request.tools == (CustomTool("t", grammar={"type": "grammar", "syntax": "regex", "definition": ".*"}),)


def test_messages_become_blocks_in_order() -> None:
    request = CODEC.decode_request(
        body(
            {
                "role": "assistant",
                "reasoning_content": "hm",
                "content": "Looking.",
                "tool_calls": [{"id": "call_1", "function": {"name": "f", "arguments": {"a": [1]}}}],
            },
            tool("call_1", [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]),
            {"role": "user", "content": [{"type": "image_url", "image_url": "https://example.com/a.png"}]},
        )
    )
    assistant, result, user = request.messages
    assert [type(block) for block in assistant.blocks] == [Thinking, Text, ToolCall]
    assert assistant.blocks[2].arguments == '{"a":[1]}'  # type: ignore[union-attr]
    assert isinstance(found := result.blocks[0], ToolResult)
    assert found.content == (Text("x"), Text("y"))
    assert user.blocks == (Media("image", url="https://example.com/a.png"),)


def test_an_old_function_result_finds_its_call() -> None:
    request = CODEC.decode_request(
        body(
            USER,
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "x"},
        )
    )
    made, result = request.messages[1].blocks[0], request.messages[2].blocks[0]
    assert isinstance(made, ToolCall)
    assert isinstance(result, ToolResult)
    assert made.id == result.call_id != ""


def test_usage_is_told_only_when_asked_for() -> None:
    assert not CODEC.decode_request(body(stream=True)).include_usage
    assert CODEC.decode_request(body(stream=True, stream_options={"include_usage": True})).include_usage


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({}, "model"),
        ({"model": 7, "messages": []}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": {}}, "messages"),
        ({"model": "m", "messages": [7]}, "messages[0]"),
        (body({"role": "robot"}), "messages[0].role"),
        (body({"role": ["user"]}), "messages[0].role"),
        (body({"role": "user", "content": 7}), "messages[0].content"),
        (body({"role": "user", "content": [7]}), "messages[0].content[0]"),
        (body({"role": "user", "content": [{"type": "text"}]}), "messages[0].content[0].text"),
        (body({"role": "user", "content": [{"text": "x"}]}), "messages[0].content[0].type"),
        (
            body({"role": "user", "content": [{"type": "image_url", "image_url": {}}]}),
            "messages[0].content[0].image_url.url",
        ),
        (body({"role": "user", "content": [{"type": "file", "file": {}}]}), "messages[0].content[0].file.file_data"),
        (body({"role": "tool", "content": "x"}), "messages[0].tool_call_id"),
        (body({"role": "function", "name": "f", "content": "x"}), "messages[0]"),
        (body({"role": "assistant", "tool_calls": [{}]}), "messages[0].tool_calls[0].function"),
        (body({"role": "assistant", "tool_calls": [call("a", name="")]}), "messages[0].tool_calls[0].function.name"),
        (body({"role": "assistant", "reasoning_content": 7}), "messages[0].reasoning_content"),
        (body(tools={}), "tools"),
        (body(tools=[{"type": "function"}]), "tools[0].function"),
        (
            body(tools=[{"type": "function", "function": {"name": "a", "parameters": 1}}]),
            "tools[0].function.parameters",
        ),
        (body(tool_choice=7), "tool_choice"),
        (body(tool_choice={"type": "function"}), "tool_choice.function.name"),
        (body(max_tokens="many"), "max_tokens"),
        (body(max_tokens=0), "max_tokens"),
        (body(temperature="hot"), "temperature"),
        (body(stop=[1]), "stop[0]"),
        (body(n=0), "n"),
        (body(stream="yes"), "stream"),
        (body(stream_options=[]), "stream_options"),
        (body(response_format={"type": "xml"}), "response_format.type"),
        (body(response_format={"type": "json_schema"}), "response_format.json_schema"),
        (body(reasoning_effort="huge"), "reasoning_effort"),
        (body(seed=1.5), "seed"),
        (body(user=7), "user"),
        (body(metadata=7), "metadata"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_value_is_named(wrong: Json, param: str) -> None:
    with pytest.raises(WireError) as caught:
        CODEC.decode_request(wrong)
    assert caught.value.status == 400
    assert caught.value.param == param


def test_deep_arguments_are_refused_not_followed() -> None:
    deep: Any = "x"
    for _ in range(2000):
        deep = [deep]
    bad = {"id": "a", "type": "function", "function": {"name": "f", "arguments": deep}}
    with pytest.raises(WireError):
        CODEC.decode_request(body({"role": "assistant", "tool_calls": [bad]}, tools=[WEATHER]))
