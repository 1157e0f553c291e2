"""The simulated Anthropic refuses what Anthropic refuses, in the same words."""

from typing import Any

import httpx
import pytest

from router_core.simulator import Account, Script, SimulatorThread
from tests.router_core.simulator.asking import (
    ANTHROPIC_HEADERS,
    API_KEY,
    CLAUDE_CODE,
    OAUTH,
    OAUTH_HEADERS,
    ask,
    claude_code_body,
    message_body,
)

TOOL = {"name": "Bash", "input_schema": {"type": "object", "properties": {}}}
CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}]}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}]}
HELLO = {"role": "user", "content": "hello"}
MARK = {"cache_control": {"type": "ephemeral"}}


def post(http: httpx.Client, sim: SimulatorThread, body: Any, headers: dict[str, str]) -> httpx.Response:
    return http.post(f"{sim.url}/v1/messages?beta=true", json=body, headers=headers)


def user(*blocks: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(blocks)}]


def image(**source: Any) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="} | source}


def answered(**result: Any) -> list[Any]:
    return [HELLO, CALL, *user({"type": "tool_result", "tool_use_id": "toolu_1"} | result)]


def assistant(*blocks: dict[str, Any]) -> list[Any]:
    return [HELLO, {"role": "assistant", "content": list(blocks)}, HELLO]


OPEN = {"type": "object", "properties": {}}

