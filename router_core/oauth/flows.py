"""Which login of which provider, by which way: what `auth login` runs."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from router_core.clock import Clock
from router_core.config.schema import Config
from router_core.oauth import antigravity, claude, codex, gemini, google
from router_core.oauth.code_flow import CodeLogin, Proof, code_flow
from router_core.oauth.device_flow import codex_device_flow, github_flow
from router_core.oauth.google_client import find_client
from router_core.oauth.http import HttpCall
from router_core.oauth.steps import Flow
from router_core.oauth.token_set import LoginFailed
from router_core.tokens.token import Login

type Way = Literal["browser", "paste", "device"]
"""`browser`: our listener is called back. `paste`: a person pastes what came back. `device`: a code is typed in
somewhere else."""

WAYS: Mapping[Login, tuple[Way, ...]] = {
    "claude": ("paste",),
    "codex": ("browser", "paste", "device"),
    "copilot": ("device",),
    "gemini": ("browser", "paste"),
    "antigravity": ("browser", "paste"),
}
"""The first one is the usual one."""

LISTENS: Mapping[Login, tuple[str, tuple[int, ...], str]] = {
    "codex": ("localhost", codex.CALLBACK_PORTS, codex.CALLBACK_PATH),
    "gemini": ("127.0.0.1", (0,), gemini.CALLBACK_PATH),
    "antigravity": ("localhost", (antigravity.CALLBACK_PORT, 0), antigravity.CALLBACK_PATH),
}
"""Host, ports (0: any free one) and path that the browser may be sent back to."""

PASTE_ADDRESS = "Paste the whole address that the browser ends up at (the page itself will not load)"
PASTE_CODE = "Paste the code that the page shows"


def flow_of(login: Login, way: Way, config: Config, clock: Clock, proof: Proof, redirect_uri: str = "") -> Flow:
    """The login as a generator of steps.

    Args:
        redirect_uri: where our listener listens; only for `browser`.

    Raises:
        LoginFailed: it cannot be begun; says what is missing.
    """
    match login, way:
        case "claude", "paste":
            return code_flow(_claude(config), proof, clock)
        case "codex", "device":
            return codex_device_flow(config, clock)
        case "codex", _:
            return code_flow(_codex(config, redirect_uri), proof, clock)
        case "copilot", "device":
            return github_flow(config, clock)
        case ("gemini" | "antigravity") as of_google, _:
            return _google_flow(of_google, redirect_uri, config, clock, proof)
    raise LoginFailed(f"There is no such way to log in to {login}.")


def _claude(config: Config) -> CodeLogin:
    def exchange(code: str, proof: Proof) -> HttpCall:
        return claude.exchange_call(code, proof.verifier, proof.state, claude.PASTE_REDIRECT, config)

    return CodeLogin(
        claude.AUTHORIZE, claude.client_id(config), claude.SCOPES, claude.PASTE_REDIRECT, exchange, claude.read_set,
        config.oauth.claude, {"code": "true"}, by_hand=PASTE_CODE,
    )  # fmt: skip


def _codex(config: Config, redirect_uri: str) -> CodeLogin:
    where = redirect_uri or f"http://localhost:{codex.CALLBACK_PORTS[0]}{codex.CALLBACK_PATH}"

    def exchange(code: str, proof: Proof) -> HttpCall:
        return codex.exchange_call(code, proof.verifier, where, config)

    return CodeLogin(
        f"{codex.ISSUER}/oauth/authorize", codex.client_id(config), codex.SCOPES, where, exchange, codex.read_set,
        config.oauth.codex, codex.MORE, by_hand="" if redirect_uri else PASTE_ADDRESS,
    )  # fmt: skip


def _google_flow(login: google.GoogleLogin, redirect_uri: str, config: Config, clock: Clock, proof: Proof) -> Flow:
    client = find_client(login, config, os.environ)
    if client is None:
        program = "the Gemini CLI" if login == "gemini" else "Antigravity"
        raise LoginFailed(
            f"Google logs people in to programs that it knows only, and the id and secret of {program} are not ours to "
            f"ship. Install {program} on this machine (it is found by itself), or put client_id and client_secret into "
            f"[oauth.{login}] of config.toml, or set {login.upper()}_OAUTH_CLIENT_ID and _SECRET."
        )
    port = antigravity.CALLBACK_PORT
    by_hand = gemini.PASTE_REDIRECT if login == "gemini" else f"http://localhost:{port}{antigravity.CALLBACK_PATH}"
    where = redirect_uri or by_hand
    scopes = gemini.SCOPES if login == "gemini" else antigravity.SCOPES

    def exchange(code: str, proof: Proof) -> HttpCall:
        return google.exchange_call(login, client, code, proof.verifier, where, config)

    prompt = PASTE_CODE if login == "gemini" else PASTE_ADDRESS
    more = {"access_type": "offline", "prompt": "consent"}
    found = yield from code_flow(
        CodeLogin(
            google.AUTHORIZE, client.id, scopes, where, exchange, google.read_set, getattr(config.oauth, login), more,
            by_hand="" if redirect_uri else prompt,
        ),
        proof, clock,
    )  # fmt: skip
    if not found.refresh_token:
        raise LoginFailed(
            "Google gave no refresh token, so this login could not be kept. Remove the program's access at "
            "myaccount.google.com/permissions and log in again. Nothing was stored."
        )
    extra = {**found.extra, "client_id": client.id, "client_secret": client.secret}
    return replace(found, extra=extra)
