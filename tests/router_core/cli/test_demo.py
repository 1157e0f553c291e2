"""`demo`: works with no account, what it prints works when pasted, and it leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from router_core.cli.demo import NAMES, _provider_settings
from router_core.clock import SystemClock
from router_core.processes import has_ended
from router_core.running import find_running
from router_core.simulator import DEMO_ACCOUNTS
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
from tests.router_core.cli.conftest import Cli
from tests.support.router import free_port, wait_until

pytestmark = pytest.mark.slow

ADDRESS = re.compile(r"mitmrouter \S+ is at (http://\S+), in front of simulated providers")


def printed(demo: subprocess.Popen[str]) -> str:
    """Everything up to the last line of the demo's greeting."""
    assert demo.stdout is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith("Ctrl-C ends"):
        line = demo.stdout.readline()
        assert line, "the demo ended:\n" + "".join(lines) + (demo.stderr.read() if demo.stderr else "")
        lines.append(line)
    return "".join(lines)


def pasted(text: str, start: str) -> str:
    """The command that begins with `start`, with its continuation lines, as somebody would copy it."""
    lines = text[text.index(start) :].splitlines()
    command = []
    for line in lines:
        command.append(line.strip())
        if not line.endswith("\\"):
            break
    return "\n".join(command)


def names(cli: Cli) -> list[str]:
    return [token["name"] for token in json.loads(cli("token", "list", "--json").stdout)]


@pytest.fixture
def mine(cli: Cli) -> Token:
    """A token of the user's own, which no demo may touch."""
    return open_tokens(cli.home.ensure(), SystemClock()).add(Token("", "mine", "claude", "sk-ant-api03-" + "x" * 40))


def test_everything_it_prints_works_and_nothing_stays(cli: Cli, mine: Token) -> None:
    started = time.monotonic()
    with cli.start("demo", "--port", "0", MITMROUTER_COMMAND="./scripts/run") as demo:
        text = printed(demo)
        assert time.monotonic() - started < 15
        url = ADDRESS.match(text)
        assert url, "the router's address comes first"
        assert url[1] == pasted(text, "curl -N").split()[2].removesuffix("/claude/v1/messages")
        for name in ("code", "codex", "tui", "token add", "start"):
            assert re.search(rf"\./scripts/run --home \S+ {name}\b", text), name
        make_it_fail = pasted(text, "curl http://")
        assert subprocess.run(make_it_fail, shell=True, capture_output=True, text=True).stdout == '{"ok":true}'
        for start in (f"curl -N {url[1]}/claude", f"curl -N {url[1]}/openai", f"curl -N {url[1]}/v1/messages"):
            answer = subprocess.run(pasted(text, start), shell=True, capture_output=True, text=True, timeout=30)
            assert "watch" in answer.stdout, answer
        rows = wait_until(lambda: finished(cli, 3))
        assert [(row["provider"], row["token"], row["attempts"]) for row in rows] == [
            ("gemini", "demo-gemini-key", 1),
            ("openai", "demo-openai-key", 1),
            ("claude", "demo-claude-pro", 2),
        ], "the first token failed, as asked for; the user's own was not used"
        assert len(names(cli)) == 8
        explained = json.loads(cli("route", "explain", "--model", "claude-opus-5-5", "--json").stdout)
        paying = {token["name"] for token in explained["targets"][0]["tokens"]}
        assert paying == {"demo-claude-max", "demo-claude-pro", "demo-claude-key"}
        listed = json.loads(cli("model", "list", "--json").stdout)
        assert {row["provider"] for row in listed["models"]} >= {"claude", "codex", "openai", "gemini"}
        running = find_running(cli.home)
        assert running is not None
        demo.send_signal(signal.SIGINT)
        assert demo.wait(timeout=15) == 0
        assert demo.stderr is not None
        assert demo.stderr.read() == ""
    assert has_ended(running.pid)
    assert names(cli) == ["mine"]
    assert sorted(path.name for path in cli.home.path.iterdir() if "demo" in path.name or "running" in path.name) == []


def test_no_demo_token_can_meet_a_real_provider() -> None:
    settings = _provider_settings("http://127.0.0.1:1")
    for account in DEMO_ACCOUNTS:
        assert settings[f"providers.{NAMES[account.kind][0]}.base_url"].startswith("http://127.0.0.1:1")


def finished(cli: Cli, count: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(cli("trace", "list", "--json", "--state", "ok").stdout)
    return rows if len(rows) == count else []


def test_killed_demo_is_cleaned_up_by_whatever_starts_next(cli: Cli, mine: Token) -> None:
    port = str(free_port())
    with cli.start("demo", "--port", port) as demo:
        printed(demo)
        orphan = find_running(cli.home)
        assert orphan is not None
        demo.kill()
    with cli.start("demo", "--port", port) as demo:  # the same port: the orphan held it
        printed(demo)
        assert has_ended(orphan.pid)
        assert len(names(cli)) == 8
        demo.kill()
    assert cli.process("start", "--port", port).returncode == 0
    assert names(cli) == ["mine"]
    assert [token["name"] for token in json.loads(cli("status", "--json").stdout)["tokens"]] == ["mine"]


def test_router_that_ends_ends_the_demo(cli: Cli) -> None:
    with cli.start("demo", "--port", "0") as demo:
        printed(demo)
        running = find_running(cli.home)
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        assert demo.wait(timeout=15) == 1
        assert demo.stderr is not None
        assert demo.stderr.read().startswith("Error: The router ended by itself")
    assert names(cli) == []


def test_demo_beside_a_running_router_of_the_same_home_is_refused(cli: Cli) -> None:
    assert cli.process("start", "--port", "0").returncode == 0
    done = cli("demo", "--port", "0")
    assert done.exit_code == 1
    assert "A router runs on this home folder already" in done.stderr
