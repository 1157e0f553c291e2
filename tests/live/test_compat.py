"""A subscription token pays for other clients only where its owner wants it, and then they see their own tools.

The judge is the simulator: it refuses a subscription token with any request that is not in Claude Code's form.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import anthropic
import openai
import orjson
import pytest

from router_core.claude_code import PREAMBLE
from router_core.simulator import PlannedCall, PlannedReply
from tests.router_core.simulator.asking import chat_body, claude_code_body, message_body
from tests.support.lab import CLAUDE_CODE, Lab, running_lab

MODEL = "claude-sonnet-5"
PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
NAMES = ["get_weather", "get-weather", "Read"]
A_TOOLS: Any = [{"name": name, "description": "d", "input_schema": PARAMETERS} for name in NAMES]
C_TOOLS: Any = [{"type": "function", "function": {"name": name, "parameters": PARAMETERS}} for name in NAMES]
PLAN = PlannedReply(
    "Both.", calls=(PlannedCall(arguments={"city": "Zürich"}), PlannedCall(arguments={"city": "x" * 300}, offer=1))
)
USER: Any = {"role": "user", "content": "How is the weather? Use get_weather."}
SYSTEM = "You forecast. Call get_weather."

both = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("compat")) as running:
        yield running


@pytest.fixture
def claude(lab: Lab) -> Iterator[anthropic.Anthropic]:
    key = lab.router.home.gateway_token()
    with anthropic.Anthropic(base_url=lab.router.url, api_key=key, max_retries=0) as client:
        yield client


@pytest.fixture
def chat(lab: Lab) -> Iterator[openai.OpenAI]:
    key, url = lab.router.home.gateway_token(), f"{lab.router.url}/v1"
    with openai.OpenAI(base_url=url, api_key=key, max_retries=0) as client:
        yield client


def message(claude: anthropic.Anthropic, *, stream: bool, **changes: Any) -> anthropic.types.Message:
    asked: Any = {"model": MODEL, "max_tokens": 4000, "system": SYSTEM, "messages": [USER], "tools": A_TOOLS, **changes}
    if not stream:
        answer: anthropic.types.Message = claude.messages.create(**asked)
        return answer
    with claude.messages.stream(**asked) as events:
        return events.get_final_message()


def completion(chat: openai.OpenAI, *, stream: bool, **changes: Any) -> Any:
    messages = [{"role": "system", "content": SYSTEM}, USER]
    asked: Any = {"model": MODEL, "messages": messages, "tools": C_TOOLS, **changes}
    if not stream:
        return chat.chat.completions.create(**asked)
    with chat.chat.completions.stream(**asked, stream_options={"include_usage": True}) as events:
        return events.get_final_completion()


def sent(lab: Lab) -> list[dict[str, Any]]:
    """The bodies that reached the simulator."""
    return [orjson.loads(seen.body) for seen in lab.seen()]


# ---- with the switch -------------------------------------------------------------------------------------------------


@both
def test_the_anthropic_sdk_gets_its_own_tool_names_back(stream: bool, lab: Lab, claude: anthropic.Anthropic) -> None:
    lab.fresh("oauth", tokens=("sub",), claude_code_compat=True)
    lab.simulator.plan(PLAN, PlannedReply("Sunny."))
    said = message(claude, stream=stream, tool_choice={"type": "any"})
    calls = [block for block in said.content if block.type == "tool_use"]
    assert [(call.name, call.input) for call in calls] == [
        ("get_weather", {"city": "Zürich"}),
        ("get-weather", {"city": "x" * 300}),
    ]
    assert said.stop_reason == "tool_use"
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "sun"} for call in calls]
    history = [USER, {"role": "assistant", "content": said.content}, {"role": "user", "content": results}]
    assert message(claude, stream=stream, messages=history).content[0].text == "Sunny."  # type: ignore[union-attr]
    first, second = sent(lab)
    names = [tool["name"] for tool in first["tools"]]
    assert (names[0], names[2]) == ("GetWeather", "Read")
    assert names[1].startswith("GetWeather")
    assert first["system"] == second["system"] == [{"type": "text", "text": PREAMBLE}]
    assert SYSTEM in first["messages"][0]["content"][0]["text"]
    assert first["messages"][0] == second["messages"][0], "the cached prefix stays"
    used = [block["name"] for block in second["messages"][1]["content"] if block["type"] == "tool_use"]
    assert used == names[:2]


@both
def test_the_openai_sdk_gets_its_own_tool_names_back(stream: bool, lab: Lab, chat: openai.OpenAI) -> None:
    lab.fresh("oauth", tokens=("sub",), claude_code_compat=True)
    lab.simulator.plan(PLAN)
    choice = completion(chat, stream=stream).choices[0]
    calls = [(call.function.name, orjson.loads(call.function.arguments)) for call in choice.message.tool_calls]
    assert calls == [("get_weather", {"city": "Zürich"}), ("get-weather", {"city": "x" * 300})]
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", "Both.")
    (body,) = sent(lab)
    assert SYSTEM in body["messages"][0]["content"][0]["text"]


@both
def test_a_freeform_tool_of_codex_comes_back_as_one(stream: bool, lab: Lab, chat: openai.OpenAI) -> None:
    lab.fresh("oauth", tokens=("sub",), claude_code_compat=True)
    lab.simulator.plan(PlannedReply(calls=(PlannedCall(text="*** Begin Patch"),)))
    asked: Any = {
        "model": MODEL,
        "instructions": SYSTEM,
        "input": "patch it",
        "tools": [{"type": "custom", "name": "apply_patch"}],
    }
    if stream:
        with chat.responses.create(**asked, stream=True) as events:
            answer = list(events)[-1].response
    else:
        answer = chat.responses.create(**asked)
    (call,) = [item for item in answer.output if item.type == "custom_tool_call"]
    assert (call.name, call.input) == ("apply_patch", "*** Begin Patch")
    (body,) = sent(lab)
    assert [tool["name"] for tool in body["tools"]] == ["ApplyPatch"]


def test_gemini_s_client_gets_its_own_tool_names_back(lab: Lab) -> None:
    lab.fresh("oauth", tokens=("sub",), claude_code_compat=True)
    lab.simulator.plan(PLAN)
    declarations = [{"name": name, "parameters": PARAMETERS} for name in NAMES]
    asked = {
        "systemInstruction": {"parts": [{"text": SYSTEM}]},
        "contents": [{"role": "user", "parts": [{"text": "weather?"}]}],
        "tools": [{"functionDeclarations": declarations}],
    }
    answer = lab.http.post(f"/v1beta/models/{MODEL}:generateContent", json=asked)
    assert answer.status_code == 200, answer.text
    parts = answer.json()["candidates"][0]["content"]["parts"]
    assert [part["functionCall"]["name"] for part in parts if "functionCall" in part] == NAMES[:2]


@both
def test_thinking_between_calls_comes_back_signed(stream: bool, lab: Lab, claude: anthropic.Anthropic) -> None:
    lab.fresh("oauth", tokens=("sub",), claude_code_compat=True)
    calls = (PlannedCall(arguments={"city": "a"}), PlannedCall(arguments={"city": "b"}, offer=1))
    lab.simulator.plan(PlannedReply("Well.", thinking=("first", "second"), calls=calls), PlannedReply("Sunny."))
    adaptive = {"type": "adaptive"}
    said = message(claude, stream=stream, thinking=adaptive)
    assert [block.type for block in said.content] == ["thinking", "text", "tool_use", "thinking", "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": b.id} for b in said.content if b.type == "tool_use"]
    history = [USER, {"role": "assistant", "content": said.content}, {"role": "user", "content": results}]
    assert message(claude, stream=stream, thinking=adaptive, messages=history).stop_reason == "end_turn"
    assert "interleaved-thinking-2025-05-14" in lab.seen()[0].header("anthropic-beta")


def test_nothing_else_is_disguised_and_the_trace_says_what_was_done(lab: Lab, claude: anthropic.Anthropic) -> None:
    lab.fresh("oauth", tokens=("sub",), claude_code_compat=True)
    message(claude, stream=False)
    (seen,) = lab.seen()
    assert seen.header("user-agent").startswith("mitmrouter/")
    assert seen.header("x-app") == seen.header("x-stainless-lang") == seen.header("x-api-key") == ""
    assert seen.header("anthropic-beta") == "claude-code-20250219,oauth-2025-04-20"
    (row,) = lab.rows(1)
    assert "--claude-code-compat" in lab.attempts(row)[0]["because"]
    assert ["system", "moved into the first turn of the user (--claude-code-compat)"] in orjson.loads(row["losses"])


def test_a_genuine_request_and_an_isolated_path_stay_as_they_are(lab: Lab) -> None:
    lab.fresh("oauth", tokens=("sub",), claude_code_compat=True)
    genuine = claude_code_body(tools=A_TOOLS)
    assert lab.http.post("/v1/messages", json=genuine, headers=CLAUDE_CODE).status_code == 200
    other = message_body(tools=A_TOOLS)
    refused = lab.http.post("/claude/v1/messages", json=other, headers=CLAUDE_CODE)
    assert (refused.status_code, "only authorized for use with Claude Code" in refused.text) == (400, True)
    assert sent(lab) == [genuine, other]


def test_an_error_comes_in_the_clients_format(lab: Lab, chat: openai.OpenAI) -> None:
    lab.fresh("oauth", tokens=("sub",), claude_code_compat=True)
    lab.faults(lab.fault("bad_request_400", "sub"))
    with pytest.raises(openai.BadRequestError):
        completion(chat, stream=False)


def test_a_conversation_can_be_compacted(lab: Lab, chat: openai.OpenAI) -> None:
    lab.fresh("oauth", tokens=("sub",), claude_code_compat=True)
    tools = [{"type": "function", "name": "get_weather", "parameters": PARAMETERS}]
    asked = {"model": MODEL, "instructions": SYSTEM, "input": "hello", "tools": tools}
    answer = lab.http.post("/v1/responses/compact", json=asked)
    assert answer.status_code == 200, answer.text
    (body,) = sent(lab)
    assert body["system"] == [{"type": "text", "text": PREAMBLE}]


def test_tokens_are_counted_by_the_provider(lab: Lab, claude: anthropic.Anthropic) -> None:
    lab.fresh("oauth", tokens=("sub",), claude_code_compat=True)
    assert claude.messages.count_tokens(model=MODEL, messages=[USER], tools=A_TOOLS).input_tokens > 0
    (seen,) = lab.simulator.requests
    assert seen.path.startswith("/v1/messages/count_tokens")


# ---- without it ------------------------------------------------------------------------------------------------------

REASON = r"sub: a subscription token serves Claude Code only \(token edit sub --claude-code-compat\)"


@both
def test_without_the_switch_the_client_is_told_and_the_provider_never_asked(
    stream: bool, lab: Lab, claude: anthropic.Anthropic, chat: openai.OpenAI
) -> None:
    lab.fresh("oauth", tokens=("sub",))
    with pytest.raises(anthropic.RateLimitError, match=REASON) as raised:
        message(claude, stream=stream)
    assert raised.value.response.headers["x-should-retry"] == "false"
    assert "retry-after" not in raised.value.response.headers
    with pytest.raises(openai.RateLimitError, match=REASON):
        completion(chat, stream=stream)
    assert lab.seen() == []


def test_without_the_switch_tokens_are_estimated(lab: Lab) -> None:
    lab.fresh("oauth", tokens=("sub",))
    headers = {"anthropic-version": "2023-06-01"}
    answer = lab.http.post("/v1/messages/count_tokens", json={"model": MODEL, "messages": [USER]}, headers=headers)
    assert (answer.status_code, answer.headers["x-mitmrouter-estimate"]) == (200, "input_tokens")
    assert answer.json()["input_tokens"] > 0
    assert lab.simulator.requests == []
    assert lab.rows(1)[0]["state"] == "ok"


def test_without_the_switch_an_api_key_pays_and_the_trace_says_why(lab: Lab, claude: anthropic.Anthropic) -> None:
    lab.fresh()
    lab.add("sub", "oauth", priority=1)
    lab.add("key", "anthropic", priority=2)
    message(claude, stream=False)
    assert lab.paid() == ["key"]
    (row,) = lab.rows(1)
    assert "passed over sub (a subscription token serves Claude Code only" in lab.attempts(row)[0]["because"]


# ---- failover between the forms --------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("first", ["sub", "key"])
def test_failover_between_a_subscription_and_an_api_key_changes_the_form(
    first: str, stream: bool, lab: Lab, claude: anthropic.Anthropic
) -> None:
    """An API key gets the client's own bytes, also when the attempt before it had another body."""
    lab.fresh()
    lab.add("sub", "oauth", priority=1 if first == "sub" else 9, claude_code_compat=True)
    lab.add("key", "anthropic", priority=5)
    lab.faults(lab.fault("overloaded_529", first))
    lab.simulator.plan(PLAN)
    said = message(claude, stream=stream)
    assert [block.name for block in said.content if block.type == "tool_use"] == ["get_weather", "get-weather"]
    assert lab.paid() == (["sub", "key"] if first == "sub" else ["key", "sub"])
    bodies = dict(zip(lab.paid(), sent(lab), strict=True))
    headers = dict(zip(lab.paid(), lab.seen(), strict=True))
    assert bodies["key"]["system"] == SYSTEM
    assert [tool["name"] for tool in bodies["key"]["tools"]] == NAMES
    assert bodies["key"]["messages"] == [USER]
    assert headers["key"].header("user-agent").startswith("Anthropic/")
    assert headers["key"].header("anthropic-beta") == ""
    assert bodies["sub"]["system"] == [{"type": "text", "text": PREAMBLE}]
    assert headers["sub"].header("user-agent").startswith("mitmrouter/")
    (row,) = lab.rows(1)
    assert row["state"] == "ok"


