"""`doctor` as a command: what it prints, what it mends, how it ends."""

import json

import pytest

from router_core.clock import SystemClock
from router_core.doctor import checks
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
from tests.router_core.cli.conftest import Cli
from tests.support.router import free_port


@pytest.fixture
def healthy(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A home with a token, in a shell and a folder that hold nothing strange."""
    monkeypatch.chdir(tmp_path_factory.mktemp("work"))
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("user")))
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    cli.home.ensure().config.write_text(f"[server]\nport = {free_port()}\n")
    cli.home.config.chmod(0o600)
    store = open_tokens(cli.home, SystemClock())
    store.add(Token("", "work", "claude", "sk-ant-api03-doctor"))
    store.database.conn.close()
    return cli


def test_what_is_well_is_said_and_the_command_succeeds(healthy: Cli) -> None:
    done = healthy("doctor", "--offline")
    assert done.exit_code == 0, done.output
    assert "✓ rights " in done.output
    assert "! router             is not running" in done.output
    assert "→ Start it: mitmrouter --home" in done.output
    assert done.output.endswith("0 problems, 1 warning.\n")


def test_a_problem_fails_the_command_and_can_be_fixed(healthy: Cli) -> None:
    healthy.home.gateway_token()
    healthy.home.gateway_token_file.chmod(0o644)
    done = healthy("doctor", "--offline")
    assert done.exit_code == 1
    assert "✗ rights " in done.output
    assert "(or: --fix)" in done.output
    fixed = healthy("doctor", "--offline", "--fix")
    assert fixed.exit_code == 0, fixed.output
    assert "fixed: closed to others: gateway.token" in fixed.output
    assert healthy.home.gateway_token_file.stat().st_mode & 0o077 == 0
    assert healthy("doctor", "--offline").exit_code == 0


def test_as_json_every_finding_has_the_same_fields(healthy: Cli) -> None:
    healthy.home.config.write_text("[server]\nprot = 1\n")
    done = healthy("doctor", "--offline", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["ok"]) == (1, False)
    assert {tuple(finding) for finding in told["findings"]} == {
        ("check", "verdict", "says", "remedy", "fixable", "fixed")
    }
    assert [finding["check"] for finding in told["findings"] if finding["verdict"] == "problem"] == ["config"]


def test_a_check_that_fails_itself_does_not_end_the_others(healthy: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ValueError("something nobody has thought of")

    first, *others = checks.CHECKS
    monkeypatch.setattr(checks, "CHECKS", ((first[0], broken), *others))
    done = healthy("doctor", "--offline")
    assert "✗ python             could not be looked at: ValueError: something nobody has thought of" in done.output
    assert "✓ rights " in done.output


def test_no_secret_is_in_what_it_says(healthy: Cli) -> None:
    tokens = (healthy.home.gateway_token(), healthy.home.admin_token(), "sk-ant-api03-doctor")
    output = healthy("doctor", "--offline").output + healthy("doctor", "--offline", "--json").output
    assert not any(token in output for token in tokens)
