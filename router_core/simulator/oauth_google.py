"""The simulated Google authorization server: codes with PKCE, refresh tokens that stay, JWTs of service accounts.

Unlike the other two it wants a client secret, takes any loopback port, and does not rotate.
"""

import base64
import binascii
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.call import Call
from router_core.simulator.jwt import plain_jwt
from router_core.simulator.oauth_authorize import Rules, authorize, is_loopback_redirect, take_code
from router_core.simulator.oauth_book import SERVICE_ACCOUNT, Chain, stable
from router_core.simulator.oauth_pages import form_of, refused_page
from router_core.simulator.script import Person, ServiceAccount
from router_core.simulator.world import World

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PASTE_REDIRECT = "https://codeassist.google.com/authcode"
SCOPES = frozenset(
    f"https://www.googleapis.com/auth/{name}"
    for name in ("cloud-platform", "userinfo.email", "userinfo.profile", "cclog", "experimentsandconfigs")
)
METADATA = "/computeMetadata/v1"
MACHINE, MACHINE_PROJECT = "machine@sim-project.iam.gserviceaccount.com", "sim-project"
SKEW_S = 300
LONGEST_S = 3600

RULES = Rules(
    "google",
    "Google",
    lambda uri: (
        uri == PASTE_REDIRECT
        or is_loopback_redirect(uri, ("127.0.0.1", "localhost"), "/oauth2callback")
        or is_loopback_redirect(uri, ("127.0.0.1", "localhost"), "/oauth-callback")
    ),
    SCOPES,
)


def answer_google_oauth(world: World, call: Call) -> Answer:
    """`/o/oauth2/v2/auth` and `/token`."""
    if call.path == "/o/oauth2/v2/auth":
        if form_of(call).get("client_id") not in world.script.oauth.google_clients:
            return refused_page("Error 401: invalid_client. The OAuth client was not found.")
        return authorize(world, call, RULES)
    if call.method != "POST":
        return _invalid("invalid_request", "Request must be POST", 405)
    if not call.header("content-type").startswith("application/x-www-form-urlencoded"):
        return _invalid("invalid_request", "Could not parse the request: it is no form")
    fields = form_of(call)
    if fields.get("grant_type") == JWT_GRANT:
        return _service_account(world, fields.get("assertion", ""), call)
    secret = world.script.oauth.google_clients.get(fields.get("client_id", ""))
    if secret is None:
        return _invalid("invalid_client", "The OAuth client was not found.", 401)
    if fields.get("client_secret") != secret:
        return _invalid("invalid_client", "The provided client secret is invalid.", 401)
    match fields.get("grant_type"):
        case "authorization_code":
            found = take_code(world, "google", fields)
            if isinstance(found, Chain):
                return _tokens(world, found, first=True)
            if found == "redirect":
                return _invalid("redirect_uri_mismatch", "Bad Request")
            text = "Invalid code verifier." if found == "verifier" else "Malformed auth code."
            return _invalid("invalid_grant", text)
        case "refresh_token":
            return _refresh(world, fields)
        case _:
            return _invalid("unsupported_grant_type", f"Invalid grant_type: {fields.get('grant_type', '')}")


def answer_metadata(world: World, call: Call) -> Answer:
    """The metadata server of a machine in Google's cloud."""
    if call.header("metadata-flavor") != "Google":
        return Answer(403, [("content-type", "text/plain")], b"Missing Metadata-Flavor:Google header.")
    match call.path.removeprefix(METADATA):
        case "/project/project-id":
            return Answer(200, [("content-type", "application/text")], MACHINE_PROJECT.encode())
        case "/instance/service-accounts/default/email":
            return Answer(200, [("content-type", "application/text")], MACHINE.encode())
        case "/instance/service-accounts/default/token":
            return _machine_token(world, MACHINE)
        case _:
            return Answer(404, [("content-type", "text/plain")], b"Not Found")


