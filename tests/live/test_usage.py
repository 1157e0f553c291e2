"""`/api/usage` and `mitmrouter usage` at a real router in front of the simulated usage endpoints."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from router_core.cli.main import main
from router_core.home import Home
from router_core.simulator import Account, Script, make_jwt
from router_core.simulator.script import Window
from tests.support.lab import Lab, running_lab
from tests.support.router import add_token
from tests.support.websocket import opened, say, turn

FIVE_HOURS = Window(name="5h", length_s=18000, used=0.42, reset_in_s=3600)
WEEK = Window(name="7d", length_s=604800, used=0.8)
FABLE = Window(name="7d_oi", length_s=604800, used=0.1)
WORK, SETUP, CHAT = "sk-ant-oat01-work-000001", "sk-ant-oat01-setup-000001", make_jwt("acc-chat")


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    script = Script(
        websocket=True,
        accounts=[
            Account(token=WORK, kind="anthropic_oauth", plan="max", windows=[FIVE_HOURS, WEEK, FABLE]),
            Account(token=SETUP, kind="anthropic_oauth", inference_only=True, windows=[FIVE_HOURS]),
            Account(token=CHAT, kind="codex", plan="prolite", windows=[WEEK]),
        ],
    )
    with running_lab(tmp_path_factory.mktemp("usage"), script) as running:
        yield running


@pytest.fixture
def lab(accounts: Lab) -> Lab:
    accounts.fresh()
    accounts.add("work", "oauth", secret=WORK)
    accounts.add("setup", "oauth", secret=SETUP, priority=200)
    accounts.add("chat", "codex", secret=CHAT)
    accounts.status()
    return accounts


def usage(lab: Lab, query: str = "") -> dict[str, dict[str, Any]]:
    answer = lab.http.get(f"/api/usage{query}", headers=lab.router.admin_headers)
    assert answer.status_code == 200, answer.text
    assert not any(secret in answer.text for secret in (WORK, SETUP, CHAT))
    return {view["name"]: view for view in answer.json()["tokens"]}


def polls(lab: Lab) -> list[str]:
    return [seen.path for seen in lab.simulator.requests if "usage" in seen.path]


def used(view: dict[str, Any]) -> dict[str, float]:
    return {window["name"]: round(window["used"], 2) for window in view["windows"]}


def test_nothing_is_polled_unless_asked_for(lab: Lab) -> None:
    lab.ask("oauth")
    usage(lab)
    lab.status()
    assert polls(lab) == []


def test_windows_of_all_lengths_and_families_come_from_the_usage_endpoints(lab: Lab) -> None:
    views = usage(lab, "?refresh=1")
    assert used(views["work"]) == {"5h": 0.42, "7d": 0.8, "7d_oi": 0.1}
    assert used(views["chat"]) == {"7d": 0.8}  # this plan has its weekly window in the first place
    assert views["chat"]["plan"] == "prolite"
    assert [balance["name"] for balance in views["work"]["balances"]] == ["extra_usage"]
    assert sorted(polls(lab)) == ["/api/oauth/usage", "/api/oauth/usage", "/backend-api/wham/usage"]


def test_it_is_not_asked_again_within_the_endpoints_own_limit(lab: Lab) -> None:  # 6
    usage(lab, "?refresh=1")
    views = usage(lab, "?refresh=always")
    assert "again in" in views["work"]["not_polled"]
    assert polls(lab).count("/api/oauth/usage") == 2  # one for each token


def test_what_answers_have_just_told_is_not_asked_for(lab: Lab) -> None:
    lab.ask("oauth")
    views = usage(lab, "?refresh=1")
    assert "told" in views["work"]["not_polled"]
    assert usage(lab, "?refresh=always")["work"]["not_polled"] == ""


def test_a_setup_token_is_read_from_headers_once_it_was_refused(lab: Lab) -> None:
    lab.http.patch("/api/tokens/work", json={"enabled": False}, headers=lab.router.admin_headers)
    views = usage(lab, "?refresh=1")
    assert "403" in views["setup"]["not_polled"]
    lab.ask("oauth")
    views = usage(lab, "?refresh=always")
    assert used(views["setup"]) == {"5h": 0.42}
    assert "headers" in views["setup"]["not_polled"]
    assert views["setup"]["status"] == "healthy"


def test_a_poll_that_shows_room_ends_a_rest_that_the_provider_ended_early(lab: Lab) -> None:  # 11
    lab.faults(lab.fault("window_exhausted", "work", retry_after_s=400_000))
    lab.ask("oauth")
    lab.faults()
    assert {view["name"]: view["status"] for view in lab.status()}["work"] == "resting"
    assert usage(lab, "?refresh=always")["work"]["status"] == "healthy"
    lab.simulator.reset()
    lab.ask("oauth", headers={"x-claude-code-session-id": "another"})  # the other session stays where it went
    assert lab.paid() == ["work"]


def test_rate_limit_events_on_a_websocket_are_read_like_headers(lab: Lab) -> None:
    with opened(lab) as connection:
        turn(connection, input=say("hello"))
    (token,) = [view for view in usage(lab).values() if view["name"] == "chat"]
    assert used(token) == {"7d": 0.8}
    assert [balance["status"] for balance in token["balances"]] == ["none"]
    assert polls(lab) == []


def cli(lab: Lab, *arguments: str) -> str:
    result = CliRunner().invoke(main, ["--home", str(lab.router.home.path), *arguments])
    assert result.exit_code == 0, result.output
    assert not any(secret in result.output for secret in (WORK, SETUP, CHAT))
    return result.output


def test_the_command_asks_the_router(lab: Lab) -> None:
    shown = cli(lab, "usage")
    assert "work (claude)" in shown
    assert "42%" in shown
    assert "not asked now: this token may not ask" in shown
    (one,) = json.loads(cli(lab, "usage", "chat", "--json"))
    assert used(one) == {"7d": 0.8}
    assert "again in" in one["not_polled"]


def test_the_command_asks_the_providers_itself_where_no_router_runs(lab: Lab, tmp_path: Path) -> None:
    home = Home(tmp_path / "other").ensure()
    home.config.write_text(f'[providers.claude]\nbase_url = "{lab.simulator.base_urls["claude"]}"\n')
    add_token(home, "work", "claude", WORK)
    result = CliRunner().invoke(main, ["--home", str(home.path), "usage", "--json"])
    assert result.exit_code == 0, result.output
    (one,) = json.loads(result.output)
    assert used(one) == {"5h": 0.42, "7d": 0.8, "7d_oi": 0.1}
    assert one["poll"]["error"] == ""


def test_an_unknown_name_is_said(lab: Lab) -> None:
    result = CliRunner().invoke(main, ["--home", str(lab.router.home.path), "usage", "nobody"])
    assert result.exit_code == 1
    assert "no token named 'nobody'" in result.output


def statusline(lab: Lab, given: dict[str, Any]) -> str:
    result = CliRunner().invoke(main, ["--home", str(lab.router.home.path), "statusline"], input=json.dumps(given))
    assert result.exit_code == 0, result.output
    assert result.output.count("\n") == 1
    return result.output.strip()


def test_the_statusline_names_model_token_and_window(lab: Lab) -> None:
    session = {"x-claude-code-session-id": "5f1c20de"}
    lab.ask("oauth", headers=session, model="claude-haiku-4-5")
    lab.ask("oauth", headers=session, model="claude-sonnet-5")
    lab.ask("oauth", headers=session, model="claude-haiku-4-5")
    lab.rows(3)
    line = statusline(lab, {"session_id": "5f1c20de", "model": {"id": "claude-sonnet-5", "display_name": "Sonnet 5"}})
    assert line.startswith("claude/claude-sonnet-5 · work · 7d ▰▰▰▰▱ 80% · resets in ")
    assert line.endswith(" · ~<$0.01"), "a subscription has paid for the session"


def test_the_statusline_of_a_new_session_says_how_many_tokens_there_are(lab: Lab) -> None:
    assert statusline(lab, {"session_id": "new", "model": {"display_name": "Opus"}}) == "Opus · 3 tokens ready"
    assert statusline(lab, {}) == "3 tokens ready"


def test_the_statusline_survives_whatever_it_is_given(lab: Lab, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--home", str(lab.router.home.path), "statusline"], input="no json")
    assert (result.exit_code, result.output) == (0, "3 tokens ready\n")
    result = CliRunner().invoke(main, ["--home", str(tmp_path / "none"), "statusline"], input="[1]")
    assert (result.exit_code, result.output) == (0, "router not running\n")
