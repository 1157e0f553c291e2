"""The simulated Copilot refuses what Copilot refuses, bills by who speaks, and shows its limits where it shows them."""

from typing import Any

import httpx
import pytest

from router_core.providers.copilot import EDITOR_HEADERS
from router_core.simulator import Account, Person, Script, SimulatorThread
from router_core.simulator.script import Window
from tests.router_core.simulator.asking import chat_body, claude_code_body, message_body, responses_body
from tests.router_core.simulator.conftest import Start

TOKEN = "tid=test;exp=4000000000;sku=plus_monthly_subscriber"
HEADERS = {"authorization": f"Bearer {TOKEN}", **dict(EDITOR_HEADERS)}
PICTURE = [
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]}
]
MIDDLE = [{"role": "user", "content": "hi"}, {"role": "system", "content": "x"}, {"role": "user", "content": "go"}]
PARTS = [{"role": "system", "content": [{"type": "text", "text": "x"}]}, {"role": "user", "content": "go"}]


def post(
    http: httpx.Client, sim: SimulatorThread, path: str, body: dict[str, Any], **headers: str | None
) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name: value for name, value in {**{k.lower(): v for k, v in HEADERS.items()}, **given}.items() if value}
    return http.post(f"{sim.url}/copilot-api{path}", json=body, headers=sent)


CHAT, RESPONSES, MESSAGES = "/chat/completions", "/responses", "/v1/messages"
FREE, VERSION = "gpt-4.1", {"anthropic_version": "2023-06-01"}
LONG = [{"role": "user", "content": "x" * 520_000}]
CLAUDE, TERMS = "claude-sonnet-4.5", "claude-opus-4.8"
EDITOR = "missing Editor-Version header for IDE auth"
BETA = {**VERSION, "anthropic_beta": "oauth-2025-04-20"}
UNSUPPORTED = "unsupported_api_for_model"
STATE = responses_body(model="gpt-5.4", previous_response_id="resp_1")