def test_failover_for_a_client_of_another_format(lab: Lab, chat: openai.OpenAI) -> None:
    lab.fresh()
    lab.add("sub", "oauth", priority=1, claude_code_compat=True)
    lab.add("key", "anthropic", priority=5)
    lab.faults(lab.fault("overloaded_529", "sub"))
    lab.simulator.plan(PLAN)
    choice = completion(chat, stream=True).choices[0]
    assert [call.function.name for call in choice.message.tool_calls] == NAMES[:2]
    under_compat, plain = sent(lab)
    assert under_compat["system"][0]["text"] == PREAMBLE
    assert plain["system"][0]["text"] == SYSTEM
    assert [tool["name"] for tool in plain["tools"]] == NAMES


REFUSAL = "This credential is only authorized for use with Claude Code and cannot be used for other API requests."


@both
def test_when_the_provider_refuses_the_subscription_all_the_same_an_api_key_pays(
    stream: bool, lab: Lab, claude: anthropic.Anthropic
) -> None:
    lab.fresh()
    lab.add("sub", "oauth", priority=1, claude_code_compat=True)
    lab.add("key", "anthropic", priority=5)
    lab.faults(lab.fault("bad_request_400", "sub", body=REFUSAL))
    assert message(claude, stream=stream).stop_reason
    assert lab.paid() == ["sub", "key"]
    assert {token["name"]: token["status"] for token in lab.status()} == {"sub": "healthy", "key": "healthy"}


def test_when_it_refuses_and_nobody_else_can_pay_the_client_reads_why(lab: Lab, chat: openai.OpenAI) -> None:
    lab.fresh("oauth", tokens=("sub",), claude_code_compat=True)
    lab.faults(lab.fault("bad_request_400", "sub", body=REFUSAL))
    with pytest.raises(openai.BadRequestError, match="only authorized for use with Claude Code"):
        completion(chat, stream=False)
    assert lab.paid() == ["sub"]


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
def test_switching_it_on_is_heeded_at_the_next_request(path: str, lab: Lab) -> None:
    lab.fresh("oauth", tokens=("sub",))
    body = (message_body if path == "/v1/messages" else chat_body)(model=MODEL)
    assert lab.http.post(path, json=body, headers={"anthropic-version": "2023-06-01"}).status_code == 429
    lab.store.save(replace(lab.store.named("sub"), claude_code_compat=True))
    answer = lab.http.post(path, json=body, headers={"anthropic-version": "2023-06-01"})
    assert answer.status_code == 200, answer.text
    assert [token["claude_code_compat"] for token in lab.status()] == [True]
