"""The simulated Code Assist service refuses what Google's refuses."""

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from router_core.simulator import SimulatorThread
from router_core.simulator.script import Account, Script, Window
from tests.router_core.simulator.asking_gemini import HELLO, TOOLS, called

CLI, AGY = "ya29.the-cli", "ya29.antigravity"
ACCOUNTS = [
    Account(token=CLI, kind="code-assist", project="proj"),
    Account(token=AGY, kind="antigravity", project="proj"),
    Account(
        token="ya29.full",
        kind="code-assist",
        project="proj",
        windows=[Window(name="requests-per-day", length_s=86_400, used=1.0, reset_in_s=7200)],
    ),
    Account(
        token="ya29.agy-full",
        kind="antigravity",
        project="proj",
        windows=[
            Window(name="gemini-5h", length_s=18_000, used=0.25, reset_in_s=60),
            Window(name="claude-5h", length_s=18_000, used=1.0, reset_in_s=3600),
        ],
    ),
]
MODEL, CLAUDE = "gemini-3.5-flash", "claude-sonnet-4-6"
IDE = {"ideType": "ANTIGRAVITY"}
DUMMY = "skip_thought_signature_validator"


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread(Script(accounts=ACCOUNTS)) as running:
        yield running


def call(
    simulator: SimulatorThread, method: str, body: Any, token: str = CLI, headers: dict[str, str] | None = None
) -> httpx.Response:
    own = {"authorization": f"Bearer {token}"} if headers is None else headers
    return httpx.post(f"{simulator.url}/v1internal:{method}", json=body, headers=own, trust_env=False)


def cli(**changes: Any) -> dict[str, Any]:
    body = {"model": MODEL, "project": "proj", "user_prompt_id": "x", "request": {"contents": [HELLO]}} | changes
    return {name: value for name, value in body.items() if value is not None}


def agy(model: str = MODEL, request: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    inner = {"contents": [HELLO], "sessionId": "-123", **(request or {})}
    body = {
        "model": model,
        "project": "proj",
        "userAgent": "antigravity",
        "requestType": "agent",
        "requestId": "agent-1",
    }
    return {name: value for name, value in (body | {"request": inner} | changes).items() if value is not None}


def test_answers_and_frames_come_in_an_envelope(simulator: SimulatorThread) -> None:
    answer = call(simulator, "generateContent", cli())
    assert answer.json()["response"]["candidates"]
    stream = call(simulator, "streamGenerateContent?alt=sse", cli())
    frames = [orjson.loads(line[6:]) for line in stream.text.splitlines() if line]
    assert all(set(frame) == {"response", "traceId"} for frame in frames)
    assert frames[-1]["response"]["candidates"][0]["finishReason"] == "STOP"


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("generateContent", cli(project=None), 400),
        ("generateContent", cli(project="somebody-elses"), 403),
        ("generateContent", cli(request=None), 400),
        ("generateContent", {"contents": [HELLO]}, 400),
        ("generateContent", cli(contents=[HELLO]), 400),
        ("generateContent", cli(model="gemini-1.0-pro"), 404),
        ("generateContent", cli(model=CLAUDE), 404),
        ("generateContent", cli(request={"contents": []}), 400),
        ("generateContent", cli(request={"contents": [HELLO], "sessionId": "x"}), 400),
        ("streamGenerateContent", cli(), 400),
        ("streamGenerateContent?alt=json", cli(), 400),
        ("embedContent", cli(), 404),
        ("countTokens", {"contents": [HELLO]}, 400),
        ("countTokens", {"request": {"model": MODEL, "contents": [HELLO]}}, 404),
        ("countTokens", {"request": {"model": f"models/{MODEL}", "contents": [HELLO], "tools": []}}, 400),
        ("countTokens", {"request": {"model": f"models/{MODEL}", "contents": [HELLO]}}, 200),
        ("loadCodeAssist", {}, 400),
        ("loadCodeAssist", {"metadata": {"ideType": "IDE_UNSPECIFIED"}, "cloudaicompanionProject": "other"}, 403),
        ("onboardUser", {"tierId": "free-tier", "metadata": IDE, "cloudaicompanionProject": "p"}, 400),
        ("onboardUser", {"tierId": "standard-tier", "metadata": IDE}, 400),
        ("retrieveUserQuota", {}, 403),
    ],
)  # fmt: skip
def test_a_request_that_is_not_right_is_refused(
    simulator: SimulatorThread, method: str, body: dict[str, Any], status: int
) -> None:
    assert call(simulator, method, body).status_code == status


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-goog-api-key": f"AIza{'x':-<35}"}, {"authorization": "Bearer AIzaKey"}, {"authorization": f"Basic {CLI}"}],
)
def test_only_a_login_is_let_in(simulator: SimulatorThread, headers: dict[str, str]) -> None:
    assert call(simulator, "generateContent", cli(), headers=headers).status_code == 401


def test_other_paths_and_methods_are_not_there(simulator: SimulatorThread) -> None:
    own = {"authorization": f"Bearer {CLI}"}
    assert httpx.get(f"{simulator.url}/v1internal:loadCodeAssist", headers=own, trust_env=False).status_code == 404
    assert httpx.get(f"{simulator.url}/v1internal/operations/x", headers=own, trust_env=False).status_code == 404


VALIDATED = {"functionCallingConfig": {"mode": "VALIDATED"}}


