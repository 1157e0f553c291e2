"""Logins that are followed from elsewhere: begun, finished, given up, late; never more than a few."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest

from router_core.clock import SystemClock
from router_core.config.schema import Config
from router_core.errors import Refused
from router_core.home import Home
from router_core.oauth.register import Registered
from router_core.oauth.remote_login import RemoteLogin, Wanted
from router_core.oauth.remote_logins import RemoteLogins
from router_core.oauth.steps import OpenPage
from router_core.oauth.token_set import LoginFailed
from router_core.simulator import OAuth, Script, SimulatorThread
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
from tests.router_core.oauth.walking import Person, config_for
from tests.support.router import wait_until


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread(Script(oauth=OAuth(device_interval_s=1))) as running:
        yield running


@pytest.fixture
def config(simulator: SimulatorThread) -> Config:
    simulator.reset()
    return config_for(simulator.url)


@pytest.fixture
def learned() -> list[str]:
    return []


@pytest.fixture
def stored() -> list[Registered]:
    return []


@pytest.fixture
def logins(home: Home, learned: list[str], stored: list[Registered]) -> Iterator[RemoteLogins]:
    under_way = RemoteLogins(home, SystemClock(), learned.append, stored.append)
    yield under_way
    under_way.close()
    wait_until(lambda: all(login.ended for login in under_way.all()))


def waits(login: RemoteLogin, condition: Callable[[], bool] | None = None) -> RemoteLogin:
    wait_until(condition or (lambda: login.progress.state != "starting" and (login.progress.prompt or login.ended)))
    return login


def consents(login: RemoteLogin, decision: str = "allow") -> Person:
    person = Person(decision)
    person(OpenPage(login.progress.url, login.progress.user_code))
    return person


def tokens(home: Home) -> list[Token]:
    store = open_tokens(home, SystemClock())
    with closing(store.database.conn):
        return store.all()


def test_code_that_the_page_shows_finishes_the_login_and_every_secret_is_told_to_the_mask(
    logins: RemoteLogins, config: Config, home: Home, learned: list[str], stored: list[Registered]
) -> None:
    login = waits(logins.begin(Wanted("claude", "claude", name="mine", priority=7), config))
    assert login.progress.prompt == "Paste the code that the page shows"
    login.give("nonsense#another-state")
    waits(login, lambda: bool(login.progress.problem))
    assert login.progress.state == "waiting"
    login.give(consents(login).code_on_page)
    waits(login, lambda: login.ended)
    assert (login.progress.state, login.progress.token, login.progress.error) == ("done", "mine", "")
    (token,) = tokens(home)
    assert (token.name, token.priority, token.login) == ("mine", 7, "claude")
    assert {token.access_token, token.refresh_token} <= set(learned)
    assert [done.token.id for done in stored] == [token.id]
    assert token.access_token not in str(login.view())


@pytest.mark.parametrize("by_hand", [False, True], ids=["the browser comes back", "its address is pasted"])
def test_browser_s_end_is_taken_from_our_listener_or_from_what_is_pasted(
    logins: RemoteLogins, config: Config, home: Home, by_hand: bool
) -> None:
    login = waits(logins.begin(Wanted("gemini-cli", "gemini", "browser"), config.model_copy(deep=True)))
    assert login.progress.state == "waiting", login.progress
    person = consents(login)
    if by_hand:
        login.give("http://127.0.0.1:9/oauth2callback?state=another&code=x")
        waits(login, lambda: "another login" in login.progress.problem)
        login.give(person.location)
    else:
        assert httpx.get(person.location, trust_env=False).status_code == 200
    waits(login, lambda: login.ended)
    assert login.progress.state == "done", login.progress
    assert [token.login for token in tokens(home)] == ["gemini"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{urlsplit(person.location).netloc}/", trust_env=False)


def test_device_code_is_shown_and_a_refusal_is_told(logins: RemoteLogins, config: Config, home: Home) -> None:
    login = logins.begin(Wanted("codex", "codex", "device"), config)
    waits(login, lambda: bool(login.progress.user_code))
    consents(login, "deny")
    waits(login, lambda: login.ended)
    assert login.progress.state == "failed"
    assert "declined" in login.progress.error
    assert tokens(home) == []


def test_login_ends_by_itself_when_nobody_comes(logins: RemoteLogins, config: Config) -> None:
    login = logins.begin(Wanted("claude", "claude", timeout_s=0.3), config)
    waits(login, lambda: login.ended)
    assert login.progress.state == "failed"
    assert "was not completed within" in login.progress.error


def test_given_up_login_ends_at_once_and_frees_its_port(logins: RemoteLogins, config: Config) -> None:
    login = waits(logins.begin(Wanted("gemini-cli", "gemini", "browser"), config))
    begun = time.monotonic()
    login.cancel()
    waits(login, lambda: login.ended)
    assert time.monotonic() - begun < 1
    assert login.progress.state == "cancelled"


def test_a_new_login_takes_the_place_of_an_unfinished_one_and_there_are_never_more_than_three(
    logins: RemoteLogins, config: Config
) -> None:
    first = waits(logins.begin(Wanted("claude", "claude"), config))
    second = waits(logins.begin(Wanted("claude", "claude"), config))
    waits(first, lambda: first.ended)
    assert (first.progress.state, second.ended) == ("cancelled", False)
    logins.begin(Wanted("codex", "codex", "device"), config)
    logins.begin(Wanted("gemini-cli", "gemini", "paste"), config)
    with pytest.raises(Refused, match="3 logins are under way \\(claude, codex, gemini-cli\\)"):
        logins.begin(Wanted("copilot", "copilot"), config)
    second.cancel()
    waits(second, lambda: second.ended)
    logins.begin(Wanted("copilot", "copilot"), config)
    assert next(login.wanted.provider for login in logins.all()) == "copilot"


def test_way_that_there_is_not_is_named(logins: RemoteLogins, config: Config) -> None:
    with pytest.raises(LoginFailed, match="'device' is no way to log in to claude: paste"):
        logins.begin(Wanted("claude", "claude", "device"), config)
    with pytest.raises(Refused, match="no such login"):
        logins.find("nothing")
