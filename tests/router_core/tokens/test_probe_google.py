"""`token test` of Google's logins, at the simulated services."""

from collections.abc import Iterator

import pytest

from router_core.clock import SystemClock
from router_core.config.schema import Config, ProviderConfig
from router_core.providers.catalogue import CATALOGUE
from router_core.simulator import SimulatorThread
from router_core.simulator.google_accounts import VALIDATION_LINK
from router_core.simulator.script import Account, Script
from router_core.tokens.probe import ProbeResult, probe
from router_core.tokens.token import Token

ACCOUNTS = [
    Account(token="ya29.licensed", kind="code-assist", project="proj"),
    Account(token="ya29.new", kind="code-assist", plan="new"),
    Account(token="ya29.individual", kind="code-assist", plan="individual"),
    Account(token="ya29.unverified", kind="antigravity", plan="unverified"),
    Account(token="ya29.vertex", kind="vertex", project="proj"),
    Account(token="ya29.revoked", kind="vertex", project="proj", revoked=True),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with SimulatorThread(Script(accounts=ACCOUNTS)) as simulator:
        yield simulator.url


def ask(url: str, name: str, secret: str, *, project: str | None = None, **facts: str) -> ProbeResult:
    row = CATALOGUE[name]
    provider = ProviderConfig(kind=row.kind, base_url=url, project=project)
    return probe(Token("1", "t", name, secret, facts=facts), provider, Config(), SystemClock())


@pytest.mark.parametrize(
    ("name", "secret", "facts", "ok", "words"),
    [
        ("gemini-cli", "ya29.licensed", {}, True, "standard-tier, project proj"),
        ("gemini-cli", "ya29.new", {}, True, "a new account"),
        ("gemini-cli", "ya29.individual", {}, False, "2026-06-18"),
        ("antigravity", "ya29.unverified", {}, False, VALIDATION_LINK),
        ("gemini-cli", "not-a-login", {}, False, "UNAUTHENTICATED"),
        ("vertex", "ya29.vertex", {"project": "proj", "location": "europe-west1"}, True, "project proj, europe-west1"),
        ("vertex", "ya29.vertex", {"project": "other"}, False, "denied on resource"),
        ("vertex", "ya29.vertex", {}, False, "its Google project is not known"),
        ("vertex", "ya29.revoked", {"project": "proj"}, False, "UNAUTHENTICATED"),
        ("vertex", f"AIza{'express':-<35}", {}, True, "of the API key"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_an_account_is_told_of_itself(
    url: str, name: str, secret: str, facts: dict[str, str], ok: bool, words: str
) -> None:
    result = ask(url, name, secret, **facts)
    assert result.ok is ok
    assert words in result.detail
    assert secret not in result.detail


def test_a_project_that_is_not_the_accounts_is_refused(url: str) -> None:
    assert not ask(url, "gemini-cli", "ya29.licensed", project="other").ok
    assert ask(url, "gemini-cli", "ya29.licensed", project="proj").ok
