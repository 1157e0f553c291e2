"""Logging in on another device (RFC 8628): show a code, and ask until its person has typed it somewhere else.

GitHub speaks the RFC, but says everything with a 200. OpenAI has a form of its own: pending is a 403 or 404, and what
comes out is an authorization code together with its verifier.
"""

from collections.abc import Callable, Generator
from typing import Literal

from router_core.clock import Clock
from router_core.config.schema import Config
from router_core.oauth import codex, copilot
from router_core.oauth.code_flow import Proof, accepted
from router_core.oauth.fields import FORM, at_server, number, post_json, text
from router_core.oauth.http import HttpAnswer, HttpCall, NotReached
from router_core.oauth.refusals import said
from router_core.oauth.steps import Ask, Flow, OpenPage, Step, Wait, answered
from router_core.oauth.token_set import LoginFailed

CODEX_LIFE_S = 15 * 60.0
DEFAULT_INTERVAL_S = 5.0
SLOWER_BY_S = 5.0
"""What RFC 8628 adds for a `slow_down`."""

type Verdict = Literal["pending", "slower", "done"]


def github_flow(config: Config, clock: Clock) -> Flow:
    """A GitHub login, and the first Copilot token made of it.

    Raises:
        LoginFailed: declined, too late, or the account has no Copilot.
    """
    from oauthlib.oauth2 import DeviceClient

    settings = config.oauth.copilot
    client_id = settings.client_id or copilot.CLIENT_ID
    start = post_json(
        at_server(f"{copilot.GITHUB}/login/device/code", settings), {"client_id": client_id, "scope": copilot.SCOPE}
    )
    device = answered((yield Ask(start)))
    secret, user_code = text(device.json, "device_code"), text(device.json, "user_code")
    if device.status != 200 or not secret:
        raise LoginFailed(f"GitHub gave no device code (HTTP {device.status}, {said(device)}).")
    life = number(device.json, "expires_in") or 900.0
    yield OpenPage(text(device.json, "verification_uri") or f"{copilot.GITHUB}/login/device", user_code)
    body: str = DeviceClient(client_id).prepare_request_body(secret, include_client_id=True)
    poll = HttpCall("POST", at_server(f"{copilot.GITHUB}/login/oauth/access_token", settings), FORM, body.encode())
    login = yield from _polled(poll, _github_verdict, number(device.json, "interval"), clock.now() + life, clock)
    github_token = text(login.json, "access_token")
    made = answered((yield Ask(copilot.token_call(github_token, config))))
    if made.status != 200:
        raise LoginFailed(
            f"GitHub gave this account no Copilot token (HTTP {made.status}, {said(made)}): has it a licence for "
            "Copilot, and may it use it here? See github.com/settings/copilot. Nothing was stored."
        )
    found = accepted(made, copilot.read_set(made, clock.now()))
    who = answered((yield Ask(copilot.user_call(github_token, config))))
    return copilot.with_owner(found, github_token, who)


def codex_device_flow(config: Config, clock: Clock) -> Flow:
    """A ChatGPT login.

    Raises:
        LoginFailed: declined or too late.
    """
    settings = config.oauth.codex
    own = f"{codex.ISSUER}/api/accounts/deviceauth"
    body = {"client_id": codex.client_id(config)}
    device = answered((yield Ask(post_json(at_server(f"{own}/usercode", settings), body))))
    device_id, user_code = text(device.json, "device_auth_id"), text(device.json, "user_code")
    if device.status != 200 or not device_id:
        raise LoginFailed(
            f"OpenAI gave no device code (HTTP {device.status}, {said(device)}): device codes may be switched off for "
            "your workspace. Log in with the browser, or with --paste."
        )
    yield OpenPage(at_server(f"{codex.ISSUER}/codex/device", settings), user_code)
    poll = post_json(at_server(f"{own}/token", settings), {"device_auth_id": device_id, "user_code": user_code})
    ends = clock.now() + CODEX_LIFE_S
    given = yield from _polled(poll, _codex_verdict, number(device.json, "interval"), ends, clock)
    proof = Proof(text(given.json, "code_verifier"), "")
    code = text(given.json, "authorization_code")
    if not code or not proof.verifier:
        raise LoginFailed("OpenAI's answer holds no authorization code. Nothing was stored; begin again.")
    where = at_server(f"{codex.ISSUER}/deviceauth/callback", settings)
    answer = answered((yield Ask(codex.exchange_call(code, proof.verifier, where, config))))
    return accepted(answer, codex.read_set(answer, clock.now()))


def _polled(
    call: HttpCall, verdict: Callable[[HttpAnswer], Verdict], interval: float | None, ends: float, clock: Clock
) -> Generator[Step, HttpAnswer | str | None, HttpAnswer]:
    """Ask until the person has decided; the answer that says so."""
    wait = max(DEFAULT_INTERVAL_S if interval is None else interval, 1.0)
    while clock.now() + wait < ends:
        yield Wait(wait, ends)
        try:
            answer = answered((yield Ask(call)))
        except NotReached:  # the person is typing somewhere else: a moment without network ends nothing
            wait += SLOWER_BY_S
            continue
        match verdict(answer):
            case "done":
                return answer
            case "slower":
                wait = max(wait + SLOWER_BY_S, number(answer.json, "interval") or 0.0)
            case "pending":
                pass
    raise LoginFailed("The code has expired before it was typed in. Nothing was stored; begin again.")


def _github_verdict(answer: HttpAnswer) -> Verdict:
    if answer.status == 200 and text(answer.json, "access_token"):
        return "done"
    match said(answer).code:
        case "authorization_pending":
            return "pending"
        case "slow_down":
            return "slower"
        case "expired_token":
            raise LoginFailed("The code has expired before it was typed in. Nothing was stored; begin again.")
        case "access_denied":
            raise LoginFailed("The login was declined. Nothing was stored.")
    return _busy(answer, "GitHub")


def _codex_verdict(answer: HttpAnswer) -> Verdict:
    if answer.status == 200:
        return "done"
    if said(answer).code == "access_denied":
        raise LoginFailed("The login was declined. Nothing was stored.")
    if answer.status in (403, 404):
        return "pending"
    return _busy(answer, "OpenAI")


def _busy(answer: HttpAnswer, who: str) -> Verdict:
    if answer.status == 429 or answer.status >= 500:
        return "slower"
    raise LoginFailed(f"{who} refused the login (HTTP {answer.status}, {said(answer)}). Nothing was stored.")