REFUSED: dict[str, tuple[str, dict[str, Any], dict[str, Any], int, str]] = {
    "no editor": (CHAT, chat_body(model=FREE), {"editor_version": None}, 400, EDITOR),
    "unknown integration": (CHAT, chat_body(model=FREE), {"copilot_integration_id": "me"}, 400, "Integration-Id"),
    "expired": (CHAT, chat_body(model=FREE), {"authorization": "Bearer tid=a;exp=5"}, 401, "token expired"),
    "a GitHub token": (CHAT, chat_body(model=FREE), {"authorization": "Bearer ghu_1"}, 401, "unauthorized"),
    "responses only": (CHAT, chat_body(model="gpt-5.4"), {}, 400, UNSUPPORTED),
    "chat only": (RESPONSES, responses_body(model=FREE), {}, 400, UNSUPPORTED),
    "no messages": (MESSAGES, message_body(model=FREE), VERSION, 400, UNSUPPORTED),
    "terms": (CHAT, chat_body(model=TERMS), {}, 400, "model_not_supported"),
    "unknown model": (CHAT, chat_body(model="gpt-9"), {}, 400, "model_not_supported"),
    "image": (CHAT, chat_body(model=FREE, messages=PICTURE), {}, 400, "Copilot-Vision-Request"),
    "system in the middle": (CHAT, chat_body(model=FREE, messages=MIDDLE), {}, 400, "Bad Request"),
    "system as parts": (CHAT, chat_body(model=FREE, messages=PARTS), {}, 500, "Internal Server Error"),
    "billing line": (MESSAGES, claude_code_body(model=CLAUDE), VERSION, 400, "reserved keyword"),
    "system turn": (MESSAGES, message_body(model=CLAUDE, messages=MIDDLE), VERSION, 400, "top-level 'system'"),
    "login's beta": (MESSAGES, message_body(model=CLAUDE), BETA, 400, "unsupported beta"),
    "no version": (MESSAGES, message_body(model=CLAUDE), {}, 400, "anthropic-version"),
    "state": (RESPONSES, STATE, {}, 400, "previous_response_id"),
    "another path": ("/v1/chat/completions", chat_body(model=FREE), {}, 404, "not found"),
    "too long": (CHAT, chat_body(model=FREE, messages=LONG), {}, 400, "exceeds the limit"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses_what_copilot_refuses(http: httpx.Client, simulator: SimulatorThread, name: str) -> None:
    path, body, headers, status, says = REFUSED[name]
    answer = post(http, simulator, path, body, **headers)
    assert answer.status_code == status, answer.text
    assert says in answer.text


@pytest.mark.parametrize(
    ("path", "body", "more"),
    [
        (CHAT, chat_body(model="gpt-4.1", messages=PICTURE), {"copilot_vision_request": "true"}),
        ("/responses", responses_body(model="gpt-5.4"), {}),
        ("/v1/messages", message_body(model="claude-sonnet-4.5"), {"anthropic_version": "2023-06-01"}),
    ],
)
def test_it_takes_what_an_editor_sends(
    http: httpx.Client, simulator: SimulatorThread, path: str, body: dict[str, Any], more: dict[str, str]
) -> None:
    for stream in (False, True):
        answer = post(http, simulator, path, {**body, "stream": stream}, **more)
        assert answer.status_code == 200, answer.text


def test_its_chunks_are_not_quite_chat_s(http: httpx.Client, simulator: SimulatorThread) -> None:
    text = post(http, simulator, CHAT, chat_body(model="gpt-4.1", stream=True)).text
    first = text.partition("\n")[0]
    assert '"choices":[],"prompt_filter_results":[]' in first
    assert '"object"' not in text


def left(answer: httpx.Response, header: str) -> float:
    fields = dict(part.split("=", 1) for part in answer.headers[header].split("&"))
    return float(fields["rem"])


def test_a_person_s_call_costs_and_an_agent_s_does_not(http: httpx.Client, start: Start) -> None:
    sim = start(
        Script(
            accounts=[
                Account(token=TOKEN, kind="copilot", windows=[Window(name="premium", length_s=2e6, capacity_tokens=10)])
            ]
        )
    )
    header = "x-quota-snapshot-premium_interactions"
    body = responses_body(model="gpt-5.4")
    assert left(post(http, sim, "/responses", body, x_initiator="agent"), header) == 100
    assert left(post(http, sim, RESPONSES, body, x_initiator="user"), header) == 90
    assert left(post(http, sim, RESPONSES, body), header) == 80
    assert left(post(http, sim, CHAT, chat_body(model=FREE)), header) == 80


def test_a_month_without_premium_requests_still_has_the_included_models(http: httpx.Client, start: Start) -> None:
    full = Window(name="premium", length_s=2e6, capacity_tokens=10, used=1)
    sim = start(Script(accounts=[Account(token=TOKEN, kind="copilot", windows=[full])]))
    refused = post(http, sim, "/responses", responses_body(model="gpt-5.4"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "quota_exceeded")
    assert post(http, sim, CHAT, chat_body(model="gpt-4.1")).status_code == 200


@pytest.mark.parametrize(
    ("name", "length_s", "says"), [("5h", 18_000, "5 hour session limits"), ("7d", 604_800, "weekly limits")]
)
def test_session_and_week_are_in_the_headers_alone(
    http: httpx.Client, start: Start, name: str, length_s: float, says: str
) -> None:
    window = Window(name=name, length_s=length_s, used=1, reset_in_s=2733)
    sim = start(Script(accounts=[Account(token=TOKEN, kind="copilot", windows=[window])]))
    answer = post(http, sim, CHAT, chat_body(model="gpt-4.1"))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2733")
    assert says in answer.json()["error"]["message"]
    assert left(answer, f"x-usage-ratelimit-{'session' if name == '5h' else 'weekly'}") == 0


def test_the_month_is_asked_of_github_with_the_login_s_own_token(http: httpx.Client, start: Start) -> None:
    sim = start(Script())
    chain = sim.log_in("github", Person(email="octo@example.com", plan="individual"))
    github = {"authorization": f"token {chain.refresh_token}", "user-agent": "x", "editor-version": "vscode/1"}
    secret = http.get(f"{sim.url}/copilot_internal/v2/token", headers=github).json()["token"]
    for _ in range(3):
        assert (
            post(http, sim, "/responses", responses_body(model="gpt-5.4"), authorization=f"Bearer {secret}").status_code
            == 200
        )
    told = http.get(f"{sim.url}/copilot_internal/user", headers=github).json()
    assert (told["login"], told["copilot_plan"]) == ("octo", "individual")
    premium = told["quota_snapshots"]["premium_interactions"]
    assert (premium["entitlement"], premium["remaining"], premium["percent_remaining"]) == (300, 282, 94.0)
    assert told["quota_snapshots"]["chat"]["unlimited"] is True
    for headers, status in (({"authorization": "token ghu_other"}, 401), ({"authorization": f"token {secret}"}, 401)):
        assert (
            http.get(f"{sim.url}/copilot_internal/user", headers={"user-agent": "x", **headers}).status_code == status
        )


def test_models_say_where_they_answer_what_they_cost_and_whether_their_terms_were_accepted(
    http: httpx.Client, simulator: SimulatorThread
) -> None:
    answer = http.get(f"{simulator.url}/copilot-api/models", headers=HEADERS)
    models = {model["id"]: model for model in answer.json()["data"]}
    assert models["gpt-5.4"]["supported_endpoints"] == ["/responses"]
    assert "supported_endpoints" not in models["gpt-5.5"]
    assert models["claude-opus-4.8"]["policy"]["state"] == "unconfigured"
    assert models["gpt-4.1"]["billing"] == {"is_premium": False, "multiplier": 0}
    assert http.get(f"{simulator.url}/copilot-api/models").status_code == 401
