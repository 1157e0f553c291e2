"""`apply` and `undo` as commands: shown before it is done, asked for, and said where it is taken back."""

import json
from pathlib import Path

import pytest

from router_core.demo_lock import DemoLock
from tests.router_core.cli.conftest import Cli


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Path:
    """A home folder with Codex's settings in it."""
    person = tmp_path / "person"
    (person / ".codex").mkdir(parents=True)
    (person / ".codex" / "config.toml").write_text('# mine\nmodel = "gpt-5.5"\n')
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(person))
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "codex"
    program.touch(mode=0o755)
    cli.home.ensure().config.write_text("[server]\nport = 8222\n")
    return person


def test_a_dry_run_shows_and_writes_nothing(cli: Cli, person: Path) -> None:
    done = cli("apply", "--client", "codex", "--client", "claude", "--dry-run")
    assert done.exit_code == 0
    assert '+base_url = "http://127.0.0.1:8222/v1"' in done.stdout
    assert '+    "ANTHROPIC_BASE_URL": "http://127.0.0.1:8222"' in done.stdout
    assert sorted(path.name for path in person.rglob("*")) == [".codex", "config.toml"]
    assert (person / ".codex" / "config.toml").read_text() == '# mine\nmodel = "gpt-5.5"\n'


def test_nobody_to_ask_is_told_to_say_yes(cli: Cli, person: Path) -> None:
    done = cli("apply", "--client", "codex")
    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert "mitmrouter" not in (person / ".codex" / "config.toml").read_text()


def test_applied_listed_and_undone(cli: Cli, person: Path) -> None:
    done = cli("apply", "--client", "codex", "--yes")
    assert done.exit_code == 0
    assert "Codex is led to http://127.0.0.1:8222." in done.stdout
    assert "undo --client codex" in done.stdout
    assert "the router is not running yet" in done.stderr
    assert "nothing to change" in cli("apply", "--client", "codex", "--yes").stdout
    rows = {row["client"]: row for row in json.loads(cli("apply", "--json").stdout)}
    assert rows["codex"]["applied"]
    assert rows["codex"]["program"].endswith("/codex")
    assert (rows["claude"]["applied"], rows["claude"]["program"]) == (False, None)
    assert "not installed" in cli("apply").stdout
    assert '-model_provider = "mitmrouter"' in cli("undo", "--dry-run").stdout
    assert "is as it was before" in cli("undo").stdout
    assert cli("undo").stdout == "Nothing is applied.\n"
    assert cli("undo", "--client", "codex").stdout == "Codex: nothing is applied.\n"
    assert (person / ".codex" / "config.toml").read_text() == '# mine\nmodel = "gpt-5.5"\n'


def test_what_cannot_be_undone_says_where_the_copy_is(cli: Cli, person: Path) -> None:
    assert cli("apply", "--client", "codex", "--yes").exit_code == 0
    (person / ".codex" / "config.toml").write_text("no toml = ")
    done = cli("undo")
    assert done.exit_code == 1
    assert "config.toml cannot be changed: " in done.stderr
    (copy,) = (cli.home.path / "applied" / "codex").glob("*config.toml")
    assert str(copy.parent) in done.stderr
    assert copy.read_text() == '# mine\nmodel = "gpt-5.5"\n'


def test_secrets_of_the_settings_are_not_shown(cli: Cli, person: Path) -> None:
    (person / ".claude").mkdir()
    (person / ".claude" / "settings.json").write_text(
        json.dumps({"env": {"ANTHROPIC_API_KEY": "sk-ant-api03-" + "x" * 40}}, indent=2)
    )
    done = cli("apply", "--client", "claude", "--client", "gemini", "--dry-run")
    assert "ANTHROPIC_API_KEY" in done.stdout
    assert "+GEMINI_API_KEY=" in done.stdout
    assert "xxxx" not in done.output
    assert cli.home.gateway_token() not in done.output


def test_what_wins_over_the_settings_is_said(cli: Cli, person: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = person / "work"
    (project / ".claude").mkdir(parents=True)
    (project / ".claude" / "settings.json").write_text('{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}}')
    monkeypatch.chdir(project)
    done = cli("apply", "--client", "claude", "--yes")
    assert f"{project / '.claude' / 'settings.json'} sets env.ANTHROPIC_BASE_URL" in done.stderr


def test_the_status_line_is_claude_codes_alone(cli: Cli, person: Path) -> None:
    assert cli("apply", "--client", "codex", "--statusline").exit_code == 2
    assert cli("apply", "--client", "claude", "--statusline", "--yes").exit_code == 0
    settings = json.loads((person / ".claude" / "settings.json").read_text())
    command = settings["statusLine"]["command"]
    assert command.endswith(f"--home {cli.home.path} statusline")
    assert Path(command.split()[0]).is_absolute(), "Claude Code has a PATH of its own"


def test_a_proxy_is_gone_around_for_good_unless_it_is_already(
    cli: Cli, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    assert '"NO_PROXY": "127.0.0.1' in cli("apply", "--client", "claude", "--dry-run").stdout
    monkeypatch.setenv("NO_PROXY", "corp.example, 127.0.0.1")
    assert "NO_PROXY" not in cli("apply", "--client", "claude", "--dry-run").stdout


def test_a_demo_is_called_one(cli: Cli, person: Path) -> None:
    with DemoLock(cli.home):
        assert "this router is a demo" in cli("apply", "--client", "claude", "--yes").stderr


def test_a_router_on_any_port_cannot_be_applied(cli: Cli, person: Path) -> None:
    cli.home.config.write_text("[server]\nport = 0\n")
    done = cli("apply", "--client", "claude", "--yes")
    assert done.exit_code == 1
    assert "[server] port" in done.stderr


def test_the_change_is_shown_without_secrets_of_its_owner(cli: Cli, person: Path) -> None:
    settings = person / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"env": {"ANTHROPIC_AUTH_TOKEN": "of-my-company"}}')
    shown = cli("apply", "--client", "claude", "--dry-run").stdout
    assert "of-my-company" not in shown
    assert '"apiKeyHelper": "cat ' in shown