BAD_BODIES: dict[str, tuple[dict[str, Any], str]] = {
    "a blank text": ({"messages": user({"type": "text", "text": " "})}, "non-whitespace"),
    "an empty text of the assistant": ({"messages": assistant({"type": "text", "text": ""})}, "non-empty"),
    "an OpenAI image": ({"messages": user({"type": "image_url", "image_url": {}})}, "Input tag 'image_url'"),
    "an image type nobody shows": (
        {"messages": user(image(media_type="image/tiff"))},
        "image.source.base64.media_type",
    ),
    "an image that is not base64": ({"messages": user(image(data="data:image/png;base64,aGk="))}, "invalid base64"),
    "an image of the assistant": ({"messages": assistant(image())}, "`image` blocks can only be in `user` messages"),
    "a call by the user": ({"messages": user(CALL["content"][0])}, "`tool_use` blocks can only be in `assistant`"),
    "a foreign field in a block": (
        {"messages": user({"type": "text", "text": "x", "thought": True})},
        "messages.0.content.0.text.thought: Extra inputs are not permitted",
    ),
    "an assistant first": ({"messages": [assistant({"type": "text", "text": "x"})[1], HELLO]}, "first message must"),
    "a call id of another format": (
        {"messages": assistant({"type": "tool_use", "id": "call:1", "name": "f", "input": {}})},
        "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    ),
    "text before the result": (
        {"messages": [HELLO, CALL, *user({"type": "text", "text": "x"}, RESULT["content"][0])]},
        "`tool_use` ids were found without",
    ),
    "two results of one call": (
        {"messages": [HELLO, CALL, *user(RESULT["content"][0], RESULT["content"][0])]},
        "each tool_use must have a single result",
    ),
    "an OpenAI part in a result": (
        {"messages": answered(content=[{"type": "input_text", "text": "x"}])},
        "messages.2.content.0.tool_result.content.0: Input tag 'input_text'",
    ),
    "an image in a failed result": (
        {"messages": answered(content=[image()], is_error=True)},
        'all content must be type "text" if `is_error` is true',
    ),
    "foreign redacted thinking": (
        {"messages": assistant({"type": "redacted_thinking", "data": "EqQB"})},
        "messages.1.content.0: Invalid `data` in `redacted_thinking` block",
    ),
    "an empty signature": (
        {"messages": assistant({"type": "thinking", "thinking": "hm", "signature": ""})},
        "messages.1.content.0: Invalid `signature` in `thinking` block",
    ),
    "foreign search results": (
        {
            "messages": assistant(
                {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
                {
                    "type": "web_search_tool_result",
                    "tool_use_id": "srvtoolu_1",
                    "content": [{"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": "x"}],
                },
            )
        },
        "Invalid `encrypted_content`",
    ),
    "a turn that lost its thinking": (
        {
            "model": "claude-sonnet-4-5",
            "max_tokens": 4000,
            "thinking": {"type": "enabled", "budget_tokens": 2000},
            "messages": [HELLO, CALL, RESULT],
        },
        "Expected `thinking` or `redacted_thinking`, but found `tool_use`",
    ),
    "a tool in OpenAI's form": ({"tools": [TOOL | {"parameters": OPEN}]}, "tools.0.custom.parameters: Extra inputs"),
    "a union at the top of a schema": ({"tools": [TOOL | {"input_schema": OPEN | {"anyOf": []}}]}, "at the top level"),
    "a strict tool with an open schema": ({"tools": [TOOL | {"strict": True}]}, "'additionalProperties' must be"),
    "OpenAI's tool choice": ({"tools": [TOOL], "tool_choice": {"type": "required"}}, "Input tag 'required'"),
    "a choice without tools": ({"tool_choice": {"type": "auto"}}, "may only be specified while providing tools"),
    "a choice that is not offered": ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "x"}}, "Tool 'x' not"),
    "a long mark after a short one": (
        {
            "system": [
                {"type": "text", "text": "x", **MARK},
                {"type": "text", "text": "y", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            ]
        },
        "must not come after a ttl='5m'",
    ),
    "an effort nobody knows": ({"output_config": {"effort": "minimal"}}, "output_config.effort"),
    "an open schema": (
        {"output_config": {"format": {"type": "json_schema", "schema": OPEN}}},
        "'additionalProperties'",
    ),
    "a blank stop sequence": ({"stop_sequences": ["\n"]}, "must contain non-whitespace"),
    "metadata of another format": ({"metadata": {"session": "1"}}, "metadata.session: Extra inputs"),
    "sampling on the newest models": ({"model": "claude-opus-5-5", "temperature": 0.3}, "`temperature` is deprecated"),
    "no max_tokens": ({"max_tokens": None}, "max_tokens: Field required"),
    "no messages": ({"messages": None}, "messages: Field required"),
    "no model": ({"model": None}, "model: Field required"),
    "unknown field": ({"colour": "red"}, "colour: Extra inputs are not permitted"),
    "beta field without its flag": ({"context_management": {}}, "context_management: Extra inputs are not permitted"),
    "no turns": ({"messages": []}, "messages: at least one message is required"),
    "a bad role": ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
    "a system turn without its beta": ({"messages": [HELLO, {"role": "system", "content": []}]}, "messages.1.role"),
    "an empty text": ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "non-empty"),
    "max_tokens beyond the model": ({"max_tokens": 500_000}, "maximum allowed number of output tokens"),
    "a call without its result": ({"messages": [HELLO, CALL, HELLO]}, "`tool_use` ids were found without"),
    "a result without its call": ({"messages": [RESULT]}, "unexpected `tool_use_id`"),
    "prefill": ({"messages": [HELLO, {"role": "assistant", "content": "I"}]}, "assistant message prefill"),
    "a bad tool name": ({"tools": [TOOL | {"name": "a b"}]}, "tools.0.custom.name"),
    "two tools of one name": ({"tools": [TOOL, TOOL]}, "Tool names must be unique"),
    "five cache marks": ({"system": [{"type": "text", "text": "x", **MARK}] * 5}, "A maximum of 4 blocks"),
    "temperature and top_p": ({"temperature": 0.5, "top_p": 0.5}, "cannot both be specified"),
    "temperature while thinking": ({"temperature": 0.5, "thinking": {"type": "adaptive"}}, "may only be set to 1"),
    "top_k while thinking": ({"top_k": 5, "thinking": {"type": "adaptive"}}, "`top_k` must be unset"),
    "a forced tool while thinking": (
        {"tools": [TOOL], "tool_choice": {"type": "any"}, "thinking": {"type": "adaptive"}},
        "Thinking may not be enabled",
    ),
    "a thinking budget on a new model": (
        {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        '"thinking.type.enabled" is not supported',
    ),
    "adaptive thinking on an old model": (
        {"model": "claude-sonnet-4-5", "thinking": {"type": "adaptive"}},
        "adaptive thinking is not supported",
    ),
    "no thinking on a model that always thinks": (
        {"model": "claude-opus-5-5", "thinking": {"type": "disabled"}},
        '"thinking.type.disabled" is not supported',
    ),
    "a small thinking budget": (
        {"model": "claude-sonnet-4-5", "thinking": {"type": "enabled", "budget_tokens": 10}},
        "greater than or equal to 1024",
    ),
    "a thinking budget beyond max_tokens": (
        {"model": "claude-sonnet-4-5", "thinking": {"type": "enabled", "budget_tokens": 2000}},
        "`max_tokens` must be greater than",
    ),
    "a foreign thinking signature": (
        {
            "messages": [
                HELLO,
                {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "EqQB"}]},
                HELLO,
            ]
        },
        "messages.1.content.0: Invalid `signature` in `thinking` block",
    ),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_body_is_refused(name: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    changes, words = BAD_BODIES[name]
    answer = post(http, simulator, message_body(**changes), ANTHROPIC_HEADERS)
    assert answer.status_code == 400
    payload = answer.json()
    assert payload["type"] == "error"
    assert payload["error"]["type"] == "invalid_request_error"
    assert words in payload["error"]["message"]
    assert payload["request_id"] == answer.headers["request-id"]


def test_system_turns_are_taken_with_their_beta(simulator: SimulatorThread, http: httpx.Client) -> None:
    turn = {"role": "system", "content": [], "output_config": {"effort": "medium"}}
    flags = {"anthropic-beta": "mid-conversation-tool-changes-2026-07-01"}
    answer = post(http, simulator, message_body(messages=[HELLO, turn]), ANTHROPIC_HEADERS | flags)
    assert answer.status_code == 200
    assert "You said: hello" in answer.json()["content"][0]["text"]


BAD_CREDENTIALS = {
    "nothing": ({}, 401, "x-api-key header is required"),
    "a badly shaped key": ({"x-api-key": "nonsense"}, 401, "invalid x-api-key"),
    "an OAuth token as key": ({"x-api-key": OAUTH, "anthropic-beta": "oauth-2025-04-20"}, 401, "invalid x-api-key"),
    "an API key as Bearer": ({"authorization": f"Bearer {API_KEY}"}, 401, "Invalid bearer token"),
    "a ChatGPT key": ({"authorization": "Bearer sk-proj-x"}, 401, "Invalid bearer token"),
    "OAuth without its beta": (
        {"authorization": f"Bearer {OAUTH}"},
        401,
        "OAuth authentication is currently not supported.",
    ),
}


@pytest.mark.parametrize("name", BAD_CREDENTIALS)
def test_credential_is_refused(name: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    headers, status, words = BAD_CREDENTIALS[name]
    answer = post(http, simulator, claude_code_body(), {"anthropic-version": "2023-06-01"} | headers)
    assert answer.status_code == status
    assert answer.json()["error"] == {"type": "authentication_error", "message": words}


def test_version_header_is_required(simulator: SimulatorThread, http: httpx.Client) -> None:
    answer = post(http, simulator, message_body(), {"x-api-key": API_KEY})
    assert answer.status_code == 400
    assert "anthropic-version" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"system": [{"type": "text", "text": CLAUDE_CODE}]}, 200),
        ({"system": CLAUDE_CODE}, 400),
        ({"system": [{"type": "text", "text": "You are a pirate."}]}, 400),
        ({"system": None}, 400),
        ({"system": None, "model": "claude-haiku-4-5"}, 200),
    ],
)
def test_subscription_answers_only_claude_code(
    changes: dict[str, Any], status: int, simulator: SimulatorThread, http: httpx.Client
) -> None:
    answer = post(http, simulator, claude_code_body(**changes), OAUTH_HEADERS)
    assert answer.status_code == status
    if status == 400:
        assert "only authorized for use with Claude Code" in answer.json()["error"]["message"]


