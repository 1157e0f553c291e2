"""A request in this format, decoded and encoded again, is what the client sent."""

from typing import Any

import pytest
from openai.types.responses import response_create_params
from pydantic import TypeAdapter

from router_core.wire.codec import Target
from router_core.wire.model import FunctionTool, Proof, Thinking, ToolCall
from router_core.wire.openai_responses.codec import CODEC
from router_core.wire.proof import seal
from tests.router_core.wire.openai_responses.cases import encoded, fixture, fixtures

PARAMS: TypeAdapter[Any] = TypeAdapter(response_create_params.ResponseCreateParamsNonStreaming)


@pytest.mark.parametrize("name", fixtures())
def test_a_request_comes_back_as_it_was(name: str) -> None:
    body = fixture(name)
    result = encoded(CODEC.decode_request(body), Target("openai", "openai", body["model"], "api.openai.com"))
    expected = {key: value for key, value in body.items() if key not in _refused_by(result.losses)}
    assert result.body == expected
    assert not result.restore
    assert not result.cut_at


def _refused_by(losses: Any) -> set[str]:
    return {loss.path for loss in losses}


def test_tools_in_the_input_count_as_tools() -> None:
    request = CODEC.decode_request(fixture("codex_additional_tools"))
    named = [(tool.namespace, tool.name) for tool in request.tools if not isinstance(tool, dict)]  # type: ignore[union-attr]
    assert named == [("functions", "exec"), ("functions", "wait"), ("clock", "sleep"), ("clock", "wait")]


def test_namespaces_are_flattened_for_a_service_without_them() -> None:
    # openai/codex #19649, #26234, #31354: the flat name must find its way back
    request = CODEC.decode_request(fixture("codex_tool_turn"))
    result = encoded(request, Target("local", "openai-responses", "qwen", "127.0.0.1"))
    names = [tool["name"] for tool in result.body["tools"]]
    assert names == ["exec_command", "apply_patch", "clock__sleep"]
    call = next(item for item in result.body["input"] if item.get("call_id") == "call_3")
    assert (call["name"], "namespace" in call) == ("clock__sleep", False)
    assert (result.restore["clock__sleep"].name, result.restore["clock__sleep"].namespace) == ("sleep", "clock")


def test_reasoning_keeps_its_own_item_whole() -> None:
    # lidge-jun/opencodex PR #2229: a summary rewritten beside its ciphertext is refused
    request = CODEC.decode_request(fixture("codex_tool_turn"))
    (thinking,) = (block for m in request.messages for block in m.blocks if isinstance(block, Thinking))
    assert thinking.text == "**Looking**\n\n**Editing**"
    assert thinking.proof is not None
    assert thinking.proof.whole == fixture("codex_tool_turn")["input"][2]


def test_a_sealed_foreign_proof_is_opened_and_never_sent_to_openai() -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": seal(Proof("anthropic", "sig"))}
    asked = {"type": "message", "role": "user", "content": "hi"}
    body = {"model": "m", "input": [asked, item, {"role": "assistant", "content": "yes"}, asked]}
    request = CODEC.decode_request(body)
    assert request.messages[1].blocks[0].proof == Proof("anthropic", "sig")  # type: ignore[union-attr]
    result = encoded(request)
    assert "encrypted_content" not in str(result.body["input"])
    assert [loss.reason for loss in result.losses] == ["reasoning of another provider"]


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "function": {"name": "look", "description": "d", "parameters": {"type": "object"}}},
        {"name": "look", "description": "d", "input_schema": {"type": "object"}},
        {"type": "function", "name": "look", "description": "d", "parameters": {"type": "object"}},
    ],
    ids=["chat", "anthropic", "responses"],
)
def test_tools_of_other_formats_on_this_path_are_understood(tool: dict[str, Any]) -> None:
    # router-for-me/CLIProxyAPI #735: Cursor sends them
    (found,) = CODEC.decode_request({"model": "m", "input": "hi", "tools": [tool]}).tools
    assert isinstance(found, FunctionTool)
    assert (found.name, found.description, found.schema) == ("look", "d", {"type": "object"})


def test_a_call_without_its_output_is_given_one() -> None:
    # router-for-me/CLIProxyAPI #3704
    call = {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}
    orphan = {"type": "function_call_output", "call_id": "zzz", "output": "?"}
    result = encoded(CODEC.decode_request({"model": "m", "input": [call, orphan, {"role": "user", "content": "x"}]}))
    assert [item.get("type", "message") for item in result.body["input"]] == [
        "function_call",
        "function_call_output",
        "message",
    ]
    assert result.body["input"][1]["call_id"] == "a"
    assert len(result.losses) == 2


def test_reasoning_that_led_to_nothing_is_left_out() -> None:
    reasoning = {"type": "reasoning", "summary": [], "encrypted_content": "x"}
    asked = {"role": "user", "content": "x"}
    result = encoded(CODEC.decode_request({"model": "m", "input": [asked, reasoning, asked]}))
    assert result.body["input"] == [asked, asked]


def test_long_call_ids_change_together() -> None:
    long = "call_" + "x" * 100
    items = [
        {"type": "function_call", "call_id": long, "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": long, "output": "1"},
    ]
    first, second = encoded(CODEC.decode_request({"model": "m", "input": items})).body["input"]
    assert first["call_id"] == second["call_id"]
    assert len(first["call_id"]) <= 64


def test_a_custom_call_keeps_its_text() -> None:
    request = CODEC.decode_request(fixture("codex_tool_turn"))
    (call,) = (b for m in request.messages for b in m.blocks if isinstance(b, ToolCall) and b.custom)
    assert call.arguments == "*** Begin Patch\n*** End Patch"


@pytest.mark.parametrize("name", [name for name in fixtures() if name.startswith("sdk")])
def test_fixtures_are_what_the_sdk_calls_valid(name: str) -> None:
    PARAMS.validate_python(fixture(name) | {"stream": False})
