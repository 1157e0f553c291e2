"""What Responses carries from turn to turn: reasoning, compaction; and what counting says beforehand."""

from typing import Any

import httpx
import pytest

from router_core.simulator import PlannedCall, PlannedReply, SimulatorThread
from tests.router_core.simulator.asking import (
    ANTHROPIC_HEADERS,
    CODEX_HEADERS,
    OPENAI_HEADERS,
    ask,
    codex_body,
    message_body,
    responses_body,
)

USER = {"role": "user", "content": "hi"}
REASONS = {"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"]}
TOOLS = [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}]


def reasoned(http: httpx.Client, sim: SimulatorThread, **changes: Any) -> list[dict[str, Any]]:
    sim.plan(PlannedReply("Well.", thinking=("one", "two"), calls=(PlannedCall("f"), PlannedCall("f"))))
    answer = ask(http, sim, "responses", tools=TOOLS, **REASONS, **changes)
    output: list[dict[str, Any]] = answer.json()["output"]
    assert [item["type"] for item in output] == ["reasoning", "message", "function_call", "reasoning", "function_call"]
    return output


def outputs_of(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    calls = [item["call_id"] for item in items if item["type"] == "function_call"]
    return [{"type": "function_call_output", "call_id": call, "output": "ok"} for call in calls]


def test_reasoning_comes_back_as_it_was(simulator: SimulatorThread, http: httpx.Client) -> None:
    items = reasoned(http, simulator)
    answer = ask(http, simulator, "responses", input=[USER, *items, *outputs_of(items)])
    assert answer.status_code == 200, answer.text


def test_edited_summary_is_refused(simulator: SimulatorThread, http: httpx.Client) -> None:
    items = reasoned(http, simulator)
    items[0]["summary"][0]["text"] = "Two"
    error = ask(http, simulator, "responses", input=[USER, *items, *outputs_of(items)]).json()["error"]
    assert error["code"] == "invalid_encrypted_content"
    assert items[0]["id"] in error["message"]


def test_reasoning_without_what_it_led_to_is_refused(simulator: SimulatorThread, http: httpx.Client) -> None:
    items = reasoned(http, simulator)
    error = ask(http, simulator, "responses", input=[items[0], USER]).json()["error"]
    text = f"Item '{items[0]['id']}' of type 'reasoning' was provided without its required following item."
    assert error["message"] == text


def test_stored_call_without_its_reasoning_is_refused(simulator: SimulatorThread, http: httpx.Client) -> None:
    items = reasoned(http, simulator)
    lost = [item for item in items if item["type"] != "reasoning"]
    error = ask(http, simulator, "responses", input=[USER, *lost, *outputs_of(items)]).json()["error"]
    assert "was provided without its required 'reasoning' item" in error["message"]


def test_unstored_call_may_lose_its_reasoning(simulator: SimulatorThread, http: httpx.Client) -> None:
    items = reasoned(http, simulator, store=False)
    lost = [item for item in items if item["type"] != "reasoning"]
    assert ask(http, simulator, "responses", input=[USER, *lost, *outputs_of(items)]).status_code == 200


def test_summary_comes_only_where_it_was_asked_for(simulator: SimulatorThread, http: httpx.Client) -> None:
    answer = ask(http, simulator, "responses", reasoning={"effort": "low"}).json()
    assert answer["output"][0]["summary"] == []
    assert "encrypted_content" not in answer["output"][0]


@pytest.mark.parametrize("provider", ["platform", "codex"])
def test_compacted_conversation_can_be_continued(provider: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "long story"}]}
    codex = provider == "codex"
    path, headers = ("/backend-api/codex", CODEX_HEADERS) if codex else ("/v1", OPENAI_HEADERS)
    body = {"model": "gpt-5.5", "instructions": "", "input": [USER, said]}
    answer = http.post(f"{simulator.url}{path}/responses/compact", headers=headers, json=body)
    assert answer.status_code == 200, answer.text
    output = answer.json()["output"]
    assert [item.get("type", "message") for item in output] == ["message", "compaction"]
    more = {"input": [*output, USER]}
    assert ask(http, simulator, "codex" if codex else "responses", **more).status_code == 200
    output[-1]["encrypted_content"] += "00"
    refused = ask(http, simulator, "codex" if codex else "responses", **more)
    assert refused.json()["error"]["code"] == "invalid_encrypted_content"


def test_codex_compaction_takes_no_store(simulator: SimulatorThread, http: httpx.Client) -> None:
    url = f"{simulator.url}/backend-api/codex/responses/compact"
    answer = http.post(url, headers=CODEX_HEADERS, json=codex_body())
    assert answer.json() == {"detail": "Unsupported parameter: store"}


def test_responses_count_is_what_the_reply_counts(simulator: SimulatorThread, http: httpx.Client) -> None:
    body = responses_body(instructions="Be brief.", tools=TOOLS)
    counted = http.post(f"{simulator.url}/v1/responses/input_tokens", headers=OPENAI_HEADERS, json=body).json()
    assert counted["object"] == "response.input_tokens"
    answered = ask(http, simulator, "responses", instructions="Be brief.", tools=TOOLS, max_output_tokens=500).json()
    assert counted["input_tokens"] == answered["usage"]["input_tokens"]


def test_anthropic_count_is_what_the_reply_counts(simulator: SimulatorThread, http: httpx.Client) -> None:
    body = {name: value for name, value in message_body(system="Be brief.").items() if name != "max_tokens"}
    url = f"{simulator.url}/v1/messages/count_tokens"
    counted = http.post(url, headers=ANTHROPIC_HEADERS, json=body).json()["input_tokens"]
    answered = ask(http, simulator, "anthropic", system="Be brief.", stream=False).json()
    assert counted == answered["usage"]["input_tokens"]


def test_anthropic_model_says_what_it_can(simulator: SimulatorThread, http: httpx.Client) -> None:
    url = f"{simulator.url}/v1/models"
    new = http.get(f"{url}/claude-opus-5-5", headers=ANTHROPIC_HEADERS).json()
    assert (new["max_input_tokens"], new["max_tokens"]) == (1_000_000, 128_000)
    types = new["capabilities"]["thinking"]["types"]
    assert (types["adaptive"]["supported"], types["enabled"]["supported"]) == (True, False)
    old = http.get(f"{url}/claude-haiku-4-5-20251001", headers=ANTHROPIC_HEADERS).json()
    assert old["capabilities"]["effort"]["supported"] is False
