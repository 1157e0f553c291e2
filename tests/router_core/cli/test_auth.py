"""`auth …`: logging in from a terminal, with and without a browser, and what is left when somebody ends it early."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from router_core.cli import login_run
from router_core.clock import SystemClock
from router_core.oauth.steps import OpenPage
from router_core.simulator import OAuth, Script, ServiceAccount, SimulatorThread
from router_core.simulator import Person as SimulatedPerson
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Token
from tests.router_core.cli.conftest import CLI, Cli
from tests.router_core.oauth.test_vertex_login import EMAIL, PUBLIC, key_file
from tests.router_core.oauth.walking import GOOGLE, LOGINS, Person
from tests.support.router import wait_until

PEOPLE = [SimulatedPerson(plan="max"), SimulatedPerson(workspace="Work")]
SECRETS = re.compile(r"ya29\.|1//|sk-ant-o|rt_|ghu_|tid=|eyJ|code-[0-9a-f]{24}|PRIVATE KEY")
LONGEST_SILENCE_S = 30.0
ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+/\S+)")


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorThread]:
    oauth = OAuth(people=PEOPLE, device_interval_s=1, service_accounts=[ServiceAccount(email=EMAIL, public_key=PUBLIC)])
    with SimulatorThread(Script(oauth=oauth)) as simulator:
        yield simulator


@pytest.fixture
def sim(running: SimulatorThread, cli: Cli) -> SimulatorThread:
    """The simulator, and a home whose logins are made there."""
    running.reset()
    cli.home.ensure()
    lines = []
    for login in LOGINS:
        lines += [f"[oauth.{login}]", f'base_url = "{running.url}"']
        lines += [f'{name} = "{value}"' for name, value in GOOGLE.items() if login in ("gemini", "antigravity")]
    for name, kind in (("gemini-cli", "code-assist"), ("antigravity", "antigravity"), ("vertex", "vertex"),
                       ("copilot", "copilot")):  # fmt: skip
        lines += [f"[providers.{name}]", f'kind = "{kind}"', f'base_url = "{running.url}"']
    cli.home.config.write_text("\n".join(lines))
    return running


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Person:
    """A browser in which somebody consents, and which then goes where it is sent."""
    person = Person()

    def open_page(url: str) -> None:
        person(OpenPage(url))
        person.page = httpx.get(person.location, trust_env=False).text

    monkeypatch.setattr(login_run, "can_open", lambda *_, **__: True)
    monkeypatch.setattr(login_run, "open_browser", open_page)
    return person


def tokens(cli: Cli) -> list[Token]:
    return store(cli).all()


def store(cli: Cli) -> TokenStore:
    return open_tokens(cli.home.ensure(), SystemClock())


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, cli: Cli, *arguments: str, **environment: str) -> None:
        self.descriptor, theirs = pty.openpty()
        env = {**cli.environment, **environment}
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
            env.pop(name, None)
        self.process = subprocess.Popen(
            [*CLI, "--home", str(cli.home.path), *arguments],
            env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.shown = ""

    def until(self, pattern: str) -> str:
        """What is shown up to `pattern`; its first group, if it has one. Fails when the command ends before."""
        while not (found := re.search(pattern, self.shown)):
            self._read()
        return found[1] if found.groups() else found[0]

    def _read(self) -> bool:
        """More of what is shown; False at the end."""
        assert select.select([self.descriptor], [], [], LONGEST_SILENCE_S)[0], f"silent: {self.shown}"
        chunk = os.read(self.descriptor, 4000)
        self.shown += chunk.decode()
        return bool(chunk)

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def end(self) -> int:
        """Its exit status, once it has ended."""
        with contextlib.suppress(OSError):  # how a pty says that the other end is gone
            while self._read():
                pass
        os.close(self.descriptor)
        return self.process.wait(timeout=20)


@contextlib.contextmanager
def terminal(cli: Cli, *arguments: str, **environment: str) -> Iterator[Terminal]:
    """Nothing outlives a test that fails."""
    shown = Terminal(cli, *arguments, **environment)
    try:
        yield shown
    finally:
        if shown.process.poll() is None:
            shown.process.kill()
            shown.process.wait()


@contextlib.contextmanager
def alone_on_the_registered_ports() -> Iterator[None]:
    """Only two ports are registered for ChatGPT logins: tests in other processes wait for each other."""
    with Path("/tmp/mitmrouter-tests-port-1455.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# ---- with a browser -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("login", "name"), [("gemini", "gemini-cli-person"), ("antigravity", "antigravity-person")])
def test_browser_login_registers_the_token(
    cli: Cli, sim: SimulatorThread, browser: Person, login: str, name: str
) -> None:
    done = cli("auth", "login", login)
    assert done.exit_code == 0, done.output
    (token,) = tokens(cli)
    assert (token.name, token.login, token.facts["email"]) == (name, login, "person@example.com")
    assert token.facts["project"].startswith("sim-project-"), "it is looked up at once"
    assert token.extra["client_secret"] == "simulated-secret", "no other client can renew it"
    assert token.expires_at
    assert token.expires_at > time.time() + 3000
    assert "may close this page" in browser.page
    assert f"Logged in: {name}" in done.stdout
    assert browser.seen[0].url in done.stderr, "the address is printed, browser or not"
    assert not SECRETS.search(done.output)


@pytest.mark.parametrize(("plan", "words"), [("individual", "2026-06-18"), ("unverified", "Open https://accounts")])
def test_an_account_that_google_does_not_serve_is_told_so_at_its_login(
    cli: Cli, sim: SimulatorThread, browser: Person, plan: str, words: str
) -> None:
    with SimulatorThread(Script(oauth=OAuth(people=[SimulatedPerson(plan=plan)]))) as other:
        text = cli.home.config.read_text().replace(sim.url, other.url)
        cli.home.config.write_text(text)
        done = cli("auth", "login", "gemini")
    assert done.exit_code == 0, done.output
    assert words in done.stderr
    (token,) = tokens(cli)
    assert "project" not in token.facts
    assert not SECRETS.search(done.output)


def test_codex_login_listens_on_its_registered_port(cli: Cli, sim: SimulatorThread, browser: Person) -> None:
    with alone_on_the_registered_ports():
        done = cli("auth", "login", "codex", "--name", "work", "--priority", "5")
    assert done.exit_code == 0, done.output
    assert re.match(r"http://localhost:145[57]/auth/callback\?", browser.location)
    (token,) = tokens(cli)
    assert (token.name, token.priority, token.login, token.facts["plan"]) == ("work", 5, "codex", "max")


def test_second_login_to_the_same_account_renews_and_another_workspace_is_another_token(
    cli: Cli, sim: SimulatorThread, browser: Person
) -> None:
    with alone_on_the_registered_ports():
        assert cli("auth", "login", "codex").exit_code == 0
        (first,) = tokens(cli)
        store(cli).save_state(replace(first, health="unhealthy", health_because="refresh_token_reused"))
        done = cli("auth", "login", "codex")
        assert "Logged in again: codex-person" in done.stdout
        (again,) = tokens(cli)
        assert (again.id, again.health) == (first.id, "healthy")
        assert again.refresh_token != first.refresh_token
        browser.number = "1"
        assert "Logged in: codex-person-Work" in cli("auth", "login", "codex").stdout
    assert len(tokens(cli)) == 2


def test_declined_login_fails_and_stores_nothing(cli: Cli, sim: SimulatorThread, browser: Person) -> None:
    browser.decision = "deny"
    done = cli("auth", "login", "gemini")
    assert (done.exit_code, tokens(cli)) == (1, [])
    assert "declined in the browser. Nothing was stored" in done.stderr
    assert "access_denied" in browser.page


@pytest.mark.slow
def test_login_that_nobody_completes_ends_in_time_and_its_port_is_free_again(cli: Cli, sim: SimulatorThread) -> None:
    done = cli("auth", "login", "gemini", "--no-browser", "--timeout", "1")
    assert (done.exit_code, tokens(cli)) == (1, [])
    assert "not completed within 1s. Nothing was stored" in done.stderr
    port = int(re.findall(r"127\.0\.0\.1%3A(\d+)", done.stderr)[0])
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))


@pytest.mark.parametrize(
    ("environ", "is_terminal", "opens"),
    [
        ({"DISPLAY": ":0"}, True, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True, True),
        ({"BROWSER": "firefox"}, True, True),
        ({}, True, False),
        ({"DISPLAY": ":0"}, False, False),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}, True, False),
        ({"BROWSER": "lynx", "SSH_TTY": "/dev/pts/1"}, True, False),
    ],
)
def test_browser_is_opened_only_where_the_person_would_see_it(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], is_terminal: bool, opens: bool
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert login_run.can_open(environ, is_terminal=is_terminal) is opens


# ---- without ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_device_login_shows_a_code_and_waits(cli: Cli, sim: SimulatorThread, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[OpenPage] = []
    person = Person()

    def show(run: login_run.LoginRun, page: OpenPage) -> None:
        pages.append(page)
        usual(run, page)
        person(page)

    usual = login_run.LoginRun._open
    monkeypatch.setattr(login_run.LoginRun, "_open", show)
    done = cli("auth", "login", "copilot", "--priority", "-1")
    assert done.exit_code == 0, done.output
    assert pages[0].user_code in done.stderr
    (token,) = tokens(cli)
    assert (token.name, token.priority, token.facts["api_base"]) == (
        "copilot-person",
        -1,
        f"{sim.url}/copilot-api",
    )
    assert (token.access_token[:4], (token.refresh_token or "")[:4]) == ("tid=", "ghu_")
    assert not SECRETS.search(done.output)


def test_vertex_login_takes_a_key_file(cli: Cli, sim: SimulatorThread, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text(key_file())
    done = cli("auth", "login", "vertex", "--file", str(tmp_path / "key.json"), "--location", "europe-west1")
    assert done.exit_code == 0, done.output
    (token,) = tokens(cli)
    assert (token.account_id, token.facts["project"], token.facts["location"]) == (EMAIL, "p-1", "europe-west1")
    assert "PRIVATE KEY" in token.extra["service_account"]
    assert not SECRETS.search(done.output)
    assert b"PRIVATE KEY" not in cli.home.tokens_db.read_bytes(), "it is encrypted like any other secret"


def test_vertex_login_finds_application_default_credentials(cli: Cli, sim: SimulatorThread, tmp_path: Path) -> None:
    (tmp_path / "adc.json").write_text(key_file(project_id="p-adc"))
    cli.env["GOOGLE_APPLICATION_CREDENTIALS"] = str(tmp_path / "adc.json")
    assert cli("auth", "login", "vertex").exit_code == 0
    assert tokens(cli)[0].facts["project"] == "p-adc"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        pytest.param(("clyde",), 1, "There is no login 'clyde'. Known: claude, codex", id="unknown"),
        pytest.param(("openai",), 1, "openai has no login, only keys", id="keys only"),
        pytest.param(("claude", "--device"), 2, "--device is not for claude", id="wrong way"),
        pytest.param(("codex", "--device", "--paste"), 2, "one of --device and --paste", id="two ways"),
        pytest.param(("codex", "--file", "x"), 2, "are for vertex", id="file for another"),
        pytest.param(("codex", "--name", "a b"), 1, "token's name", id="bad name"),
        pytest.param(("vertex", "--file", "/nowhere/key.json"), 1, "cannot be read", id="no file"),
        pytest.param(("codex", "--timeout", "0"), 2, "--timeout", id="no time"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_asked(
    cli: Cli, sim: SimulatorThread, arguments: tuple[str, ...], status: int, message: str
) -> None:
    done = cli("auth", "login", *arguments)
    assert (done.exit_code, message in done.stderr) == (status, True), done.output
    assert sim.requests == []


def test_server_that_is_not_there_is_named(cli: Cli) -> None:
    cli.env["MITMROUTER__OAUTH__CODEX__BASE_URL"] = "http://127.0.0.1:9"
    done = cli("auth", "login", "codex", "--device")
    assert done.exit_code == 1
    assert "127.0.0.1:9 was not reached" in done.stderr


# ---- in a real terminal ----------------------------------------------------------------------------------------------


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_time_left_counts_down_in_a_terminal_and_is_wiped(cli: Cli, sim: SimulatorThread) -> None:
    with terminal(cli, "auth", "login", "gemini", "--timeout", "3") as shown:
        shown.until("2s left")
        shown.until("1s left")
        assert shown.end() == 1
    assert shown.shown.rindex("\x1b[K") > shown.shown.rindex("left (Ctrl-C")


@pytest.mark.slow
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


# ---- looking and forgetting ------------------------------------------------------------------------------------------


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


def test_logout_asks_and_forgets_one_or_all_of_a_provider(cli: Cli) -> None:
    seeded(cli)
    assert cli("auth", "logout", "mine", input="n\n").exit_code == 1
    assert len(tokens(cli)) == 3
    assert "Forgot mine" in cli("auth", "logout", "mine", input="y\n").stdout
    assert "Forgot dead" in cli("auth", "logout", "codex", "--yes").stdout
    assert [token.name for token in tokens(cli)] == ["key"]
    done = cli("auth", "logout", "key", "--yes")
    assert (done.exit_code, "no login of 'key'" in done.stderr) == (1, True)


def test_new_login_is_seen_by_a_running_store(cli: Cli, sim: SimulatorThread, browser: Person) -> None:
    mine = store(cli)
    edits = mine.edits()
    assert cli("auth", "login", "gemini").exit_code == 0
    assert wait_until(lambda: mine.edits() > edits)
