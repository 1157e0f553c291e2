"""`up`: a fresh machine is set up, with a question for each account where somebody is; doing it twice does no harm."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.cli.up_accounts import account_to_log_in_to, settle
from router_core.cli.up_request import cheapest, said
from router_core.cli.up_simulated import _port, made_up_machine
from router_core.cli.up_wizard import Wizard
from router_core.demo_lock import demo_is_alive
from router_core.home import Home
from router_core.importing.plan import Step, plan
from router_core.models.known import known_models
from router_core.simulator import SimulatorThread
from tests.router_core.cli.conftest import Cli
from tests.router_core.vendors.logins import claude_profile, claude_text, put
from tests.support.router import free_port, wait_until
from tests.support.terminal import terminal

KEY = "sk-proj-made-up-0123456789-000001"


@pytest.fixture
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread() as simulator:
        yield simulator


@pytest.fixture
def person(tmp_path: Path, cli: Cli, simulator: SimulatorThread) -> Path:
    """A person with Claude Code, its login, and a key of OpenAI's; the providers are simulated."""
    person = tmp_path / "person"
    programs = person / "bin"
    programs.mkdir(parents=True)
    for client in ("claude", "gemini"):
        (programs / client).touch(mode=0o755)
    put(person / ".claude.json", claude_profile())
    put(person / ".claude" / ".credentials.json", claude_text(expiresAt=4_102_444_800_000))
    urls = "".join(f'[providers.{name}]\nbase_url = "{url}"\n' for name, url in simulator.base_urls.items()
                   if name in ("claude", "openai", "codex", "gemini"))  # fmt: skip
    cli.home.ensure().config.write_text(f"[server]\nport = {free_port()}\n{urls}")
    cli.environment = {
        name: value for name, value in cli.environment.items() if not name.endswith(("_API_KEY", "_AUTH_TOKEN"))
    }
    cli.environment |= {"HOME": str(person), "PATH": str(programs), "OPENAI_API_KEY": KEY}
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        cli.environment.pop(name, None)
    return person


def tokens(cli: Cli) -> dict[str, dict[str, object]]:
    return {token["name"]: token for token in json.loads(cli("token", "list", "--json").stdout)}


