"""`activate`, `code`, `codex`, `tui`: the client gets the address and the token, and nothing else changes."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from router_core.applying.one_run import codex_overrides
from tests.router_core.cli.conftest import Cli
from tests.support.router import Router, start_router

FAKE = f"""#!{sys.executable}
import json, os, sys
names = [name for name in os.environ if name.startswith(("ANTHROPIC", "OPENAI", "MITMROUTER", "CLAUDE"))]
print(json.dumps({{"arguments": sys.argv[1:], "environment": {{name: os.environ[name] for name in names}}}}))
sys.exit(7)
"""


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A client that says how it was called and ends with status 7."""
    program = tmp_path / "the client"
    program.write_text(FAKE)
    program.chmod(0o755)
    return program


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Router:
    from router_core.home import Home

    return start_router(Home(tmp_path_factory.mktemp("clients") / "home").ensure(), {})


@pytest.fixture(scope="module", autouse=True)
def _stopped(router: Router) -> object:
    yield router
    router.stop()


@pytest.fixture
def running(cli: Cli, router: Router) -> Cli:
    running = Cli(router.home)
    running.env |= {"ANTHROPIC_API_KEY": "sk-ant-my-own", "MITMROUTER_HOME": "/nowhere"}
    return running


def called(cli: Cli, *arguments: str, **environment: str) -> tuple[list[str], dict[str, str]]:
    done = cli.process(*arguments, **environment)
    assert done.returncode == 7, done.stderr
    told = json.loads(done.stdout)
    return told["arguments"], told["environment"]


def test_code_leads_claude_code_to_the_router(running: Cli, router: Router, client: Path) -> None:
    arguments, environment = called(running, "code", "-p", "say hi", "--help", MITMROUTER_CLAUDE=str(client))
    assert arguments == ["-p", "say hi", "--help"]
    assert environment["ANTHROPIC_BASE_URL"] == router.url
    assert environment["ANTHROPIC_AUTH_TOKEN"] == router.home.gateway_token()
    assert "ANTHROPIC_API_KEY" not in environment
    assert [name for name in environment if name.startswith("CLAUDE")] == []


def test_code_wins_over_settings_that_lead_elsewhere(
    running: Cli, router: Router, client: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}}))
    told = {"MITMROUTER_CLAUDE": str(client), "CLAUDE_CONFIG_DIR": str(tmp_path)}
    (option, given, *rest), _ = called(running, "code", "-p", "hi", **told)
    assert (option, rest) == ("--settings", ["-p", "hi"])
    helper = f"cat {router.home.gateway_token_file}"
    assert json.loads(given) == {"env": {"ANTHROPIC_BASE_URL": router.url}, "apiKeyHelper": helper}
    assert called(running, "code", "--settings", "{}", **told)[0] == ["--settings", "{}"], "a person's own stay alone"
    settings.write_text(given)
    assert called(running, "code", "-p", "hi", **told)[0] == ["-p", "hi"], "it leads here already"


def test_codex_gets_a_provider_for_this_one_run(running: Cli, router: Router, client: Path) -> None:
    arguments, environment = called(running, "codex", "exec", "--json", "hi", MITMROUTER_CODEX=str(client))
    assert arguments[-3:] == ["exec", "--json", "hi"]
    assert arguments[:-3] == codex_overrides(router.url)
    assert environment["MITMROUTER_GATEWAY_TOKEN"] == router.home.gateway_token()
    assert router.home.gateway_token() not in " ".join(arguments), "arguments can be seen by everybody"


def test_codex_overrides_are_toml() -> None:
    options = codex_overrides("http://127.0.0.1:8100")
    settings = tomllib.loads("\n".join(options[1::2]))
    assert settings["model_provider"] == "mitmrouter"
    assert settings["model_providers"]["mitmrouter"]["base_url"] == "http://127.0.0.1:8100/v1"


def test_codex_is_given_its_token_in_the_way_that_is_applied(
    running: Cli, router: Router, client: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text('[model_providers.mitmrouter]\nauth = { command = "cat", args = ["x"] }\n')
    arguments, _ = called(running, "codex", MITMROUTER_CODEX=str(client), CODEX_HOME=str(tmp_path))
    assert arguments == codex_overrides(router.url, router.home.gateway_token_file)
    provider = tomllib.loads("\n".join(arguments[1::2]))["model_providers"]["mitmrouter"]
    assert provider["auth"]["args"] == [str(router.home.gateway_token_file)]
    assert "env_key" not in provider, "Codex refuses both"


@pytest.mark.parametrize("command", ["code", "codex"])
def test_missing_client_says_how_to_name_one(running: Cli, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    done = running(command)
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: PATH has no program")
    assert "set MITMROUTER_C" in done.stderr


@pytest.mark.parametrize(("command", "title"), [("code", "Claude Code"), ("codex", "Codex")])
def test_a_client_that_was_installed_by_half_says_what_helps(
    running: Cli, command: str, title: str, tmp_path: Path
) -> None:
    half = tmp_path / "half"
    half.write_text("echo 'Error: the program is not installed.' >&2\n")  # no first line that says what runs it
    half.chmod(0o755)
    done = running.process(command, MITMROUTER_CLAUDE=str(half), MITMROUTER_CODEX=str(half))
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {half} cannot be run (Exec format error). Install {title} again, or set ")


@pytest.mark.parametrize("command", ["code", "codex"])
def test_client_is_not_started_when_the_router_is_not_running(cli: Cli, command: str, client: Path) -> None:
    cli.env |= {"MITMROUTER_CLAUDE": str(client), "MITMROUTER_CODEX": str(client)}
    done = cli(command)
    assert done.exit_code == 1
    assert "The router is not running. Start it:" in done.stderr
    assert done.stdout == ""


def test_activate_before_the_router_runs_gives_its_future_address_and_says_so(cli: Cli) -> None:
    cli.home.ensure().config.write_text("[server]\nport = 8222\n")
    done = cli("activate")
    assert done.exit_code == 0
    assert "export ANTHROPIC_BASE_URL=http://127.0.0.1:8222\n" in done.stdout
    assert "not running yet" in done.stderr


def test_tui_is_the_app_and_not_what_lies_in_the_current_folder(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tui.py").write_text("print('a stranger')")
    monkeypatch.chdir(tmp_path)
    code = (
        "import os, sys; os.execve = lambda program, command, environment: print([program, *command[1:]])\n"
        "sys.stdin.isatty = sys.stdout.isatty = lambda: True\n"
        f"from router_core.cli.main import main; main({['--home', str(cli.home.path), 'tui', '--light']!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], env=cli.environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"{[sys.executable, '-P', '-m', 'tui', '--home', str(cli.home.path), '--light']}\n"
