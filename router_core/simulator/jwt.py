"""Unsigned ChatGPT access tokens for tests, and how the Codex backend reads them.

Nothing here verifies a signature: the simulator trusts the claims, as its callers are tests.
"""

import base64
import binascii

import orjson

from router_core.simulator.call import Json

AUTH_CLAIM = "https://api.openai.com/auth"
PROFILE_CLAIM = "https://api.openai.com/profile"
FAR_FUTURE = 4_102_444_800  # 2100-01-01: valid under any test clock unless a test says otherwise


def make_jwt(
    account_id: str,
    plan: str = "plus",
    exp: float = FAR_FUTURE,
    *,
    email: str = "",
    user_id: str = "",
    workspace: str = "Personal",
    jti: str = "",
) -> str:
    """An unsigned access token with the claims that a ChatGPT login carries.

    Args:
        account_id: the workspace, which `ChatGPT-Account-Id` must repeat.
        exp: epoch seconds.
        user_id: the person, who may have several workspaces.
        jti: makes it another token than an equal one.
    """
    user_id = user_id or f"user-{account_id}"
    email = email or f"{account_id}@example.com"
    claims = {
        "aud": ["https://api.openai.com/v1"],
        "iss": "https://auth.openai.com",
        "exp": int(exp),
        "iat": int(exp) - 864_000,
        "sub": f"auth0|{account_id}",
        "email": email,
        PROFILE_CLAIM: {"email": email, "email_verified": True},
        AUTH_CLAIM: {
            "chatgpt_account_id": account_id,
            "chatgpt_plan_type": plan,
            "chatgpt_user_id": user_id,
            "user_id": user_id,
            "organizations": [{"id": f"org-{account_id}", "is_default": True, "role": "owner", "title": workspace}],
        },
        **({"jti": jti} if jti else {}),
    }
    return plain_jwt(claims)


def plain_jwt(claims: Json) -> str:
    """Any claims as an unsigned JWT."""
    parts = [{"alg": "none", "typ": "JWT"}, claims]
    return ".".join([*(_b64(orjson.dumps(part)) for part in parts), _b64(b"simulated")])


def read_claims(token: str) -> Json | None:
    """The payload of a JWT; None when the text is not one."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def account_id_of(claims: Json) -> str:
    """The ChatGPT account that a token belongs to, empty when it names none."""
    auth = claims.get(AUTH_CLAIM)
    return str(auth.get("chatgpt_account_id", "")) if isinstance(auth, dict) else ""


def plan_of(claims: Json) -> str:
    """The plan that a token was issued under."""
    auth = claims.get(AUTH_CLAIM)
    return str(auth.get("chatgpt_plan_type", "")) if isinstance(auth, dict) else ""


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