@pytest.mark.slow
def test_where_nobody_is_asked_what_is_safe_is_done_and_the_rest_is_named(cli: Cli, person: Path) -> None:
    done = cli.process("up", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Claude Code: " in done.stdout
    assert "Codex: not installed" in done.stdout
    assert "Gemini CLI: left as it is, no account here answers for its models" in done.stdout
    assert list(tokens(cli)) == ["openai-env"], "a login with a refresh token is a person's business"
    shown, _, left = done.stdout.partition("Left out")
    assert "login of Claude Code (claude), me@example.com (max, Example), ~/.claude/.credentials.json" in left
    assert "auth login claude" in left
    assert "answered: You said: Reply with OK" in shown
    for label in ("route   openai/", "token   openai-env", "took    first word after", "cost    $"):
        assert label in shown, shown

    again = cli.process("up", "--yes", "--share")
    assert again.returncode == 0
    assert "there already, as openai-env" in again.stdout
    assert "taken over as claude-me, shared" in again.stdout
    assert "runs already at" in again.stdout
    assert "apply --client claude" in again.stdout.partition("Left out")[2]
    assert sorted(path.name for path in (person / ".claude").iterdir()) == [".credentials.json"]

    third = cli.process("up", "--yes", "--no-request", "--apply", "claude")
    assert "there already, as claude-me" in third.stdout
    assert "Claude Code is led to" in third.stdout
    assert "Left out" not in third.stdout
    assert "One request" not in third.stdout
    assert "apiKeyHelper" in (person / ".claude" / "settings.json").read_text()


@pytest.mark.slow
def test_a_person_is_asked_once_for_each_account(cli: Cli, person: Path) -> None:
    with terminal(cli, "up", "--no-request", TERM="xterm-256color") as shown:
        shown.until(r"login of Claude Code")
        shown.until(r"\[u\]se it, shared / \[l\]og in separately / \[s\]kip \[u\]: ")
        assert "can be used once" in shown.shown
        shown.type("u\n")
        shown.until(r"taken over as claude-me, shared")
        shown.until(r"\[u\]se / \[s\]kip \[u\]: ")
        shown.type("s\n")
        shown.until(r"apiKeyHelper(?s:.*)\[y/N\]: ")
        shown.type("y\n")
        shown.until(r"Claude Code is led to")
        shown.until(r"Open the TUI\? \[Y/n\]: ")
        shown.type("\n")
        shown.until(r"\x1b\[\?1049h(?s:.*)Overview")
        shown.type("q")
        assert shown.end() == 0
    assert list(tokens(cli)) == ["claude-me"]
    assert cli.process("undo", HOME=str(person)).returncode == 0
    assert not (person / ".claude" / "settings.json").exists()


@pytest.mark.slow
def test_without_any_account_it_says_how_to_get_one_and_with_a_broken_one_what_is_wrong(
    cli: Cli, person: Path, simulator: SimulatorThread
) -> None:
    (person / ".claude" / ".credentials.json").unlink()
    port = free_port()
    done = cli.process("up", "--yes", "--port", str(port), OPENAI_API_KEY="")
    assert done.returncode == 0
    assert f"runs at http://127.0.0.1:{port}" in done.stdout
    assert f"port = {port}" in cli.home.config.read_text(), "the next start is there, too"
    assert "nothing to send" in done.stdout
    assert "No account yet" in done.stdout
    assert "up --simulate" in done.stdout

    refused = cli.process("up", "--simulate", "--yes")
    assert refused.returncode == 1
    assert "A router runs on this home folder already" in refused.stderr

    cli.home.config.write_text(cli.home.config.read_text().replace(simulator.url, "http://127.0.0.1:1"))
    put(person / ".claude" / "settings.json", "{ broken")
    failed = cli.process("up", "--yes", "--no-tui", "--apply", "claude", "--port", str(free_port()))
    assert failed.returncode == 1
    assert "✗ Claude Code: " in failed.stdout
    assert "settings.json cannot be changed" in failed.stdout
    assert "from the next start on" in failed.stdout
    assert "✗ openai/" in failed.stdout, "what is broken keeps nothing else from being done"
    assert "trace show last" in failed.stdout


@pytest.mark.slow
def test_a_port_that_the_environment_overrules_is_said(cli: Cli, person: Path) -> None:
    done = cli.process("up", "--yes", "--port", "18100", MITMROUTER__SERVER__PORT="18200")
    assert done.returncode == 1
    assert done.stderr == "Error: The environment says port 18200: unset MITMROUTER__SERVER__PORT.\n"


def test_all_of_it_can_be_seen_without_an_account(cli: Cli, person: Path) -> None:
    done = cli.process("up", "--simulate", "--yes")
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        assert "taken over as demo-claude-max, shared" in done.stdout
        assert "taken over as demo-openai-key" in done.stdout
        assert '+  "apiKeyHelper"' in done.stdout
        assert "Claude Code: not changed" in done.stdout
        assert "answered: You said: Reply with OK" in done.stdout
        assert not (person / ".claude" / "settings.json").exists()
        again = cli.process("up", "--simulate", "--yes", "--no-request")
        assert "runs already at" in again.stdout
        assert again.returncode == 0
        real = cli.process("up", "--yes")
        assert real.returncode == 1
        assert "The demo is running" in real.stderr
    finally:
        cli.process("stop")
    wait_until(lambda: not demo_is_alive(cli.home), timeout_s=20)
    assert tokens(cli) == {}


def test_a_port_that_somebody_has_keeps_nobody_from_trying(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        home.config.write_text(f"[server]\nport = {port}\n")
        assert _port(home) != port
    assert _port(home) == port


@pytest.mark.parametrize(
    ("answers", "taken", "logged_in", "left"),
    [
        (None, ["openai", "gemini"], [], 2),
        ("ulus", ["claude", "openai"], ["codex"], 0),
        ("ssss", [], [], 0),
        ("llss", [], ["claude", "codex"], 0),
    ],
    ids=["nobody is asked", "some of each", "all skipped", "own logins"],
)
def test_each_answer_is_followed(
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answers: str | None,
    taken: list[str],
    logged_in: list[str],
    left: int,
) -> None:
    from router_core.cli import asking
    from router_core.importing.judge import merged
    from router_core.importing.sources import SOURCES, search

    given = iter(answers or "")
    monkeypatch.setattr(asking, "ask", lambda *_, **__: next(given))
    providers = {"claude": "", "codex": "", "openai": "", "gemini": ""}
    machine = made_up_machine(tmp_path, time.time(), providers)
    steps = plan(merged(search(SOURCES, machine)), [], providers, machine.now)
    took: list[Step] = []
    logins: list[str] = []
    wizard = Wizard(home, asks=answers is not None)

    def take(step: Step) -> str:
        took.append(step)
        return step.name

    settle(wizard, steps, tmp_path, take, lambda login: logins.append(login) is None, share=False)
    assert [step.found.provider for step in took] == taken
    assert logins == logged_in
    assert len(wizard.left_out) == left
    assert next(given, None) is None, "as many questions as accounts"


@pytest.mark.parametrize(("answers", "login"), [(["Claude "], "claude"), (["anthropic", "codex"], "codex"), ([""], "")])
def test_which_account_is_asked_until_there_is_such_a_one(
    monkeypatch: pytest.MonkeyPatch, answers: list[str], login: str
) -> None:
    from router_core.cli import asking

    given = iter(answers)
    monkeypatch.setattr(asking, "ask", lambda *_, **__: next(given))
    assert account_to_log_in_to() == login
    assert next(given, None) is None


def test_the_cheapest_model_whose_price_is_known_is_asked() -> None:
    assert "haiku" in cheapest(known_models(vendor="anthropic"))
    assert cheapest([]) == ""


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b'{"content": [{"type": "text", "text": "OK"}, {"type": "text", "text": "."}]}', "OK."),
        (b'{"type": "error", "error": {"message": "no"}}', "no"),
        (b"<html>", "<html>"),
        (b"[1]", "[1]"),
        (b"{}", ""),
    ],
)
def test_whatever_is_answered_has_a_text(content: bytes, text: str) -> None:
    assert said(content) == text