def classic(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"functionDeclarations": [{"name": "Bash", "parameters": parameters}]}]


def schema(**more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"command": {"type": "string", **more}}}


CLASSIC = classic(schema())
THINKING = {"thinkingConfig": {"thinkingBudget": 2048, "includeThoughts": True}, "maxOutputTokens": 4096}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (agy(), 200),
        (agy(userAgent=None), 400),
        (agy(requestType="chat"), 400),
        (agy(request={"sessionId": "abc"}), 400),
        (agy(request={"safetySettings": []}), 400),
        (agy(request={"systemInstruction": "be kind"}), 400),
        (agy(request={"generationConfig": {"maxOutputTokens": 9}}), 400),
        (agy(CLAUDE, {"generationConfig": {"maxOutputTokens": 9}}), 200),
        (agy(CLAUDE, {"generationConfig": THINKING}), 200),
        (agy(CLAUDE, {"generationConfig": {"thinkingConfig": {"thinkingLevel": "HIGH"}}}), 400),
        (agy(CLAUDE, {"tools": CLASSIC}), 400),
        (agy(CLAUDE, {"tools": CLASSIC, "toolConfig": VALIDATED}), 200),
        (agy(CLAUDE, {"tools": TOOLS, "toolConfig": VALIDATED}), 400),
        (agy(CLAUDE, {"tools": classic({"type": "object"}), "toolConfig": VALIDATED}), 400),
        (agy(CLAUDE, {"tools": classic(schema(minLength=1)), "toolConfig": VALIDATED}), 400),
        (agy("claude-unheard-of"), 404),
        (agy("gpt-oss-120b-medium"), 200),
    ],
)
def test_antigravitys_own_rules(simulator: SimulatorThread, body: dict[str, Any], status: int) -> None:
    answer = call(simulator, "generateContent", body, AGY)
    assert answer.status_code == status, answer.text


def test_a_dummy_is_no_signature_for_claude_and_it_says_so_in_anthropics_words(simulator: SimulatorThread) -> None:
    thought = {"role": "model", "parts": [{"text": "hm", "thought": True, "thoughtSignature": DUMMY}]}
    answer = call(simulator, "generateContent", agy(CLAUDE, {"contents": [HELLO, thought, HELLO]}), AGY)
    assert answer.status_code == 400
    inner = orjson.loads(answer.json()["error"]["message"])
    assert inner["error"]["type"] == "invalid_request_error"
    assert "signature" in inner["error"]["message"]


def test_claude_signs_its_thinking_and_nothing_else(simulator: SimulatorThread) -> None:
    settings = {"functionCallingConfig": {"mode": "ANY"}}
    body = agy(CLAUDE, {"tools": CLASSIC, "toolConfig": settings, "generationConfig": THINKING})
    parts = call(simulator, "generateContent", body, AGY).json()["response"]["candidates"][0]["content"]["parts"]
    signed = [part for part in parts if "thoughtSignature" in part]
    assert signed == [part for part in parts if part.get("thought")]
    assert any("functionCall" in part for part in parts)
    unsigned = [HELLO, called(), {"role": "user", "parts": [{"functionResponse": {"name": "Bash", "response": {}}}]}]
    body["request"]["contents"] = unsigned
    assert call(simulator, "generateContent", body, AGY).is_success


def test_a_used_up_day_names_its_reset(simulator: SimulatorThread) -> None:
    answer = call(simulator, "generateContent", cli(), "ya29.full")
    assert answer.status_code == 429
    info, retry = answer.json()["error"]["details"]
    assert (info["reason"], info["domain"]) == ("QUOTA_EXHAUSTED", "cloudcode-pa.googleapis.com")
    assert info["metadata"]["quotaResetDelay"].startswith("7")
    assert retry["retryDelay"].endswith("s")


def test_quotas_show_the_windows_of_the_account(simulator: SimulatorThread) -> None:
    buckets = call(simulator, "retrieveUserQuota", {"project": "proj"}, "ya29.full").json()["buckets"]
    assert {bucket["remainingFraction"] for bucket in buckets} == {0.0}
    models = call(simulator, "fetchAvailableModels", {}, "ya29.agy-full").json()["models"]
    assert models["gemini-3.5-flash"]["quotaInfo"]["remainingFraction"] == 0.75
    assert models[CLAUDE]["quotaInfo"]["remainingFraction"] == 0.0
    groups = call(simulator, "retrieveUserQuotaSummary", {}, "ya29.agy-full").json()["groups"]
    assert [[bucket["window"] for bucket in group["buckets"]] for group in groups] == [["5h"], ["5h"]]
    assert call(simulator, "generateContent", agy(CLAUDE), "ya29.agy-full").status_code == 429
    assert call(simulator, "generateContent", agy(), "ya29.agy-full").status_code == 200


def test_use_fills_the_windows() -> None:
    window = Window(name="gemini-5h", length_s=18_000, capacity_tokens=1000)
    account = Account(token=AGY, kind="antigravity", project="proj", windows=[window])
    with SimulatorThread(Script(accounts=[account])) as simulator:
        assert call(simulator, "generateContent", agy(), AGY).is_success
        models = call(simulator, "fetchAvailableModels", {}, AGY).json()["models"]
        assert models[MODEL]["quotaInfo"]["remainingFraction"] < 1
