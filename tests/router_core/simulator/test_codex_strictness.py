"""The simulated Codex backend refuses what the backend refuses, in its `{"detail": …}` form."""

from typing import Any

import httpx
import pytest

from router_core.clock import FixedClock
from router_core.simulator import Account, Script, SimulatorThread, make_jwt
from tests.router_core.simulator.asking import CODEX_HEADERS, LOGIN, PLATFORM_KEY, ask, codex_body

SYSTEM = {"type": "message", "role": "system", "content": "x"}

BAD_BODIES: dict[str, tuple[dict[str, Any], str]] = {
    "input as a string": ({"input": "hello"}, "Input must be a list"),
    "no instructions": ({"instructions": None}, "Instructions are required"),
    "store left out": ({"store": None}, "Store must be set to false"),
    "store on": ({"store": True}, "Store must be set to false"),
    "no stream": ({"stream": False}, "Stream must be set to true"),
    "a system message": ({"input": [SYSTEM]}, "System messages are not allowed"),
    "a hosted tool": ({"tools": [{"type": "file_search"}]}, "Unsupported tool type: file_search"),
    "a foreign model": (
        {"model": "claude-5"},
        "The 'claude-5' model is not supported when using Codex with a ChatGPT account.",
    ),
    **{
        name: ({name: 1}, f"Unsupported parameter: {name}")
        for name in (
            "max_output_tokens",
            "temperature",
            "top_p",
            "metadata",
            "user",
            "truncation",
            "previous_response_id",
            "background",
            "safety_identifier",
            "prompt_cache_retention",
        )
    },
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_body_is_refused(name: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    changes, detail = BAD_BODIES[name]
    answer = ask(http, simulator, "codex", **changes)
    assert answer.status_code == 400
    assert answer.json() == {"detail": detail}


def test_developer_messages_stand_in_for_instructions(simulator: SimulatorThread, http: httpx.Client) -> None:
    developer = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "be brief"}]}
    items = [developer, *codex_body()["input"]]
    assert ask(http, simulator, "codex", instructions=None, input=items).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({}, 401, "Unauthorized"),
        ({"authorization": f"Bearer {PLATFORM_KEY}"}, 401, "Could not parse your authentication token"),
        ({"authorization": f"Bearer {LOGIN}"}, 401, "Missing ChatGPT-Account-Id"),
        ({"authorization": f"Bearer {LOGIN}", "chatgpt-account-id": "other"}, 403, "does not belong"),
    ],
)
def test_credential_is_refused(
    headers: dict[str, str], status: int, words: str, simulator: SimulatorThread, http: httpx.Client
) -> None:
    answer = http.post(f"{simulator.base_urls['codex']}/responses", json=codex_body(), headers=headers)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_login_expires_by_the_clock(start: Any, http: httpx.Client) -> None:
    clock = FixedClock(1000.0)
    sim = start(clock=clock)
    headers = {"authorization": f"Bearer {make_jwt('a', exp=2000)}", "chatgpt-account-id": "a"}
    url = f"{sim.base_urls['codex']}/responses"
    assert http.post(url, json=codex_body(), headers=headers).status_code == 200
    clock.advance(1000)
    late = http.post(url, json=codex_body(), headers=headers)
    assert late.status_code == 401
    assert late.json()["error"]["code"] == "token_expired"


def test_websocket_upgrade_is_answered_with_426(simulator: SimulatorThread, http: httpx.Client) -> None:
    headers = CODEX_HEADERS | {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13"}
    for base in ("codex", "openai"):
        assert http.get(f"{simulator.base_urls[base]}/responses", headers=headers).status_code == 426


def test_model_list_depends_on_the_client_version(simulator: SimulatorThread, http: httpx.Client) -> None:
    url = f"{simulator.base_urls['codex']}/models"
    new = http.get(f"{url}?client_version=0.169.0", headers=CODEX_HEADERS)
    assert new.headers["etag"]
    slugs = [entry["slug"] for entry in new.json()["models"]]
    assert "gpt-6.1-sol" in slugs
    old = http.get(f"{url}?client_version=0.120.0", headers=CODEX_HEADERS).json()["models"]
    assert "gpt-6.1-sol" not in [entry["slug"] for entry in old]
    needed = (
        "slug display_name supported_reasoning_levels shell_type visibility supported_in_api priority "
        "support_verbosity truncation_policy experimental_supported_tools base_instructions"
    )
    assert all(entry[field] is not None for entry in old for field in needed.split())


def test_usage_shows_the_windows(simulator: SimulatorThread, http: httpx.Client) -> None:
    usage = http.get(f"{simulator.url}/backend-api/wham/usage", headers=CODEX_HEADERS).json()
    assert usage["plan_type"] == "plus"
    assert usage["rate_limit"]["primary_window"]["used_percent"] == 22.0
    assert usage["rate_limit"]["secondary_window"]["limit_window_seconds"] == 604_800


def test_revoked_login_is_invalidated(start: Any, http: httpx.Client) -> None:
    sim = start(Script(accounts=[Account(token=LOGIN, kind="codex", revoked=True)]))
    answer = ask(http, sim, "codex")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "token_invalidated"
