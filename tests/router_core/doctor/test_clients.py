"""Clients that do not get through, whatever the reason: programs that behave so, and a real router."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.clock import SystemClock
from router_core.doctor import clients
from router_core.doctor.finding import Finding
from router_core.home import Home
from router_core.processes import has_ended
from router_core.simulator import SimulatorThread
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
from tests.router_core.doctor.conftest import Examine
from tests.support.router import Router, running_router, wait_until

GOES_PAST = "print('Not logged in')"
HANGS = """
import pathlib, subprocess
server = subprocess.Popen(["sleep", "60"])
pathlib.Path(__file__).with_name("server.pid").write_text(str(server.pid))
server.wait()
"""
ASKS = """
import json, os, urllib.request
body = json.dumps({"model": "claude-haiku-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]})
headers = {"authorization": "Bearer " + os.environ["ANTHROPIC_AUTH_TOKEN"], "content-type": "application/json",
           "anthropic-version": "2023-06-01", "user-agent": "claude-cli/2.1.329 (external, cli)"}
request = urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", body.encode(), headers)
urllib.request.urlopen(request).read()
"""
FAILS_AFTERWARDS = f"{ASKS}\nraise SystemExit('the answer cannot be shown')"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    home = Home(tmp_path_factory.mktemp("router") / "home").ensure()
    with SimulatorThread() as simulator, running_router(home, {"claude": simulator.url}) as running:
        store = open_tokens(home, SystemClock())
        store.add(Token("", "work", "claude", "sk-ant-api03-doctor-000001"))
        store.database.conn.close()
        yield running


def claude_check(examine: Examine, started: Router, program: Path | str, **changes: object) -> Finding:
    """What is said of a program in the place of Claude Code."""
    environ = {"PATH": "/usr/bin:/bin", "MITMROUTER_CLAUDE": str(program), "MITMROUTER_CODEX": "/nowhere/codex"}
    first, codex = clients.check(examine(home=started.home, clock=SystemClock(), environ=environ, **changes))
    assert (codex.verdict, codex.says) == ("skipped", "Codex is not installed")
    return first


def client(folder: Path, code: str, interpreter: str = sys.executable) -> Path:
    program = folder / "claude"
    program.write_text(f"#!{interpreter}\n{code}\n")
    program.chmod(0o755)
    return program


def test_one_that_gets_its_answer_is_well(examine: Examine, started: Router, tmp_path: Path) -> None:
    finding = claude_check(examine, started, client(tmp_path, ASKS))
    assert finding.verdict == "ok", finding.says
    assert "reaches claude/claude-haiku-4-5 through the router, paid by work" in finding.says


def test_one_whose_request_goes_past_the_router_is_a_problem_with_what_it_said(
    examine: Examine, started: Router, tmp_path: Path
) -> None:
    finding = claude_check(examine, started, client(tmp_path, GOES_PAST))
    assert finding.verdict == "problem"
    assert f"never came to the router at {started.url}" in finding.says
    assert finding.says.endswith("It said: Not logged in")
    assert "client settings" in finding.remedy


def test_one_that_hangs_is_ended_in_time_with_all_that_it_has_started(
    examine: Examine, started: Router, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "TIME_LIMIT_S", 1.0)
    finding = claude_check(examine, started, client(tmp_path, HANGS))
    assert finding.verdict == "problem"
    assert "no answer within" in finding.says
    assert wait_until(lambda: has_ended(int((tmp_path / "server.pid").read_text())))


def test_one_that_cannot_be_started_is_a_problem(examine: Examine, started: Router, tmp_path: Path) -> None:
    finding = claude_check(examine, started, client(tmp_path, "", interpreter="/nowhere/node"))
    assert finding.verdict == "problem"
    assert finding.says.endswith("cannot be started (No such file or directory)")
    assert "Install Claude Code again" in finding.remedy


def test_one_that_fails_after_its_answer_is_a_warning(examine: Examine, started: Router, tmp_path: Path) -> None:
    finding = claude_check(examine, started, client(tmp_path, FAILS_AFTERWARDS))
    assert finding.verdict == "warning", finding.says
    assert finding.says.endswith("yet it ended with 1: the answer cannot be shown")
    assert "trace show r" in finding.remedy


@pytest.mark.parametrize(("program", "offline", "says"), [("none", False, "is not installed"), ("", True, "--offline")])
def test_one_that_is_not_there_or_must_not_ask_is_skipped(
    examine: Examine, started: Router, tmp_path: Path, program: str, offline: bool, says: str
) -> None:
    named = program or client(tmp_path, ASKS)
    finding = claude_check(examine, started, named, offline=offline)
    assert (finding.verdict, says in finding.says) == ("skipped", True)


def test_without_a_router_none_is_tried(examine: Examine, tmp_path: Path) -> None:
    environ = {"MITMROUTER_CLAUDE": str(client(tmp_path, ASKS)), "MITMROUTER_CODEX": "/nowhere/codex"}
    finding = next(iter(clients.check(examine(environ=environ))))
    assert (finding.verdict, finding.remedy) == ("skipped", "mitmrouter start")
