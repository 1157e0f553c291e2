"""The simulated OpenAI platform refuses what the platform refuses."""

from typing import Any

import httpx
import pytest

from router_core.simulator import Script, SimulatorThread
from tests.router_core.simulator.asking import OPENAI_HEADERS, ask

OUTPUT = {"type": "function_call_output", "call_id": "call_x", "output": "ok"}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAforeign"}
TOOL_TURN = {"role": "tool", "tool_call_id": "call_x", "content": "ok"}
CALLING = {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f"}}]}
USER = {"role": "user", "content": "hi"}

BAD: dict[str, tuple[str, dict[str, Any], int, str | None, str]] = {
    "chat without messages": ("chat", {"messages": None}, 400, "missing_required_parameter", "messages"),
    "chat without model": ("chat", {"model": None}, 400, "missing_required_parameter", "model"),
    "chat with an unknown field": ("chat", {"colour": 1}, 400, None, "Unrecognized request argument"),
    "max_tokens on a reasoning model": ("chat", {"max_tokens": 5}, 400, "unsupported_parameter", "max_tokens"),
    "temperature on a reasoning model": ("chat", {"temperature": 0.2}, 400, "unsupported_value", "temperature"),
    "a tool turn without a call": ("chat", {"messages": [USER, TOOL_TURN]}, 400, None, "preceeding message"),
    "a call without a tool turn": ("chat", {"messages": [USER, CALLING, USER]}, 400, None, "tool_call_ids"),
    "a model that is not OpenAI's": ("chat", {"model": "claude-5"}, 404, "model_not_found", "claude-5"),
    "responses without input": ("responses", {"input": None}, 400, "missing_required_parameter", "input"),
    "responses with an unknown field": ("responses", {"colour": 1}, 400, "unknown_parameter", "colour"),
    "a tiny max_output_tokens": ("responses", {"max_output_tokens": 1}, 400, "integer_below_min_value", ">= 16"),
    "an unknown previous response": (
        "responses",
        {"previous_response_id": "resp_gone"},
        400,
        "previous_response_not_found",
        "Previous response with id 'resp_gone' not found.",
    ),
    "foreign encrypted reasoning": ("responses", {"input": [REASONING]}, 400, "invalid_encrypted_content", "rs_1"),
    "an output without its call": ("responses", {"input": [OUTPUT]}, 400, None, "No tool call found"),
}


@pytest.mark.parametrize("name", BAD)
def test_body_is_refused(name: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    provider, changes, status, code, words = BAD[name]
    answer = ask(http, simulator, provider, **changes)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["code"] == code
    assert words in error["message"]
    assert set(error) == {"message", "type", "param", "code"}


def test_wrong_key_is_echoed_masked(simulator: SimulatorThread, http: httpx.Client) -> None:
    key = "sk-ant-api03-0123456789abcdef"
    answer = http.get(f"{simulator.url}/v1/models", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert "sk-ant-a********cdef" in answer.text
    assert key not in answer.text


def test_models_are_answered_in_the_form_that_was_asked_for(simulator: SimulatorThread, http: httpx.Client) -> None:
    url = f"{simulator.url}/v1/models"
    assert http.get(url, headers=OPENAI_HEADERS).json()["object"] == "list"
    headers = {"x-api-key": "sk-ant-api03-x", "anthropic-version": "2023-06-01"}
    page = http.get(f"{url}?limit=2", headers=headers).json()
    assert [entry["type"] for entry in page["data"]] == ["model", "model"]
    assert page["has_more"] is True
    rest = http.get(f"{url}?limit=1000&after_id={page['last_id']}", headers=headers).json()
    assert page["last_id"] not in [entry["id"] for entry in rest["data"]]
    assert http.get(f"{url}/claude-opus-5-5", headers=headers).json()["id"] == "claude-opus-5-5"


def test_previous_response_is_remembered(simulator: SimulatorThread, http: httpx.Client) -> None:
    first = ask(http, simulator, "responses").json()
    assert ask(http, simulator, "responses", previous_response_id=first["id"]).status_code == 200
    forgotten = ask(http, simulator, "responses", store=False).json()
    assert ask(http, simulator, "responses", previous_response_id=forgotten["id"]).status_code == 400


def test_encrypted_reasoning_may_be_bound_to_its_account(start: Any, http: httpx.Client) -> None:
    wanted = {"reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]}
    for bound, status in ((False, 200), (True, 400)):
        sim = start(Script(bind_encrypted_content=bound))
        output = ask(http, sim, "responses", **wanted).json()["output"]
        body = {"model": "gpt-5.5", "input": [*output, {"role": "user", "content": "more"}]}
        other = {"authorization": "Bearer sk-proj-other"}
        assert http.post(f"{sim.url}/v1/responses", headers=OPENAI_HEADERS, json=body).status_code == 200
        assert http.post(f"{sim.url}/v1/responses", headers=other, json=body).status_code == status
