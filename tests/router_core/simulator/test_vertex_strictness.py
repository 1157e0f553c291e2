"""The simulated Vertex AI refuses what Google's refuses."""

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from router_core.simulator import SimulatorThread
from router_core.simulator.script import Account, Script
from tests.router_core.simulator.asking import message_body
from tests.router_core.simulator.asking_gemini import HELLO

TOKEN = "ya29.vertex"
KEY = f"AIza{'express':-<35}"
PLACE = "/v1/projects/proj/locations/us-east5/publishers"
GEMINI = f"{PLACE}/google/models/gemini-3.5-flash"
CLAUDE = f"{PLACE}/anthropic/models/claude-sonnet-4-5@20250929"
COUNT = f"{PLACE}/anthropic/models/count-tokens:rawPredict"
BODY: dict[str, Any] = {"contents": [HELLO]}


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorThread]:
    account = Account(token=TOKEN, kind="vertex", project="proj")
    with SimulatorThread(Script(accounts=[account])) as running:
        yield running


def post(simulator: SimulatorThread, path: str, body: Any, **headers: str) -> httpx.Response:
    own = {"authorization": f"Bearer {TOKEN}"} if not headers else {k.replace("_", "-"): v for k, v in headers.items()}
    return httpx.post(f"{simulator.url}{path}", json=body, headers=own, trust_env=False)


def claude(**changes: Any) -> dict[str, Any]:
    body = {**message_body(), "anthropic_version": "vertex-2023-10-16", "model": None} | changes
    return {name: value for name, value in body.items() if value is not None}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{GEMINI}:generateContent", BODY, 200),
        (f"{GEMINI}:streamGenerateContent?alt=sse", BODY, 200),
        (f"{GEMINI}:countTokens", BODY, 200),
        (f"{GEMINI}:countTokens", {"generateContentRequest": BODY}, 400),
        (f"{GEMINI}:rawPredict", BODY, 404),
        (GEMINI.replace("proj/", "other/") + ":generateContent", BODY, 403),
        (GEMINI.replace("us-east5", "nowhere") + ":generateContent", BODY, 400),
        (GEMINI.replace("3.5", "1.0") + ":generateContent", BODY, 404),
        ("/v1/publishers/google/models/gemini-3.5-flash:generateContent", BODY, 404),
        (f"{CLAUDE}:rawPredict", claude(), 200),
        (f"{CLAUDE}:streamRawPredict", claude(stream=True), 200),
        (f"{CLAUDE}:rawPredict", claude(stream=True), 400),
        (f"{CLAUDE}:generateContent", claude(), 404),
        (f"{CLAUDE}:rawPredict", claude(model="claude-sonnet-4-5"), 400),
        (f"{CLAUDE}:rawPredict", claude(anthropic_version=None), 400),
        (f"{CLAUDE}:rawPredict", claude(anthropic_version="2023-06-01"), 400),
        (f"{CLAUDE}:rawPredict", claude(anthropic_beta=["context-1m-2025-08-07"]), 200),
        (f"{CLAUDE}:rawPredict", claude(anthropic_beta=["prompt-caching-scope-2026-01-05"]), 400),
        (f"{CLAUDE}:rawPredict", claude(anthropic_beta="context-1m-2025-08-07"), 400),
        (CLAUDE.replace("@", "-") + ":rawPredict", claude(), 404),
        (COUNT, {**claude(max_tokens=None), "model": "claude-sonnet-4-5@20250929"}, 200),
        (COUNT, claude(max_tokens=None), 404),
    ],
)
def test_what_is_served(simulator: SimulatorThread, path: str, body: dict[str, Any], status: int) -> None:
    answer = post(simulator, path, body)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/publishers/google/models/gemini-3.5-flash:generateContent", {"x_goog_api_key": KEY}, 200),
        (f"{GEMINI}:generateContent", {"x_goog_api_key": KEY}, 401),
        (f"{CLAUDE}:rawPredict", {"x_goog_api_key": KEY}, 401),
        (f"{GEMINI}:generateContent", {"x_api_key": TOKEN}, 403),
        (f"{GEMINI}:generateContent", {"authorization": "Bearer sk-ant-api03-x"}, 401),
        (f"{GEMINI}:generateContent", {"authorization": f"Bearer {KEY}"}, 401),
    ],
)
def test_who_is_let_in(simulator: SimulatorThread, path: str, headers: dict[str, str], status: int) -> None:
    assert post(simulator, path, BODY, **headers).status_code == status


def test_claude_answers_in_anthropics_format(simulator: SimulatorThread) -> None:
    answer = post(simulator, f"{CLAUDE}:rawPredict", claude())
    assert (answer.json()["type"], answer.json()["role"]) == ("message", "assistant")
    stream = post(simulator, f"{CLAUDE}:streamRawPredict", claude(stream=True)).text
    assert stream.startswith("event: message_start")
    assert stream.rstrip().endswith('{"type":"message_stop"}')
    counted = post(simulator, COUNT, {**claude(max_tokens=None), "model": "claude-sonnet-4-5@20250929"})
    assert orjson.loads(counted.content)["input_tokens"] > 0