def _machine_token(world: World, email: str, scope: str = "") -> Answer:
    """An access token of an account that is no person's; there is one chain of it."""
    chain = next(
        (c for c in world.oauth.chains if c.server == "google" and c.person.email == email), None
    ) or world.oauth.begin("google", Person(email=email, workspace=SERVICE_ACCOUNT), scope=scope)
    world.oauth.renew(chain)
    life = int(world.oauth.life_s("google"))
    return json_answer(200, {"access_token": chain.access_token, "expires_in": life, "token_type": "Bearer"})


def _refresh(world: World, fields: dict[str, str]) -> Answer:
    chain = world.oauth.find("google", fields.get("refresh_token", ""))
    if chain is None:
        return _invalid("invalid_grant", "Bad Request")
    if not world.oauth.is_live(chain, chain.refresh_token):
        return _invalid("invalid_grant", "Token has been expired or revoked.")
    if chain.client_id and chain.client_id != fields["client_id"]:
        return _invalid("unauthorized_client", "Unauthorized", 401)
    world.oauth.renew(chain)
    return _tokens(world, chain, first=False)


def _tokens(world: World, chain: Chain, *, first: bool) -> Answer:
    now = world.clock.now()
    person = chain.person
    claims = {
        "iss": "https://accounts.google.com", "aud": chain.client_id, "email": person.email, "email_verified": True,
        "sub": str(int(stable(person.email)[:16], 16)), "iat": int(now), "exp": int(now) + 3600,
    }  # fmt: skip
    payload = {
        "access_token": chain.access_token,
        "expires_in": int(world.oauth.life_s("google")),
        "scope": chain.scope or "https://www.googleapis.com/auth/cloud-platform",
        "token_type": "Bearer",
        "id_token": plain_jwt(claims),
    }
    if first:
        payload["refresh_token"] = chain.refresh_token
    return json_answer(200, payload)


def _service_account(world: World, assertion: str, call: Call) -> Answer:
    head, claims, signed, signature = _parts(assertion)
    if not claims or head.get("alg") != "RS256":
        return _invalid("invalid_grant", "Invalid JWT: not a valid RS256 token.")
    account = next((a for a in world.script.oauth.service_accounts if a.email == claims.get("iss")), None)
    if account is None:
        return _invalid("invalid_grant", "Invalid grant: account not found")
    if not _is_signed_by(account, signed, signature):
        return _invalid("invalid_grant", "Invalid JWT Signature.")
    if claims.get("aud") not in (TOKEN_URI, f"http://{call.header('host')}/token"):
        return _invalid("invalid_grant", "Invalid JWT: aud is not the token endpoint.")
    now, issued, ends = world.clock.now(), claims.get("iat"), claims.get("exp")
    if not (isinstance(issued, int) and isinstance(ends, int)) or (
        ends - issued > LONGEST_S or issued > now + SKEW_S or ends <= now - SKEW_S
    ):
        return _invalid(
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat "
            "and exp values in the JWT claim.",
        )
    scope = str(claims.get("scope", ""))
    if not scope or set(scope.split()) - SCOPES:
        return _invalid("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return _machine_token(world, account.email, scope)


def _parts(assertion: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """(header, claims, what is signed, signature) of a JWT; empty when it is none."""
    parts = assertion.split(".")
    try:
        decoded = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts]
        head, claims = orjson.loads(decoded[0]), orjson.loads(decoded[1])
    except (binascii.Error, ValueError, IndexError):
        return {}, {}, b"", b""
    if len(parts) != 3 or not isinstance(head, dict) or not isinstance(claims, dict):
        return {}, {}, b"", b""
    return head, claims, ".".join(parts[:2]).encode(), decoded[2]


def _is_signed_by(account: ServiceAccount, signed: bytes, signature: bytes) -> bool:
    key = serialization.load_pem_public_key(account.public_key.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _invalid(error: str, description: str, status: int = 400) -> Answer:
    return json_answer(status, {"error": error, "error_description": description})
