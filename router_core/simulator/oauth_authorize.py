"""The authorization-code half that all of them share: check the request, ask the person, hand out a code, take it back.

Each server says what it allows in a `Rules`; the words in which it refuses an exchange are its own.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from router_core.simulator.answers import Answer
from router_core.simulator.call import Call
from router_core.simulator.oauth_book import Chain, Code, Server
from router_core.simulator.oauth_pages import code_page, consent_page, form_of, person_of, redirect, refused_page
from router_core.simulator.world import World

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")

type Wrong = Literal["unknown", "used", "expired", "client", "redirect", "verifier"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What one authorization server allows."""

    server: Server
    name: str
    redirect: Callable[[str], bool]
    scopes: frozenset[str]
    needs_state: bool = False
    joined_code: bool = False
    """A person copies `code#state`."""


def authorize(world: World, call: Call, rules: Rules) -> Answer:
    """`GET` shows the consent page, `POST` is its button."""
    fields = form_of(call)
    wrong = _wrong_request(fields, rules)
    if wrong:
        return refused_page(wrong)
    if call.method == "GET":
        return consent_page(rules.name, call.path, fields, world.script.oauth)
    state = fields.get("state", "")
    back = {"state": state} if state else {}
    if fields.get("decision") != "allow":
        return _back(fields["redirect_uri"], {"error": "access_denied", **back}, rules)
    code = Code(
        rules.server, fields["client_id"], fields["redirect_uri"], fields["code_challenge"], state,
        fields.get("scope", ""), person_of(fields, world.script.oauth.people),
        world.clock.now() + world.script.oauth.code_life_s,
    )  # fmt: skip
    return _back(fields["redirect_uri"], {"code": world.oauth.hand_out(code), **back}, rules)


def _wrong_request(fields: dict[str, str], rules: Rules) -> str:
    if fields.get("response_type") != "code":
        return "unsupported_response_type"
    if not rules.redirect(fields.get("redirect_uri", "")):
        return "Error 400: redirect_uri_mismatch"
    if fields.get("code_challenge_method") != "S256" or len(fields.get("code_challenge", "")) != 43:
        return "invalid_request: code_challenge with S256 is required"
    if rules.needs_state and not fields.get("state"):
        return "invalid_request: missing state parameter"
    unknown = set(fields.get("scope", "").split()) - rules.scopes
    if unknown or not fields.get("scope"):
        return f"invalid_scope: {' '.join(sorted(unknown))}"
    return ""


def _back(redirect_uri: str, fields: dict[str, str], rules: Rules) -> Answer:
    if redirect_uri.startswith("http://"):
        return redirect(redirect_uri, fields)
    # the vendor's own page that shows the code to copy: it is ours here
    if "code" not in fields:
        return refused_page(fields["error"])
    return code_page(f"{fields['code']}#{fields.get('state', '')}" if rules.joined_code else fields["code"])


def take_code(world: World, server: Server, fields: dict[str, str]) -> Chain | Wrong:
    """Exchange a code for a new login; or what is wrong with it. A code that comes twice ends the login it gave."""
    code = world.oauth.codes.get(fields.get("code", ""))
    if code is None or code.server != server:
        return "unknown"
    if code.chain is not None:
        code.chain.alive = False
        return "used"
    if world.clock.now() >= code.ends_at:
        return "expired"
    if fields.get("client_id") != code.client_id:
        return "client"
    if fields.get("redirect_uri") != code.redirect_uri:
        return "redirect"
    if not is_verifier(fields.get("code_verifier", ""), code.challenge):
        return "verifier"
    code.chain = world.oauth.begin(server, code.person, code.client_id, code.scope)
    return code.chain


def is_verifier(verifier: str, challenge: str) -> bool:
    """RFC 7636, method S256."""
    return bool(VERIFIER.fullmatch(verifier)) and challenge_of(verifier) == challenge


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def is_loopback_redirect(uri: str, hosts: tuple[str, ...], path: str, ports: tuple[int, ...] = ()) -> bool:
    """A redirect to a program on the person's own machine; any port unless `ports` names them."""
    parts = urlsplit(uri)
    try:
        port = parts.port
    except ValueError:
        return False
    if parts.scheme != "http" or parts.path != path or parts.query or parts.fragment or port is None:
        return False
    return parts.hostname in hosts and (not ports or port in ports)
