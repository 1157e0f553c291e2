"""`auth login`: with a browser, with a code for another device, and from files."""

import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from router_core.cli import login_run
from router_core.oauth.steps import OpenPage
from router_core.simulator import OAuth, Script, SimulatorThread
from router_core.simulator import Person as SimulatedPerson
from tests.router_core.cli.conftest import Cli
from tests.router_core.cli.logging_in import (
    SECRETS,
    accounts_at_a_simulator,
    alone_on_the_registered_ports,
    point_at,
    store,
    tokens,
)
from tests.router_core.oauth.test_vertex_login import EMAIL, key_file
from tests.router_core.oauth.walking import Person
from tests.support.router import wait_until


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorThread]:
    with accounts_at_a_simulator() as simulator:
        yield simulator


@pytest.fixture
def sim(running: SimulatorThread, cli: Cli) -> SimulatorThread:
    """The simulator, and a home whose logins are made there."""
    return point_at(running, cli)


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


def test_new_login_is_seen_by_a_running_store(cli: Cli, sim: SimulatorThread, browser: Person) -> None:
    mine = store(cli)
    edits = mine.edits()
    assert cli("auth", "login", "gemini").exit_code == 0
    assert wait_until(lambda: mine.edits() > edits)
