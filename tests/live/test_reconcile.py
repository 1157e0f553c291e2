"""`mitmrouter reconcile` at a real router in front of the simulated usage endpoints."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from router_core.cli.main import main
from router_core.simulator import Account, Script, SimulatorThread, make_jwt
from router_core.simulator.script import Window
from tests.support.lab import Lab, running_lab

WORK, CHAT = "sk-ant-oat01-work-000001", make_jwt("acc-chat")


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    five_hours = Window(name="5h", length_s=18000, used=0.42, reset_in_s=3600)
    week = Window(name="7d", length_s=604800, used=0.8, reset_in_s=200_000)
    script = Script(
        accounts=[
            Account(token=WORK, kind="anthropic_oauth", plan="max", windows=[five_hours, week]),
            Account(token=CHAT, kind="codex", plan="plus", windows=[week]),
        ],
    )
    with (
        SimulatorThread(script) as simulator,
        running_lab(
            tmp_path_factory.mktemp("reconcile"), simulator=simulator,
            env={"MITMROUTER__PROVIDERS__OPENROUTER__USAGE_BASE_URL": f"{simulator.url}/v1"},
        ) as running,
    ):  # fmt: skip
        running.fresh()
        running.add("prepaid", "openrouter")
        running.add("work", "oauth", secret=WORK)
        running.add("chat", "codex", secret=CHAT)
        running.status()
        for _ in range(3):
            assert running.ask("oauth").status_code == 200
        assert running.ask("codex").status_code == 200
        for stream in (True, False):
            assert running.ask("openrouter", model="z-ai/glm-5.3", stream=stream).status_code == 200
        running.rows(6)
        yield running


def _run(lab: Lab, *arguments: str) -> str:
    done = CliRunner().invoke(main, ["--home", str(lab.router.home.path), "reconcile", *arguments])
    assert done.exit_code == 0, done.output
    assert not any(secret in done.output for secret in (WORK, CHAT))
    return done.output


def _windows(lab: Lab, *arguments: str) -> dict[tuple[str, str], dict[str, Any]]:
    told = json.loads(_run(lab, "--json", *arguments))
    return {(each["name"], window["name"]): window for each in told["tokens"] for window in each["windows"]}


def test_reports_and_our_own_counts_stand_side_by_side(accounts: Lab) -> None:
    windows = _windows(accounts)
    five_hours, chat = windows["work", "5h"]["compared"], windows["chat", "7d"]["compared"]
    assert five_hours["reported"] == pytest.approx(0.42, abs=0.01)
    assert (five_hours["requests"], chat["requests"]) == (3, 1)
    assert five_hours["weight"] > 0
    assert five_hours["until"] - five_hours["since"] == pytest.approx(4 * 3600, abs=60)
    assert five_hours["own"] is None  # three requests do not tell what a token is worth
    assert any("not known yet" in reason for reason in five_hours["reasons"])


def test_a_table_says_the_same_in_words(accounts: Lab) -> None:
    text = _run(accounts, "--token", "work")
    lines = [line.split() for line in text.splitlines()]
    assert lines[0] == ["work", "(claude)"]
    assert ["reported", "▰▰▰▰▰▱▱▱▱▱▱▱", "42.0%"] in lines
    assert any(line[:2] == ["ours", "?"] and line[2:4] == ["3", "requests,"] for line in lines)
    assert "chat" not in text


def test_prepaid_money_agrees_to_the_cent_and_what_others_used_is_told(accounts: Lab) -> None:
    (prepaid,) = json.loads(_run(accounts, "--json", "--token", "prepaid"))["tokens"]
    money = {each["name"]: each for each in prepaid["money"]}
    assert set(money) == {"key", "key_day", "key_week", "key_month", "credits"}
    for name in ("key", "key_day", "key_week", "key_month"):
        own = money[name]["own"]
        assert (own["requests"], money[name]["difference_nano_usd"]) == (2, pytest.approx(0, abs=20))
        assert own["cost_nano_usd"] > 0
        assert money[name]["reasons"] == ["the same, but for rounding"]
    assert money["credits"]["difference_nano_usd"] == pytest.approx(1.25e9, abs=20)
    assert "other programs or devices" in money["credits"]["reasons"][0]


def test_a_time_of_ones_own_and_a_token_that_is_none(accounts: Lab) -> None:
    compared = _windows(accounts, "--last", "10m", "--token", "work")["work", "5h"]["compared"]
    assert compared is None or compared["reported"] == pytest.approx(0, abs=0.01)
    for arguments in (("--token", "nobody"), ("--last", "x")):
        done = CliRunner().invoke(main, ["--home", str(accounts.router.home.path), "reconcile", *arguments])
        assert done.exit_code in (1, 2)
