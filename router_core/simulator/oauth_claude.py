"""The simulated authorization server of claude.ai, with the token endpoint of platform.claude.com.

JSON only, `state` in the exchange too, refresh tokens that work once. Words of refusals from users' reports, 2026.
"""

from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.anthropic_errors import anthropic_error
from router_core.simulator.call import Call
from router_core.simulator.oauth_authorize import Rules, authorize, is_loopback_redirect, take_code
from router_core.simulator.oauth_book import Chain, stable
from router_core.simulator.world import World

CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e"
PASTE_REDIRECT = "https://platform.claude.com/oauth/code/callback"
SCOPES = frozenset(
    [
        "org:create_api_key",
        "user:profile",
        "user:inference",
        "user:sessions:claude_code",
        "user:mcp_servers",
        "user:file_upload",
    ]
)

RULES = Rules(
    "claude",
    "Claude",
    lambda uri: uri == PASTE_REDIRECT or is_loopback_redirect(uri, ("localhost",), "/callback"),
    SCOPES,
    needs_state=True,
    joined_code=True,
)


def answer_claude_oauth(world: World, call: Call) -> Answer:
    """`/oauth/authorize` and `/v1/oauth/token`."""
    if call.path == "/oauth/authorize":
        return authorize(world, call, RULES)
    if call.method != "POST":
        return anthropic_error(world, 405, "Method Not Allowed")
    body = call.json if call.header("content-type").startswith("application/json") else None
    if body is None:
        return anthropic_error(world, 400, "Invalid request format")
    fields = {name: value for name, value in body.items() if isinstance(value, str)}
    if fields.get("client_id") != CLIENT_ID:
        return _invalid("invalid_client", "Client with id not found", 401)
    match fields.get("grant_type"):
        case "authorization_code":
            return _exchange(world, fields)
        case "refresh_token":
            return _refresh(world, fields)
        case _:
            return _invalid("unsupported_grant_type", "Grant type is not supported")


def _exchange(world: World, fields: dict[str, str]) -> Answer:
    for name in ("code", "redirect_uri", "code_verifier", "state"):
        if not fields.get(name):
            return anthropic_error(world, 400, f"{name}: Field required")
    code = world.oauth.codes.get(fields["code"])
    if code is not None and code.state != fields["state"]:
        return _invalid("invalid_grant", "Invalid 'state' in request.")
    found = take_code(world, "claude", fields)
    match found:
        case Chain():
            return _tokens(world, found)
        case "redirect":
            return _invalid("invalid_grant", "Invalid 'redirect_uri' in request.")
        case "verifier":
            return _invalid("invalid_grant", "PKCE verification failed")
        case _:
            return _invalid("invalid_grant", "Invalid 'code' in request.")


def _refresh(world: World, fields: dict[str, str]) -> Answer:
    refresh_token = fields.get("refresh_token", "")
    chain = world.oauth.find("claude", refresh_token)
    if chain is None or not world.oauth.is_live(chain, refresh_token):
        if chain is not None and chain.refresh_token != refresh_token:
            world.oauth.refuse_reuse(chain)
        return _invalid("invalid_grant", "Refresh token not found or invalid")
    world.oauth.renew(chain)
    return _tokens(world, chain)


def _tokens(world: World, chain: Chain) -> Answer:
    person = chain.person
    uuid = stable(person.email)
    return json_answer(
        200,
        {
            "token_type": "Bearer",
            "access_token": chain.access_token,
            "expires_in": int(world.oauth.life_s("claude")),
            "refresh_token": chain.refresh_token,
            "scope": chain.scope or "user:inference user:profile",
            "organization": {"uuid": _uuid(chain.account_id), "name": person.workspace},
            "account": {"uuid": _uuid(uuid), "email_address": person.email},
        },
        [("request-id", world.refusal_id())],
    )


def _invalid(error: str, description: str, status: int = 400) -> Answer:
    return json_answer(status, {"error": error, "error_description": description})


def _uuid(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-4000-8000-{digits[12:24]}"
