"""One login from start to end in a real browser: our command opens it, a person consents, the token is registered."""

import re
from pathlib import Path

import pytest

from router_core.clock import SystemClock
from router_core.home import Home
from router_core.simulator import OAuth, Script, SimulatorThread
from router_core.simulator import Person as SimulatedPerson
from router_core.store.tokens import open_tokens
from tests.router_core.cli.conftest import Cli
from tests.router_core.cli.logging_in import ADDRESS, SECRETS
from tests.router_core.oauth.walking import GOOGLE
from tests.support.browser import browser_to_start
from tests.support.terminal import terminal

pytestmark = pytest.mark.clients

PEOPLE = [SimulatedPerson(email="first@example.com"), SimulatedPerson(email="second@example.com")]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(Home(tmp_path / "home").ensure())


def test_person_who_consents_in_a_real_browser_is_logged_in(cli: Cli, tmp_path: Path) -> None:
    with (
        SimulatorThread(Script(oauth=OAuth(people=PEOPLE))) as simulator,
        browser_to_start(tmp_path / "browser") as browser,
    ):
        settings = [f'base_url = "{simulator.url}"', *(f'{name} = "{value}"' for name, value in GOOGLE.items())]
        provider = ["[providers.gemini-cli]", 'kind = "code-assist"', f'base_url = "{simulator.url}"']
        cli.home.config.write_text("\n".join(["[oauth.gemini]", *settings, *provider]))
        with terminal(cli, "auth", "login", "gemini", BROWSER=browser.command) as shown:
            printed = shown.until(ADDRESS.pattern + r"\s")
            browser.attach()
            assert browser.wait_for("document.querySelector('#allow') && location.href") == printed
            assert "Google: authorize this program?" in browser.value("document.body.innerText")
            browser.value("document.querySelector('select').value = '1'")
            browser.click("#allow")
            text = browser.wait_for("/close this page/.test(document.body.innerText) && document.body.innerText")
            assert "the rest is done in the terminal" in text
            assert browser.value("performance.getEntriesByType('resource').length") == 0
            assert browser.value("document.referrer") in ("", f"{simulator.url}/")
            address = browser.value("location.href")
            assert shown.end() == 0, shown.shown
        (token,) = open_tokens(cli.home, SystemClock()).all()
        (chain,) = simulator.logins
    assert re.match(r"http://127\.0\.0\.1:\d+/oauth2callback\?", address)
    assert (token.name, token.facts["email"], token.login) == ("gemini-cli-second", "second@example.com", "gemini")
    assert token.facts["project"].startswith("sim-project-")
    assert (token.access_token, token.refresh_token) == (chain.access_token, chain.refresh_token)
    assert not SECRETS.search(shown.shown)
    listener = address.partition("/oauth2callback")[0]
    asked = {url for url in browser.loaded if url.startswith(listener)}
    assert asked <= {address, f"{listener}/favicon.ico"}, "the last page brings nothing else along"
