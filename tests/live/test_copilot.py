"""GitHub Copilot through a real mitmdump: each model at the API that it answers at, and headers that bill rightly."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from router_core.simulator import PlannedCall, PlannedReply
from router_core.simulator.copilot_models import MODELS
from tests.live.test_routed import ask, events, text_of
from tests.router_core.simulator.asking import chat_body, claude_code_body, codex_body, message_body, responses_body
from tests.support.lab import Lab, running_lab

SAID = "Grüße aus dem Simulator, 你好."
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
CLAUDE_CODE = {
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "claude-code-20250219,oauth-2025-04-20,interleaved-thinking-2025-05-14",
    "user-agent": "claude-cli/2.1.329 (external, cli)",
}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("copilot")) as running:
        yield running


def where(lab: Lab) -> list[str]:
    return [seen.path.removeprefix("/copilot-api") for seen in lab.seen()]


ANSWERS_AT = [
    # client, model, API
    ("anthropic", "claude-sonnet-4.5", "/v1/messages"),
    ("openai-chat", "claude-sonnet-4.5", "/chat/completions"),
    ("openai-responses", "claude-sonnet-4.5", "/v1/messages"),
    ("gemini", "claude-haiku-4.5", "/chat/completions"),
    ("anthropic", "claude-haiku-4.5", "/chat/completions"),
    ("openai-chat", "gpt-5.4", "/responses"),
    ("anthropic", "gpt-5.4", "/responses"),
    ("openai-responses", "gpt-5.4-mini", "/responses"),
    ("openai-chat", "gpt-5.4-mini", "/chat/completions"),
    ("openai-responses", "gpt-4.1", "/chat/completions"),
]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize(("client", "model", "api"), ANSWERS_AT)
def test_a_model_is_asked_at_an_api_that_it_answers_at(
    lab: Lab, client: str, model: str, api: str, stream: bool
) -> None:
    lab.fresh("copilot")
    lab.simulator.plan(PlannedReply(text=SAID))
    answer = ask(lab, client, f"copilot/{model}", stream=stream)
    assert answer.status_code == 200, answer.text
    assert text_of(client, answer, stream=stream) == SAID
    assert where(lab) == [api]
    (seen,) = lab.seen()
    assert seen.token == lab.secrets["first"]
    assert (seen.header("x-initiator"), seen.header("copilot-vision-request")) == ("user", "")
    assert seen.header("editor-version")
    assert seen.header("user-agent").startswith(("mitmrouter/", "python-httpx/"))
    assert lab.rows(1)[0]["state"] == "ok"


def test_newer_models_answered_unsupported_api_for_model_although_the_list_had_not_said_where(lab: Lab) -> None:  # 51
    assert not MODELS["gpt-5.5"].says_endpoints
    lab.fresh("copilot")
    answer = ask(lab, "openai-chat", "copilot/gpt-5.5")
    assert answer.status_code == 200, answer.text
    assert where(lab) == ["/chat/completions", "/responses"]
    tries = lab.attempts(lab.rows(1)[0])
    assert [(row["outcome"], row["action"]) for row in tries] == [("client_error", "same_token"), ("answered", "done")]
    assert "once more at the API for openai-responses" in tries[0]["reason"]
    assert lab.token("first").cooldowns == ()
    assert ask(lab, "openai-chat", "copilot/gpt-5.5").status_code == 200  # the refusal was a lesson
    assert where(lab) == ["/chat/completions", "/responses", "/responses"]


@pytest.mark.parametrize(
    ("named", "own"),
    [
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4.5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4.5"),
        ("copilot/claude-sonnet-4-5", "claude-sonnet-4.5"),
        ("claude-haiku-4.5", "claude-haiku-4.5"),
    ],
)
def test_claude_code_s_own_model_names_are_found_at_copilot(lab: Lab, named: str, own: str) -> None:
    lab.fresh("copilot")
    answer = lab.http.post("/v1/messages", json=message_body(model=named), headers={"anthropic-version": "2023-06-01"})
    assert answer.status_code == 200, answer.text
    assert [seen.model for seen in lab.seen()] == [own]
    assert lab.rows(1)[0]["model"] == own


def test_the_very_first_request_waits_for_the_list(tmp_path: Path) -> None:
    with running_lab(tmp_path) as new:
        new.add("first", "copilot")
        answer = ask(new, "openai-chat", "copilot/claude-haiku-4-5")
        assert answer.status_code == 200, answer.text
        assert [(seen.method, seen.path) for seen in new.simulator.requests] == [
            ("GET", "/copilot-api/models"),
            ("POST", "/copilot-api/chat/completions"),
        ]
        assert new.seen()[0].model == "claude-haiku-4.5"


def test_a_model_that_no_plan_has_is_refused_in_copilot_s_own_words(lab: Lab) -> None:
    lab.fresh("copilot")
    answer = ask(lab, "anthropic", "copilot/claude-opus-4.8")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "The requested model is not supported."
    assert lab.outcomes() == [
        ("first", "model_unavailable", "next_token"),  # another account may have accepted its terms
        ("second", "model_unavailable", "give_up"),
    ]


def test_models_whose_terms_were_not_accepted_are_not_listed(lab: Lab) -> None:
    lab.fresh("copilot")
    ids = [entry["id"] for entry in lab.http.get("/v1/models").json()["data"]]
    assert "copilot/claude-sonnet-4.5" in ids
    assert "copilot/claude-opus-4.8" not in ids


def test_claude_code_s_own_requests_are_taken(lab: Lab) -> None:
    """Its attribution line and the flags of its login are for Anthropic: Copilot refuses them."""
    lab.fresh("copilot")
    body = claude_code_body(model="copilot/claude-sonnet-4.5", stream=True)
    answer = lab.http.post("/v1/messages?beta=true", json=body, headers=CLAUDE_CODE)
    assert answer.status_code == 200, answer.text
    (seen,) = lab.seen()
    assert seen.path == "/copilot-api/v1/messages"
    assert seen.header("anthropic-beta") == "interleaved-thinking-2025-05-14"
    assert b"billing" not in seen.body
    assert b"You are Claude Code" in seen.body
    assert lab.rows(1)[0]["upstream_format"] == ""


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages", message_body),
        ("/v1/chat/completions", chat_body),
        ("/v1/responses", responses_body),
    ],
)
@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5.4", "claude-sonnet-4.5"])
def test_system_messages_were_answered_with_400_and_500_in_some_forms(  # 53
    lab: Lab, path: str, body: Any, model: str
) -> None:
    """Behind the beginning of the conversation, and as parts."""
    lab.fresh("copilot")
    early = {"role": "system", "content": "Be brief."}
    turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    late, last = {"role": "system", "content": "Now in French."}, {"role": "user", "content": "go on"}
    messages = [*turns, late, last]
    parts = {"role": "system", "content": [{"type": "text", "text": "Be brief."}]}
    forms: dict[str, list[dict[str, Any]]] = {
        "/v1/messages": [{"system": said, "messages": messages} for said in ("Be brief.", parts["content"])],
        "/v1/chat/completions": [{"messages": [early, *messages]}, {"messages": [parts, *messages]}],
        "/v1/responses": [{"input": [early, *messages]}, {"instructions": "Be brief.", "input": messages}],
    }  # fmt: skip
    for form in forms[path]:
        sent = body(**{"model": f"copilot/{model}", **form})
        answer = lab.http.post(path, json=sent, headers={"anthropic-version": "2023-06-01"})
        assert answer.status_code == 200, answer.text
        said = lab.seen()[-1].body.decode()
        assert said.count("Be brief.") == said.count("Now in French.") == 1


TOOL_LOOPS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "anthropic": (
        "/v1/messages",
        message_body(tools=[{"name": "look", "description": "Look.", "input_schema": SCHEMA}]),
        {
            "messages": [
                {"role": "user", "content": "hello"},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "a, b"}]},
            ]
        },
    ),
    "openai-chat": (
        "/v1/chat/completions",
        chat_body(tools=[{"type": "function", "function": {"name": "look", "parameters": SCHEMA}}]),
        {
            "messages": [
                {"role": "user", "content": "hello"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
                    ],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": "a, b"},
            ]
        },
    ),
    "openai-responses": (
        "/v1/responses",
        responses_body(tools=[{"type": "function", "name": "look", "parameters": SCHEMA, "strict": False}]),
        {
            "input": [
                {"role": "user", "content": "hello"},
                {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "call_1", "output": "a, b"},
            ]
        },
    ),
}


@pytest.mark.parametrize("model", ["claude-sonnet-4.5", "gpt-5.4", "gpt-4.1"])
@pytest.mark.parametrize("client", TOOL_LOOPS)
def test_a_tool_loop_costs_one_premium_request(lab: Lab, client: str, model: str) -> None:  # 52
    path, body, follow_up = TOOL_LOOPS[client]
    lab.fresh("copilot")
    lab.simulator.plan(PlannedReply(text="I look.", calls=(PlannedCall(arguments={"path": "/"}),)))
    headers = {"anthropic-version": "2023-06-01"}
    first = lab.http.post(path, json={**body, "model": f"copilot/{model}"}, headers=headers)
    assert first.status_code == 200, first.text
    assert "look" in first.text
    second = lab.http.post(path, json={**body, **follow_up, "model": f"copilot/{model}"}, headers=headers)
    assert second.status_code == 200, second.text
    assert [seen.header("x-initiator") for seen in lab.seen()] == ["user", "agent"]
    spent = MODELS[model].multiplier / 300
    premium = next(window for window in lab.token().windows if window.name == "30d_premium_requests")
    assert premium.used == pytest.approx(0.05 + spent, abs=0.0006)


def test_a_chat_client_gets_words_and_calls_in_one_choice(lab: Lab) -> None:
    """Copilot writes them as two choices of one answer, and leaves `object` out."""
    path, body, _ = TOOL_LOOPS["openai-chat"]
    lab.fresh("copilot")
    for stream in (False, True):
        lab.simulator.plan(PlannedReply(text="I look.", calls=(PlannedCall(arguments={"path": "/"}),)))
        answer = lab.http.post(path, json={**body, "model": "copilot/gpt-4.1", "stream": stream})
        assert answer.status_code == 200, answer.text
        if not stream:
            completion = answer.json()
            assert completion["object"] == "chat.completion"
            (choice,) = completion["choices"]
            assert choice["message"]["content"] == "I look."
            assert choice["message"]["tool_calls"][0]["function"]["name"] == "look"
            assert choice["finish_reason"] == "tool_calls"
        else:
            assert b'"choices":[{"index":0,"delta":{"content":""},' in lab.seen()[-1].response_bytes
            lines = [line for line in answer.text.splitlines() if line.startswith("data: {")]
            assert all('"object":"chat.completion.chunk"' in line for line in lines)
            assert sum('"finish_reason":"tool_calls"' in line for line in lines) == 1


IMAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "anthropic": (
        "/v1/messages",
        message_body(
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                        {"type": "text", "text": "What is it?"},
                    ],
                }
            ]
        ),
    ),
    "openai-chat": (
        "/v1/chat/completions",
        chat_body(
            messages=[
                {
                    "role": "user",
                    "content": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}],
                }
            ]
        ),
    ),
    "openai-responses": (
        "/v1/responses",
        responses_body(
            input=[
                {
                    "role": "user",
                    "content": [{"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"}],
                }
            ]
        ),
    ),
}


@pytest.mark.parametrize("model", ["claude-sonnet-4.5", "gpt-5.4", "gpt-4.1"])
@pytest.mark.parametrize("client", IMAGES)
def test_an_image_is_announced_whatever_the_formats(lab: Lab, client: str, model: str) -> None:
    path, body = IMAGES[client]
    lab.fresh("copilot")
    headers = {"anthropic-version": "2023-06-01"}
    answer = lab.http.post(path, json={**body, "model": f"copilot/{model}"}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert lab.seen()[-1].header("copilot-vision-request") == "true"


def test_its_own_path_adds_what_copilot_asks_for_and_changes_nothing(lab: Lab) -> None:
    lab.fresh("copilot")
    body = IMAGES["openai-chat"][1] | {"model": "gpt-4.1"}
    for path in ("/copilot/chat/completions", "/copilot/v1/chat/completions"):
        answer = lab.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        seen = lab.seen()[-1]
        assert seen.path == "/copilot-api/chat/completions"
        assert (seen.header("x-initiator"), seen.header("copilot-vision-request")) == ("user", "true")
        assert answer.content == seen.response_bytes
    agent = lab.http.post("/copilot/chat/completions", json=body, headers={"X-Initiator": "agent"})
    assert agent.status_code == 200
    assert lab.seen()[-1].header("x-initiator") == "agent"  # an editor that says it itself knows best


def test_codex_speaks_to_a_responses_model_with_all_its_tools(lab: Lab) -> None:
    lab.fresh("copilot")
    docs = {"type": "function", "name": "search", "parameters": SCHEMA, "strict": False}
    tools = [
        {"type": "custom", "name": "apply_patch", "description": "Patch.", "format": {"type": "text"}},
        {"type": "namespace", "name": "mcp__docs", "description": "Docs.", "tools": [docs]},
    ]
    lab.simulator.plan(PlannedReply(calls=(PlannedCall(offer=1, arguments={"path": "/"}),)))
    body = codex_body(model="copilot/gpt-5.4", tools=tools, include=["reasoning.encrypted_content"])
    answer = lab.http.post("/v1/responses", json=body, headers={"originator": "codex_cli_rs"})
    assert answer.status_code == 200, answer.text
    assert where(lab) == ["/responses"]
    done = [event["item"] for event in events(answer.text) if event["type"] == "response.output_item.done"]
    calls = [(item["namespace"], item["name"]) for item in done if item["type"] == "function_call"]
    assert calls == [("mcp__docs", "search")]


def test_a_refusal_under_its_own_path_reaches_the_client_as_it_is(lab: Lab) -> None:
    lab.fresh("copilot")
    answer = lab.http.post("/copilot/chat/completions", json=chat_body(model="gpt-5.4"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_api_for_model")
    assert where(lab) == ["/chat/completions"]
    assert answer.content == lab.seen()[0].response_bytes
