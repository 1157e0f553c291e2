"""`auth list`, `status` and `logout`: what is shown of logins, and forgotten."""

import json
import re
import time
from dataclasses import replace

import pytest

from router_core.cli import asking
from router_core.tokens.token import Token
from tests.router_core.cli.conftest import Cli
from tests.router_core.cli.logging_in import SECRETS, store, tokens


def seeded(cli: Cli) -> None:
    now = time.time()
    mine = store(cli)
    facts = {"email": "person@example.com", "organization": "Work", "plan": "max"}
    mine.add(Token("", "mine", "claude", "sk-ant-oat01-x", "sk-ant-ort01-x", "a-1", now + 3700, login="claude",
                   facts=facts, refreshed_at=now - 65, refresh_expires_at=now + 86_400 * 20 + 30))  # fmt: skip
    dead = mine.add(
        Token("", "dead", "codex", "eyJ.x.y", "rt_x", "acc", now - 100, login="codex", shared="codex-file:/c")
    )
    mine.save_state(replace(dead, health="unhealthy", health_because="refresh_token_reused\x1b[2J: log in again"))
    mine.add(Token("", "key", "openai", "sk-proj-x"))


def test_list_shows_accounts_and_providers_without_one(cli: Cli) -> None:
    seeded(cli)
    lines = cli("auth", "list").stdout.splitlines()
    assert re.match(
        r"claude +mine +healthy +person@example.com \(Work\) +expires in 1h01m, is renewed by itself", lines[1]
    )
    assert re.match(r"codex +dead +unhealthy +acc +refresh_token_reused: log in again", lines[2])
    assert [line.split()[0] for line in lines[3:]] == ["copilot", "gemini", "antigravity", "vertex"]
    assert all("not logged in" in line for line in lines[3:])
    views = json.loads(cli("auth", "list", "--json").stdout)
    assert [view["name"] for view in views] == ["dead", "mine"], "a key is no login"


def test_status_tells_everything_and_fails_for_what_needs_a_person(cli: Cli) -> None:
    seeded(cli)
    good = cli("auth", "status", "claude")
    assert good.exit_code == 0
    for words in ("person@example.com (Work)", "max", "healthy", "1m ago", "in 20d0h", "renewed by itself"):
        assert words in good.stdout
    bad = cli("auth", "status", "dead")
    assert bad.exit_code == 1
    assert "log in again" in bad.stdout
    assert "codex-file:/c" in bad.stdout
    assert cli("auth", "status").exit_code == 1
    (view,) = json.loads(cli("auth", "status", "mine", "--json").stdout)
    assert (view["status"], view["can_refresh"], view["plan"]) == ("healthy", True, "max")


def test_nothing_logged_in_is_said_and_nothing_is_made_by_looking(cli: Cli) -> None:
    done = cli("auth", "status", "codex")
    assert (done.exit_code, "auth login codex" in done.stdout) == (1, True)
    assert cli("auth", "list", "--json").stdout == "[]\n"
    assert json.loads(cli("auth", "status", "--json").stdout) == []
    assert not cli.home.path.exists()


@pytest.mark.parametrize("command", [("list",), ("list", "--json"), ("status",), ("status", "--json")])
def test_nothing_shows_a_secret_or_acts_on_the_terminal(cli: Cli, command: tuple[str, ...]) -> None:
    seeded(cli)
    shown = cli("auth", *command).output
    assert not SECRETS.search(shown)
    assert "\x1b" not in shown


def test_logout_asks_and_forgets_one_or_all_of_a_provider(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "may_ask", lambda: True)
    seeded(cli)
    assert cli("auth", "logout", "mine", input="n\n").exit_code == 1
    assert len(tokens(cli)) == 3
    assert "Forgot mine" in cli("auth", "logout", "mine", input="y\n").stdout
    assert "Forgot dead" in cli("auth", "logout", "codex", "--yes").stdout
    assert [token.name for token in tokens(cli)] == ["key"]
    done = cli("auth", "logout", "key", "--yes")
    assert (done.exit_code, "no login of 'key'" in done.stderr) == (1, True)