def test_own_signature_is_accepted_and_an_edited_text_is_not(simulator: SimulatorThread, http: httpx.Client) -> None:
    first = ask(http, simulator, "anthropic", thinking={"type": "adaptive"}).json()
    turns = [HELLO, {"role": "assistant", "content": first["content"]}, HELLO]
    assert ask(http, simulator, "anthropic", messages=turns).status_code == 200
    first["content"][0]["thinking"] += " edited"
    assert ask(http, simulator, "anthropic", messages=turns).status_code == 400


def test_oversized_body_is_refused_by_the_edge(simulator: SimulatorThread, http: httpx.Client) -> None:
    body = b'{"x":"' + b"a" * (33 * 1024 * 1024) + b'"}'
    answer = http.post(f"{simulator.url}/v1/messages", content=body, headers=ANTHROPIC_HEADERS)
    assert answer.status_code == 413
    assert answer.json() == {"error": {"type": "request_too_large", "message": "Request exceeds the maximum size"}}


def test_unknown_model_is_not_found(simulator: SimulatorThread, http: httpx.Client) -> None:
    answer = ask(http, simulator, "anthropic", model="gpt-5")
    assert answer.status_code == 404
    assert answer.json()["error"] == {"type": "not_found_error", "message": "model: gpt-5"}


