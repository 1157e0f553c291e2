"""Requests shaped like those of the real command-line clients are understood, oddities included."""

from typing import Any

import httpx
import orjson
import pytest

from router_core.simulator import SimulatorThread
from tests.router_core.simulator.asking import ANTHROPIC_HEADERS, ask, message_body

BETAS = (
    "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,per-turn-control-2026-07-01,"
    "mid-conversation-tool-changes-2026-07-01,thinking-token-count-2026-05-13,effort-2025-11-24,"
    "dangerous-tool-use-2026-09-03"
)
BASH = {
    "name": "Bash",
    "description": "run",
    "input_schema": {
        "type": "object",
        "properties": {"command": {"type": "string"}, "timeout": {"type": "number"}, "description": {"type": "string"}},
        "required": ["command"],
    },
}
PLACEHOLDER = {"name": "Deferred", "input_schema": {"type": "object"}, "defer_loading": True}
SYSTEM_TURN = {"role": "system", "content": [], "output_config": {"effort": "medium"}}


def claude_code(text: str, *more: dict[str, Any], **changes: Any) -> dict[str, Any]:
    reminder = {"type": "text", "text": "<system-reminder>you may use the tool</system-reminder>"}
    own = {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}
    fields: dict[str, Any] = {
        "model": "claude-opus-5-5",
        "messages": [{"role": "user", "content": [reminder, own]}, SYSTEM_TURN, *more],
        "system": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        "tools": [PLACEHOLDER, BASH],
        "metadata": {"user_id": '{"session_id":"1"}'},
        "max_tokens": 128_000,
        "thinking": {"type": "adaptive", "display": "omitted"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "safeguards": [{"type": "dangerous_tool_use"}],
        "output_config": {"effort": "medium"},
    }
    return message_body(**(fields | changes))


def post(http: httpx.Client, sim: SimulatorThread, body: dict[str, Any]) -> dict[str, Any]:
    answer = http.post(
        f"{sim.url}/v1/messages?beta=true", json=body, headers=ANTHROPIC_HEADERS | {"anthropic-beta": BETAS}
    )
    assert answer.status_code == 200, answer.text
    payload: dict[str, Any] = answer.json()
    return payload


def test_claude_code_plain_turn_ignores_its_reminders(simulator: SimulatorThread, http: httpx.Client) -> None:
    message = post(http, simulator, claude_code("say hi"))
    assert [block["type"] for block in message["content"]] == ["thinking", "text"]
    assert message["content"][0]["thinking"] == ""  # display: omitted leaves only a signature
    assert message["content"][1]["text"].startswith("You said: say hi.")


def test_claude_code_tool_turn(simulator: SimulatorThread, http: httpx.Client) -> None:
    first = post(http, simulator, claude_code("run it"))
    call = first["content"][-1]
    assert (first["stop_reason"], call["name"]) == ("tool_use", "Bash")
    assert call["input"]["command"] == "echo tool-ok"
    assert set(call["input"]) == {"command", "description"}
    result = {"tool_use_id": call["id"], "type": "tool_result", "content": "tool-ok", "is_error": False}
    turns = ({"role": "assistant", "content": first["content"]}, {"role": "user", "content": [result]})
    second = post(http, simulator, claude_code("run it", *turns))
    assert second["content"][-1]["text"] == "The tool said: tool-ok"


def test_claude_code_title_side_call_gets_matching_json(simulator: SimulatorThread, http: httpx.Client) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    schema["additionalProperties"] = False
    form = {"effort": "medium", "format": {"type": "json_schema", "schema": schema}}
    body = claude_code("run a command for me", tools=[], output_config=form, thinking=None)
    title = orjson.loads(post(http, simulator, body)["content"][0]["text"])
    assert title == {"title": "run a command for me"}


def codex_events(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]


def test_codex_tool_turn(simulator: SimulatorThread, http: httpx.Client) -> None:
    parameters = {"type": "object", "properties": {"cmd": {"type": "string"}}, "required": ["cmd"]}
    tools = [
        {"type": "function", "name": "exec_command", "parameters": parameters, "strict": False},
        {"type": "web_search"},
    ]
    user = {"type": "message", "id": "msg_1", "role": "user", "content": [{"type": "input_text", "text": "run it"}]}
    wanted = {"include": ["reasoning.encrypted_content"], "reasoning": {"effort": "medium"}}
    first = codex_events(ask(http, simulator, "codex", input=[user], tools=tools, **wanted))
    assert first[-1]["type"] == "response.completed"
    assert first[-1]["response"]["output"] == []  # this backend leaves the items to the stream
    items = [event["item"] for event in first if event["type"] == "response.output_item.done"]
    assert [item["type"] for item in items] == ["reasoning", "message", "function_call"]
    assert items[-1]["arguments"] == '{"cmd":"echo tool-ok"}'
    output = {"type": "function_call_output", "call_id": items[-1]["call_id"], "output": "tool-ok"}
    second = codex_events(ask(http, simulator, "codex", input=[user, *items, output], tools=tools, **wanted))
    done = [event["text"] for event in second if event["type"] == "response.output_text.done"]
    assert done == ["The tool said: tool-ok"]


def test_codex_code_mode_tools_come_as_an_input_item(simulator: SimulatorThread, http: httpx.Client) -> None:
    namespace = {"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}
    offered = {"type": "additional_tools", "id": "at_1", "role": "developer", "tools": [namespace]}
    user = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "run it"}]}
    answer = ask(http, simulator, "codex", input=[offered, user], instructions=None)
    items = [event["item"] for event in codex_events(answer) if event["type"] == "response.output_item.done"]
    assert (items[-1]["type"], items[-1]["namespace"]) == ("custom_tool_call", "functions")
    assert "echo tool-ok" in items[-1]["input"]


@pytest.mark.parametrize(
    ("provider", "changes"),
    [("anthropic", {"system": [1]}), ("chat", {"tools": [1]}), ("codex", {"text": "x"}), ("responses", {"tools": 5})],
)
def test_wrong_types_are_refused_and_not_fatal(
    provider: str, changes: dict[str, Any], simulator: SimulatorThread, http: httpx.Client
) -> None:
    assert ask(http, simulator, provider, **changes).status_code in (200, 400)
    assert ask(http, simulator, provider).status_code == 200


def test_body_that_is_not_json_is_refused(simulator: SimulatorThread, http: httpx.Client) -> None:
    for body in (b"", b"{", b"[1]"):
        url = f"{simulator.url}/v1/messages"
        assert http.post(url, content=body, headers=ANTHROPIC_HEADERS).status_code == 400
