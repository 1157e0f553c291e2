"""Both strict backends accept what is encoded for them, and a reasoning tool turn can be carried on."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from router_core.simulator import SimulatorThread
from router_core.wire.events import fold
from router_core.wire.model import (
    CustomTool,
    FunctionTool,
    Media,
    Message,
    OutputFormat,
    Request,
    Response,
    Text,
    Thinking,
    ThinkingSetting,
    ToolCall,
    ToolChoice,
    ToolResult,
    WebSearchTool,
)
from router_core.wire.openai_responses.codec import CODEC
from tests.router_core.simulator.asking import CODEX_HEADERS, OPENAI_HEADERS
from tests.router_core.wire.openai_responses.cases import CODEX, OPENAI, decoded, fixture

SHELL = FunctionTool("Bash", "Runs.", {"type": "object", "properties": {"command": {"type": "string"}}})
PLACES = {
    "openai": (OPENAI, "/v1/responses", OPENAI_HEADERS),
    "codex": (CODEX, "/backend-api/codex/responses", CODEX_HEADERS),
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread() as running:
        yield running


def ask(simulator: SimulatorThread, where: str, request: Request) -> Response:
    """The answer, streamed or not as the request says."""
    target, path, headers = PLACES[where]
    body = CODEC.encode_request(request, target).body
    answer = httpx.post(simulator.url + path, headers=headers, json=body, timeout=10, trust_env=False)
    assert answer.status_code == 200, answer.text
    if body.get("stream"):
        return fold(decoded(answer.content, 100))
    return CODEC.decode_response(answer.json())


def user(*blocks: Any) -> Message:
    return Message("user", blocks)


def claude(*messages: Message, **more: Any) -> Request:
    """As Claude Code asks."""
    settings: dict[str, Any] = {
        "system": (Text("Be brief."),),
        "max_tokens": 32_000,
        "thinking": ThinkingSetting("on", budget=8000),
        "user": "user_" + "a" * 64,
        "stream": True,
    }
    return Request("claude", messages, **(settings | more))


@pytest.mark.parametrize("streamed", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("where", PLACES)
def test_a_reasoning_tool_turn_goes_on(simulator: SimulatorThread, where: str, streamed: bool) -> None:
    request = claude(user(Text("please use the tool")), tools=(SHELL,), stream=streamed)
    first = ask(simulator, where, request)
    assert first.stop == "tool_use"
    (call,) = (block for block in first.blocks if isinstance(block, ToolCall))
    assert any(isinstance(block, Thinking) and block.proof for block in first.blocks)
    turn = (Message("assistant", first.blocks), user(ToolResult(call.id, (Text("tool-ok"),))))
    second = ask(simulator, where, replace(request, messages=request.messages + turn))
    assert second.stop == "end"
    assert any(isinstance(block, Text) and block.text for block in second.blocks)
    assert second.usage.input_tokens is not None


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize(
    "more",
    [
        {"tools": (SHELL, CustomTool("apply_patch"), WebSearchTool()), "tool_choice": ToolChoice("auto")},
        {"tools": (SHELL,), "tool_choice": ToolChoice("required", ("Bash",)), "parallel_tool_calls": False},
        {"output": OutputFormat("json_schema", {"type": "object", "properties": {}}, "thing")},
        {"temperature": 0.5, "top_p": 0.5, "stop": ("x",), "service_tier": "auto", "cache_key": "session"},
        {"thinking": ThinkingSetting("off")},
        {"thinking": None, "system": ()},
    ],
    ids=["tools", "forced", "schema", "sampling", "thinking off", "bare"],
)
def test_what_is_said_is_accepted(simulator: SimulatorThread, where: str, more: dict[str, Any]) -> None:
    image = Media("image", media_type="image/png", data="iVBORw0KGgo=")
    messages = (user(Text("hi"), image), Message("assistant", (Text("yes"),)), Message("system", (Text("Now."),)))
    assert ask(simulator, where, claude(*messages, user(Text("go")), **more)).blocks


@pytest.mark.parametrize("name", ["codex_plain", "codex_additional_tools"])
def test_codex_s_own_request_is_accepted(simulator: SimulatorThread, name: str) -> None:
    request = CODEC.decode_request(fixture(name))
    assert ask(simulator, "codex", request).blocks
