"""Logging in by authorization code with PKCE (RFC 6749, 7636): open a page, get a code back, exchange it.

The code comes back to a listener of ours on loopback, or by hand, when the browser is on another machine.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

from router_core.clock import Clock
from router_core.config.schema import OAuthConfig
from router_core.oauth.fields import at_server
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.oauth.redirect import Unusable, code_of_paste, code_of_query
from router_core.oauth.refusals import said
from router_core.oauth.steps import Ask, Callback, Flow, OpenPage, Paste, Step, answered, written
from router_core.oauth.token_set import LoginFailed, TokenSet

PASTES = 3
"""So often may a person paste something unusable."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that the one who exchanges the code is the one who asked for it."""

    verifier: str = field(repr=False)
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodeLogin:
    """What one login by code is made of."""

    authorize: str
    """Address of the page."""
    client_id: str
    scopes: tuple[str, ...]
    redirect_uri: str
    exchange: Callable[[str, Proof], HttpCall]
    """The call that turns a code into credentials."""
    read: Callable[[HttpAnswer, float], TokenSet]
    settings: OAuthConfig
    more: Mapping[str, str] = field(default_factory=dict)
    """Further parameters of the page's address."""
    by_hand: str = ""
    """The prompt, when a person pastes what came back; empty: our listener gets it."""


def new_proof() -> Proof:
    """A fresh one. The library's generator is the operating system's."""
    from oauthlib.common import generate_token
    from oauthlib.oauth2 import WebApplicationClient

    return Proof(WebApplicationClient("").create_code_verifier(64), generate_token(43))


def page_of(login: CodeLogin, proof: Proof) -> str:
    """The address that the person opens."""
    from oauthlib.oauth2 import WebApplicationClient

    client = WebApplicationClient(login.client_id)
    challenge = client.create_code_challenge(proof.verifier, "S256")
    url: str = client.prepare_request_uri(
        login.authorize, redirect_uri=login.redirect_uri, scope=list(login.scopes), state=proof.state,
        code_challenge=challenge, code_challenge_method="S256", **login.more,
    )  # fmt: skip
    return at_server(url, login.settings)


def code_flow(login: CodeLogin, proof: Proof, clock: Clock) -> Flow:
    """Raises LoginFailed."""
    yield OpenPage(page_of(login, proof))
    code = yield from _code(login, proof)
    answer = answered((yield Ask(login.exchange(code, proof))))
    return accepted(answer, login.read(answer, clock.now()))


def accepted(answer: HttpAnswer, found: TokenSet) -> TokenSet:
    """The credentials of an exchange.

    Raises:
        LoginFailed: it was refused, or brought none.
    """
    if answer.status != 200:
        raise LoginFailed(
            f"The login was refused (HTTP {answer.status}, {said(answer)}). Nothing was stored; begin again: a code "
            "works once, and for a few minutes only."
        )
    if not found.access_token:
        raise LoginFailed("The server's answer holds no access token. Nothing was stored; begin again.")
    return found


def _code(login: CodeLogin, proof: Proof) -> Generator[Step, HttpAnswer | str | None, str]:
    if not login.by_hand:
        return code_of_query(written((yield Callback())), proof.state)
    problem = ""
    for _ in range(PASTES - 1):
        try:
            return code_of_paste(written((yield Paste(login.by_hand, problem))), proof.state)
        except Unusable as error:
            problem = error.message
    return code_of_paste(written((yield Paste(login.by_hand, problem))), proof.state)
