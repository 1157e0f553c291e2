"""Usage endpoints as the simulator has them: asked as the router asks, over a socket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from router_core.clock import SystemClock
from router_core.config.schema import Config
from router_core.home import Home
from router_core.quota.poll import Polled, poll_usage
from router_core.simulator import Account, Script, SimulatorThread, make_jwt
from router_core.simulator.script import Window
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token

FIVE_HOURS, WEEK = Window(name="5h", length_s=18000, used=0.25), Window(name="7d", length_s=604800, used=0.5)
CHAT = make_jwt("acc-usage")
ACCOUNTS = [
    Account(token="sk-ant-oat01-usage-0001", kind="anthropic_oauth", windows=[FIVE_HOURS, WEEK]),
    Account(token="sk-ant-oat01-setup-0001", kind="anthropic_oauth", inference_only=True),
    Account(token=CHAT, kind="codex", plan="plus", windows=[FIVE_HOURS, WEEK]),
    Account(
        token="tid=usage;exp=2000000000",
        kind="copilot",
        refresh_token="gho_usage",
        windows=[Window(name="premium", length_s=30 * 86400, capacity_tokens=300, used=0.75)],
    ),
    Account(
        token="ya29.usage-gemini",
        kind="code-assist",
        project="my-project",
        windows=[Window(name="day", length_s=86400, used=0.4)],
    ),
    Account(
        token="ya29.usage-antigravity",
        kind="antigravity",
        windows=[Window(name="gemini-5h", length_s=18000, used=0.4), Window(name="claude-7d", length_s=604800, used=1)],
    ),
]


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread(Script(accounts=ACCOUNTS)) as running:
        yield running


def poll(simulator: SimulatorThread, home: Path, provider: str, secret: str, **fields: Any) -> Polled:
    settings = {"kind": Config().providers[provider].kind, "base_url": simulator.base_urls[provider]}
    if provider == "copilot":  # its quota is told by GitHub, elsewhere than its API
        settings["usage_base_url"] = simulator.url
    config = Config.model_validate({"providers": {provider: settings}})
    clock = SystemClock()
    store = open_tokens(Home(home).ensure(), clock)
    token = store.add(Token("", provider, provider, secret, **fields))
    try:
        return poll_usage(token, config, store.database, clock, told_at=0.0, forced=True)
    finally:
        store.database.close()


def used(polled: Polled) -> dict[str, float]:
    assert polled.report is not None, polled.because
    return {window.name: round(window.used or 0.0, 3) for window in polled.report.windows}


def test_a_claude_subscription(simulator: SimulatorThread, tmp_path: Path) -> None:
    assert used(poll(simulator, tmp_path, "claude", "sk-ant-oat01-usage-0001")) == {"5h": 0.25, "7d": 0.5}


def test_a_setup_token_may_not_ask(simulator: SimulatorThread, tmp_path: Path) -> None:
    assert "user:profile" in poll(simulator, tmp_path, "claude", "sk-ant-oat01-setup-0001").because


def test_a_chatgpt_plan(simulator: SimulatorThread, tmp_path: Path) -> None:
    polled = poll(simulator, tmp_path, "codex", CHAT)
    assert used(polled) == {"5h": 0.25, "7d": 0.5}
    assert polled.report is not None
    assert polled.report.facts == {"plan": "plus"}


def test_copilot(simulator: SimulatorThread, tmp_path: Path) -> None:
    polled = poll(simulator, tmp_path, "copilot", "tid=usage;exp=2000000000", refresh_token="gho_usage")
    assert used(polled) == {"month_premium": 0.75}


def test_code_assist(simulator: SimulatorThread, tmp_path: Path) -> None:
    polled = poll(simulator, tmp_path, "gemini-cli", "ya29.usage-gemini", facts={"project": "my-project"})
    windows = used(polled)
    assert windows["1d_gemini-2.5-pro"] == windows["1d_gemini-3-flash-preview"] == 0.4
    refused = poll(simulator, tmp_path / "other", "gemini-cli", "ya29.usage-gemini", facts={"project": "not-mine"})
    assert "403" in refused.because


def test_antigravity(simulator: SimulatorThread, tmp_path: Path) -> None:
    windows = used(poll(simulator, tmp_path, "antigravity", "ya29.usage-antigravity"))
    assert windows["1d_gemini-3-flash"] == 0.4
    assert windows["1d_claude-sonnet-4-6"] == 1.0