def test_count_tokens_refuses_max_tokens(simulator: SimulatorThread, http: httpx.Client) -> None:
    url = f"{simulator.url}/v1/messages/count_tokens"
    fine = http.post(url, json=message_body(max_tokens=None), headers=ANTHROPIC_HEADERS)
    assert fine.json()["input_tokens"] > 0
    assert http.post(url, json=message_body(), headers=ANTHROPIC_HEADERS).status_code == 400


def test_expired_and_revoked_tokens_are_named_so(start: Any, http: httpx.Client) -> None:
    accounts = [
        Account(token="sk-ant-oat01-old", kind="anthropic_oauth", expired=True),
        Account(token="sk-ant-oat01-gone", kind="anthropic_oauth", revoked=True),
    ]
    sim = start(Script(accounts=accounts))
    for token, word in (("sk-ant-oat01-old", "expired"), ("sk-ant-oat01-gone", "revoked")):
        answer = post(http, sim, claude_code_body(), OAUTH_HEADERS | {"authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert word in answer.json()["error"]["message"]


def test_setup_token_may_not_read_its_usage(start: Any, http: httpx.Client) -> None:
    sim = start(Script(accounts=[Account(token=OAUTH, kind="anthropic_oauth", inference_only=True)]))
    answer = http.get(f"{sim.url}/api/oauth/usage", headers=OAUTH_HEADERS)
    assert answer.status_code == 403
    assert "user:profile" in answer.json()["error"]["message"]


def test_usage_has_a_small_bucket_for_foreign_user_agents(simulator: SimulatorThread, http: httpx.Client) -> None:
    url = f"{simulator.url}/api/oauth/usage"
    first = http.get(url, headers=OAUTH_HEADERS)
    assert first.json()["five_hour"]["utilization"] == 12.0
    assert first.json()["limits"][0]["percent"] == 12
    assert http.get(url, headers=OAUTH_HEADERS).status_code == 429
    assert http.get(url, headers=OAUTH_HEADERS | {"user-agent": "claude-code/2.1.329"}).status_code == 200
