"""`auth login` in a real terminal: pasting, waiting, and Ctrl-C, which leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from router_core.oauth.steps import OpenPage
from router_core.simulator import SimulatorThread
from tests.router_core.cli.conftest import CLI, Cli
from tests.router_core.cli.logging_in import ADDRESS, accounts_at_a_simulator, point_at, tokens
from tests.router_core.oauth.walking import Person
from tests.support.terminal import terminal

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorThread]:
    with accounts_at_a_simulator() as simulator:
        yield simulator


@pytest.fixture
def sim(running: SimulatorThread, cli: Cli) -> SimulatorThread:
    """The simulator, and a home whose logins are made there."""
    return point_at(running, cli)


def test_claude_login_in_a_terminal_recommends_setup_token_and_takes_the_pasted_code(
    cli: Cli, sim: SimulatorThread
) -> None:
    person = Person()
    with terminal(cli, "auth", "login", "claude") as shown:
        url = shown.until(ADDRESS.pattern + r"\s")
        person(OpenPage(url))
        assert "#" in person.code_on_page
        shown.until("Paste the code")
        shown.type(person.code_on_page + "\n")
        assert shown.end() == 0, shown.shown
    assert "claude setup-token" in shown.shown
    assert "Anthropic's terms" in shown.shown
    assert "Logged in: claude-person (person@example.com, Personal)" in shown.shown
    (token,) = tokens(cli)
    assert token.facts["organization"] == "Personal"
    assert token.refresh_expires_at


def test_codex_login_by_pasting_the_address_listens_on_no_port(cli: Cli, sim: SimulatorThread) -> None:
    person = Person()
    with terminal(cli, "auth", "login", "codex", "--paste") as shown:
        person(OpenPage(shown.until(ADDRESS.pattern + r"\s")))
        shown.until("Paste the whole address")
        shown.type("what?\n")  # taken for a code, and refused by the server: a code has no form of its own
        assert shown.end() == 1
    assert "begin again" in shown.shown
    with terminal(cli, "auth", "login", "codex", "--paste") as shown:
        person(OpenPage(shown.until(ADDRESS.pattern + r"\s")))
        shown.until("Paste the whole address")
        shown.type("http://localhost:1455/nothing\n")
        shown.until("holds no code")
        shown.type(person.location + "\n")
        assert shown.end() == 0, shown.shown
    assert len(tokens(cli)) == 1


@pytest.mark.parametrize("way", ["browser", "device", "paste"])
def test_ctrl_c_leaves_no_listener_no_token_and_says_so(cli: Cli, sim: SimulatorThread, way: str) -> None:
    arguments = {"browser": ("gemini",), "device": ("codex", "--device"), "paste": ("claude",)}[way]
    with terminal(cli, "auth", "login", *arguments) as shown:
        url = shown.until(ADDRESS.pattern + r"\s")
        shown.until("Paste the code" if way == "paste" else r"left \(Ctrl-C ends it\)")
        files = set(cli.home.path.rglob("*"))
        os.kill(shown.process.pid, signal.SIGINT)
        assert shown.end() == 1
    assert "Nothing was stored" in shown.shown
    assert "Traceback" not in shown.shown
    assert (tokens(cli), sim.logins) == ([], [])
    assert {file for file in cli.home.path.rglob("*") if file.suffix not in (".db-wal", ".db-shm")} <= files
    if way == "browser":
        port = int(re.findall(r"127\.0\.0\.1%3A(\d+)", url)[0])
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            pass


def test_time_left_counts_down_in_a_terminal_and_is_wiped(cli: Cli, sim: SimulatorThread) -> None:
    with terminal(cli, "auth", "login", "gemini", "--timeout", "3") as shown:
        shown.until("2s left")
        shown.until("1s left")
        assert shown.end() == 1
    assert shown.shown.rindex("\x1b[K") > shown.shown.rindex("left (Ctrl-C")


def test_piped_code_is_read_from_standard_input(cli: Cli, sim: SimulatorThread) -> None:
    person = Person()
    with subprocess.Popen(
        [*CLI, "--home", str(cli.home.path), "auth", "login", "claude"],
        env=cli.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert process.stdin is not None
        line = ""
        while not (found := ADDRESS.search(line)):
            line = process.stderr.readline()
            assert line, "it ended without an address"
        person(OpenPage(found[1]))
        out, err = process.communicate(person.code_on_page + "\n", timeout=30)
    assert process.returncode == 0, err
    assert "Logged in: claude-person" in out
