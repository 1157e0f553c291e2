"""Windows fill with what was used and reset by the clock."""

from typing import Any

import httpx
import pytest

from router_core.clock import FixedClock
from router_core.simulator import Account, Script, Window
from router_core.simulator.quota_headers import go_duration
from tests.router_core.simulator.asking import API_KEY, LOGIN, OAUTH, PLATFORM_KEY, ask

UNIFIED = "anthropic-ratelimit-unified"


def small(name: str, length_s: float = 18_000, capacity: int = 50, **fields: Any) -> Window:
    return Window(name=name, length_s=length_s, capacity_tokens=capacity, **fields)


def test_subscription_window_fills_and_resets(start: Any, http: httpx.Client) -> None:
    clock = FixedClock(1_800_000_000)
    windows = [small("5h", reset_in_s=600), small("7d", 604_800, 1_000_000)]
    sim = start(Script(accounts=[Account(token=OAUTH, kind="anthropic_oauth", windows=windows)]), clock=clock)
    first = ask(http, sim, "oauth")
    assert first.status_code == 200
    assert first.headers[f"{UNIFIED}-5h-reset"] == "1800000600"
    assert float(first.headers[f"{UNIFIED}-5h-utilization"]) > 1
    refused = ask(http, sim, "oauth")
    assert refused.status_code == 429
    assert refused.headers[f"{UNIFIED}-status"] == "rejected"
    assert refused.headers["retry-after"] == "600"
    clock.advance(599)
    assert ask(http, sim, "oauth").headers["retry-after"] == "1"
    clock.advance(1)
    again = ask(http, sim, "oauth")
    assert again.status_code == 200
    assert again.headers[f"{UNIFIED}-5h-reset"] == "1800018600"


def test_model_window_stops_one_family_only(start: Any, http: httpx.Client) -> None:
    windows = [small("5h", capacity=1_000_000), small("7d_opus", 604_800, used=1.0)]
    sim = start(Script(accounts=[Account(token=OAUTH, kind="anthropic_oauth", windows=windows)]))
    refused = ask(http, sim, "oauth", model="claude-opus-5-5")
    assert refused.status_code == 429
    assert refused.headers[f"{UNIFIED}-representative-claim"] == "seven_day_opus"
    assert refused.headers[f"{UNIFIED}-5h-status"] == "allowed"
    assert ask(http, sim, "oauth", model="claude-sonnet-5").status_code == 200


def test_codex_window_fills(start: Any, http: httpx.Client) -> None:
    clock = FixedClock(1_800_000_000)
    windows = [small("5h", reset_in_s=60), small("7d", 604_800, 1_000_000)]
    sim = start(Script(accounts=[Account(token=LOGIN, kind="codex", plan="pro", windows=windows)]), clock=clock)
    ask(http, sim, "codex")
    refused = ask(http, sim, "codex")
    assert refused.status_code == 429
    assert refused.json()["error"] == {
        "type": "usage_limit_reached",
        "message": "The usage limit has been reached",
        "plan_type": "pro",
        "resets_at": 1_800_000_060,
        "resets_in_seconds": 60,
    }
    assert refused.headers["x-codex-primary-used-percent"] == "100"
    assert refused.headers["x-codex-secondary-window-minutes"] == "10080"
    clock.advance(60)
    assert ask(http, sim, "codex").status_code == 200


def test_api_key_buckets(start: Any, http: httpx.Client) -> None:
    clock = FixedClock(1_800_000_000)
    windows = [Window(name="requests", length_s=60, capacity_tokens=1)]
    accounts = [
        Account(token=API_KEY, kind="anthropic_api", windows=windows),
        Account(token=PLATFORM_KEY, kind="openai", windows=windows),
    ]
    sim = start(Script(accounts=accounts), clock=clock)
    first = ask(http, sim, "anthropic")
    assert first.headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert first.headers["anthropic-ratelimit-requests-reset"] == "2027-01-15T08:01:00Z"
    assert ask(http, sim, "anthropic").headers["retry-after"] == "60"
    assert ask(http, sim, "chat").headers["x-ratelimit-reset-requests"] == "1m0s"
    refused = ask(http, sim, "chat")
    assert refused.status_code == 429
    assert refused.headers["retry-after-ms"] == "60000"
    clock.advance(60)
    assert ask(http, sim, "chat").status_code == 200


def test_accounts_that_nobody_listed_never_run_dry(simulator: Any, http: httpx.Client) -> None:
    answers = [ask(http, simulator, "oauth", messages=[{"role": "user", "content": "x" * 100_000}]) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers[f"{UNIFIED}-5h-utilization"] for answer in answers} == {"0.12"}


def test_nobody_unlisted_is_let_in_when_told_so(start: Any, http: httpx.Client) -> None:
    sim = start(Script(accept_unknown=False))
    assert [ask(http, sim, kind).status_code for kind in ("anthropic", "oauth", "chat", "codex")] == [401] * 4


@pytest.mark.parametrize(("seconds", "text"), [(0.12, "120ms"), (1.5, "1.5s"), (360, "6m0s"), (3725, "1h2m5s")])
def test_go_duration(seconds: float, text: str) -> None:
    assert go_duration(seconds) == text


def test_prompt_cache_belongs_to_the_account(start: Any, http: httpx.Client) -> None:
    sim = start()
    system = [{"type": "text", "text": "long " * 2000, "cache_control": {"type": "ephemeral"}}]
    usages = [ask(http, sim, "anthropic", system=system).json()["usage"] for _ in range(2)]
    assert usages[0]["cache_creation_input_tokens"] == usages[1]["cache_read_input_tokens"] > 2000
    assert usages[0]["cache_read_input_tokens"] == 0
