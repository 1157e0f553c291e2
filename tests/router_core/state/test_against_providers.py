"""What is taken out, repaired, expanded and compacted is accepted by strict providers that refused it before."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.simulator import Script, SimulatorThread
from router_core.state.compact import compact_request, compact_response, open_own_compaction
from router_core.state.previous import resolve_previous
from router_core.state.proofs_in_answer import proofs_in_answer
from router_core.state.repair import repair_after
from router_core.state.take_out import take_out
from tests.router_core.simulator.asking import (
    ANTHROPIC_HEADERS,
    CODEX_HEADERS,
    OPENAI_HEADERS,
    codex_body,
    message_body,
)
from tests.router_core.simulator.asking_gemini import ANSWER, ASKING, KEY_HEADERS, TOOLS, called
from tests.router_core.state.opened import opened

JsonObject = dict[str, Any]
type Send = Callable[[JsonObject], httpx.Response]

OTHER_KEY = {"authorization": "Bearer sk-proj-other"}
GEMINI = "gemini-3.5-flash"


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread(Script(bind_encrypted_content=True)) as simulator:
        yield simulator


def sender(http: httpx.Client, url: str, headers: dict[str, str]) -> Send:
    return lambda body: http.post(url, headers=headers, json=body)


def refused(answer: httpx.Response) -> tuple[str, str]:
    """`(code, message)` of a 400."""
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    return str(error.get("code") or error.get("status") or error["type"]), error["message"]


@pytest.mark.parametrize(
    ("model", "thinking"),
    [("claude-haiku-4-5", {"type": "enabled", "budget_tokens": 1024}), ("claude-sonnet-5", {"type": "adaptive"})],
    ids=["budget", "adaptive"],
)
@pytest.mark.parametrize("foreign_known", [False, True], ids=["repaired after the refusal", "taken out before"])
def test_claude_accepts_a_tool_turn_that_another_provider_began(  # 31
    simulator: SimulatorThread, http: httpx.Client, model: str, thinking: JsonObject, foreign_known: bool
) -> None:
    send = sender(http, f"{simulator.url}/v1/messages", ANTHROPIC_HEADERS)
    tool = {"name": "Bash", "description": "runs", "input_schema": {"type": "object", "properties": {}}}
    said: list[JsonObject] = [
        {"type": "thinking", "thinking": "hm", "signature": "from-somewhere-else"},
        {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}},
    ]
    messages: list[JsonObject] = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": said},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}]},
    ]
    body = message_body(model=model, max_tokens=4000, messages=messages, tools=[tool], thinking=thinking)
    code, message = refused(send(body))
    assert "signature" in message
    if foreign_known:
        mended, _ = take_out(body, "anthropic", lambda value, kind: True)
    else:
        repair = repair_after(code, message, body, "anthropic")
        assert repair is not None
        mended = repair.body
    assert send(mended).status_code == 200
    assert mended["messages"][1]["content"] == said[1:]


def test_another_account_accepts_reasoning_without_its_ciphertext(  # 30
    simulator: SimulatorThread, http: httpx.Client
) -> None:
    url = f"{simulator.url}/v1/responses"
    wanted: JsonObject = {"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"]}
    first = sender(http, url, OPENAI_HEADERS)({"model": "gpt-5.5", "input": "hello", **wanted}).json()
    assert list(proofs_in_answer(first, "openai-responses"))
    items = [*first["output"], {"role": "user", "content": "more"}]
    body: JsonObject = {"model": "gpt-5.5", "input": items, **wanted}
    send = sender(http, url, OTHER_KEY)
    repair = repair_after(*refused(send(body)), body, "openai-responses")
    assert repair is not None
    assert send(repair.body).status_code == 200


@pytest.mark.parametrize("signature", [None, "Zm9yZWlnbiBzaWduYXR1cmU="], ids=["lost", "foreign"])
def test_gemini_accepts_a_call_it_did_not_sign(  # 33
    simulator: SimulatorThread, http: httpx.Client, signature: str | None
) -> None:
    send = sender(http, f"{simulator.base_urls['gemini']}/models/{GEMINI}:generateContent", KEY_HEADERS)
    body = {"contents": [ASKING, called(signature), ANSWER, called(signature), ANSWER], "tools": TOOLS}
    repair = repair_after(*refused(send(body)), body, "gemini", model=GEMINI)
    assert repair is not None
    assert len(repair.removed) == 2
    assert send(repair.body).status_code == 200


def test_a_response_of_one_account_is_continued_at_the_codex_backend(  # 26, 27
    simulator: SimulatorThread, http: httpx.Client, home: Home
) -> None:
    first = sender(http, f"{simulator.url}/v1/responses", OPENAI_HEADERS)({"model": "gpt-5.5", "input": "hello"}).json()
    codex = sender(http, f"{simulator.url}/backend-api/codex/responses", CODEX_HEADERS)
    more = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "more"}]}
    body = codex_body(previous_response_id=first["id"], input=[more])
    assert codex(body).json() == {"detail": "Unsupported parameter: previous_response_id"}
    with opened(home, FixedClock()) as state:
        asked = [{"role": "user", "content": "hello"}]
        state.conversations.remember(first["id"], asked, first["output"], provider="openai", token_id="t1")
        resolved = resolve_previous(body, state.conversations)
    assert resolved.rebuilt == 1 + len(first["output"])
    mended, _ = take_out(resolved.body, "openai-responses", lambda value, kind: True)
    assert codex(mended).status_code == 200


def test_a_conversation_goes_on_from_its_own_compaction(simulator: SimulatorThread, http: httpx.Client) -> None:
    send = sender(http, f"{simulator.url}/v1/responses", OPENAI_HEADERS)
    asked: JsonObject = {"model": "gpt-5.5", "instructions": "be nice", "input": [{"role": "user", "content": "hello"}]}
    summary = send(compact_request(asked))
    assert summary.status_code == 200, summary.text
    output = compact_response(summary.json(), asked, now=0)["output"]
    body = {**asked, "input": [*output, {"role": "user", "content": "go on"}]}
    opened_body = {**body, "input": open_own_compaction(body["input"])}
    assert send(opened_body).status_code == 200
    assert take_out(body, "openai-responses", lambda value, kind: False)[0] == opened_body
