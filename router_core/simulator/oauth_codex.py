"""The simulated auth.openai.com: code with PKCE on the two registered loopback ports, device codes, refresh tokens that
work once. Read from the Codex CLI's source and users' reports, 2026."""

import secrets

from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.call import Call
from router_core.simulator.oauth_authorize import Rules, authorize, challenge_of, is_loopback_redirect, take_code
from router_core.simulator.oauth_book import Chain, Code
from router_core.simulator.oauth_pages import device_page, form_of, page, person_of
from router_core.simulator.world import World

CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"
PORTS = (1455, 1457)
SCOPES = frozenset(["openid", "profile", "email", "offline_access", "api.connectors.read", "api.connectors.invoke"])
DEVICE_REDIRECT = "/deviceauth/callback"

RULES = Rules(
    "codex", "ChatGPT", lambda uri: is_loopback_redirect(uri, ("localhost",), "/auth/callback", PORTS), SCOPES
)

REUSED = (
    "Your refresh token has already been used to generate a new access token. Please try signing in again.",
    "refresh_token_reused",
)
EXPIRED = ("Your refresh token has expired. Please try signing in again.", "refresh_token_expired")
INVALIDATED = ("Your refresh token has been invalidated. Please try signing in again.", "refresh_token_invalidated")


def answer_codex_oauth(world: World, call: Call) -> Answer:
    """`/oauth/authorize`, `/oauth/token`, `/codex/device` and the device endpoints."""
    match call.method, call.path:
        case _, "/oauth/authorize":
            return authorize(world, call, RULES)
        case "POST", "/oauth/token":
            return _token(world, call)
        case "POST", "/api/accounts/deviceauth/usercode":
            return _new_device(world, call)
        case "POST", "/api/accounts/deviceauth/token":
            return _poll(world, call)
        case "GET", "/codex/device":
            return device_page(call.path, world.script.oauth)
        case "POST", "/codex/device":
            fields = form_of(call)
            allowed = fields.get("decision") == "allow"
            person = person_of(fields, world.script.oauth.people) if allowed else None
            known = world.oauth.decide(fields.get("user_code", ""), person)
            return page(200, "You may close this page", "") if known else page(400, "That code is not known", "")
        case _:
            return _error(404, "Not Found", "not_found")


def _token(world: World, call: Call) -> Answer:
    json = call.header("content-type").startswith("application/json")
    fields = (
        {name: value for name, value in (call.json or {}).items() if isinstance(value, str)} if json else form_of(call)
    )
    if fields.get("client_id") != CLIENT_ID:
        return json_answer(401, {"error": "invalid_client", "error_description": "The client is not known."})
    match fields.get("grant_type"):
        case "authorization_code" if not json:  # only the refresh is taken as JSON, too
            found = take_code(world, "codex", fields)
            if isinstance(found, Chain):
                return _tokens(world, found)
            text = "PKCE verification failed." if found == "verifier" else f"The code cannot be used ({found})."
            return json_answer(400, {"error": "invalid_grant", "error_description": text})
        case "refresh_token":
            return _refresh(world, fields.get("refresh_token", ""))
        case _:
            return json_answer(400, {"error": "unsupported_grant_type"})


def _refresh(world: World, refresh_token: str) -> Answer:
    chain = world.oauth.find("codex", refresh_token)
    if chain is None:
        return _error(401, *INVALIDATED)
    if chain.refresh_token != refresh_token:
        world.oauth.refuse_reuse(chain)
        return _error(401, *REUSED)
    if world.oauth.is_over(chain):
        return _error(401, *EXPIRED)
    if not chain.alive:
        return _error(401, *INVALIDATED)
    world.oauth.renew(chain)
    return _tokens(world, chain)


def _new_device(world: World, call: Call) -> Answer:
    if (call.json or {}).get("client_id") != CLIENT_ID:
        return _error(400, "Unknown client", "invalid_client")
    device_id, device = world.oauth.new_device("codex", CLIENT_ID, "openid profile email offline_access")
    # the interval is a text, as from the provider
    answer = {"device_auth_id": device_id, "user_code": device.user_code, "interval": str(int(device.interval_s))}
    return json_answer(200, answer)


def _poll(world: World, call: Call) -> Answer:
    body = call.json or {}
    device = world.oauth.devices.get(str(body.get("device_auth_id")))
    if device is None or device.server != "codex" or device.user_code != body.get("user_code"):
        return _error(404, "Device authorization not found", "deviceauth_not_found")
    if world.clock.now() >= device.ends_at:
        return _error(404, "Device authorization expired", "deviceauth_expired")
    if world.oauth.polled_too_soon(device):
        return _error(429, "Polling too fast", "slow_down")
    if device.denied:
        return _error(400, "The request was declined", "access_denied")
    if device.person is None:
        return _error(403, "Device authorization is pending", "deviceauth_authorization_pending")
    verifier = secrets.token_urlsafe(48)  # the server makes the pair
    challenge = challenge_of(verifier)
    ends = world.clock.now() + world.script.oauth.code_life_s
    where = f"{_own(call)}{DEVICE_REDIRECT}"
    code = Code("codex", CLIENT_ID, where, challenge, "", device.scope, device.person, ends)
    answer = {"authorization_code": world.oauth.hand_out(code), "code_challenge": challenge, "code_verifier": verifier}
    return json_answer(200, answer)


def _own(call: Call) -> str:
    """Where the program believes the server to be: the redirect of a device login is below it."""
    return f"http://{call.header('host')}"


def _tokens(world: World, chain: Chain) -> Answer:
    return json_answer(
        200,
        {
            "id_token": chain.access_token,
            "access_token": chain.access_token,
            "refresh_token": chain.refresh_token,
            "token_type": "Bearer",
            "expires_in": int(world.oauth.life_s("codex")),
            "scope": chain.scope or "openid profile email offline_access",
        },
    )


def _error(status: int, message: str, code: str) -> Answer:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return json_answer(status, {"error": error})
