"""Made-up vendor files, as the vendors' own programs write them. No secret in here opens anything."""

import base64
import json
from pathlib import Path
from typing import Any


def jwt(claims: dict[str, Any]) -> str:
    """An unsigned JWT of our own."""
    parts = [{"alg": "none"}, claims]
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*coded, "made-up-signature"])


def chatgpt_jwt(account: str, *, email: str = "", plan: str = "plus", exp: int = 1_800_000_000, **more: Any) -> str:
    claims: dict[str, Any] = {
        "exp": exp,
        "https://api.openai.com/auth": {"chatgpt_account_id": account, "chatgpt_plan_type": plan, **more},
    }
    return jwt({**claims, "email": email} if email else claims)


def claude_text(*, access: str = "sk-ant-oat01-made-up", refresh: str = "sk-ant-ort01-made-up", **more: Any) -> str:
    """`.credentials.json` on one line, as Claude Code writes it, with an MCP server's login beside ours."""
    login = {
        "accessToken": access,
        "refreshToken": refresh,
        "expiresAt": 1_800_000_000_000,
        "refreshTokenExpiresAt": 1_802_000_000_000,
        "scopes": ["user:inference", "user:profile"],
        "subscriptionType": "max",
        "rateLimitTier": "default_claude_max_20x",
        **more,
    }
    mcp = {"linear|638130d5": {"serverName": "linear", "accessToken": "mcp-made-up", "expiresAt": 1.8e12}}
    return json.dumps({"claudeAiOauth": login, "mcpOAuth": mcp}, separators=(",", ":"))


def claude_profile(account: str = "acc-claude-1", organization: str = "org-1", email: str = "me@example.com") -> str:
    """`.claude.json`, in parts."""
    held = {
        "accountUuid": account,
        "emailAddress": email,
        "organizationUuid": organization,
        "organizationName": "Example",
    }
    return json.dumps({"numStartups": 3, "oauthAccount": held, "projects": {}}, indent=2)


def codex_text(
    account: str = "acc-codex-1", *, user: str = "user-1", refresh: str = "rt_made_up", exp: int = 1_800_000_000
) -> str:
    """`auth.json`, as Codex writes it."""
    document = {
        "auth_mode": "chatgpt",
        "OPENAI_API_KEY": None,
        "tokens": {
            "id_token": chatgpt_jwt(account, email="me@example.com", exp=exp, chatgpt_user_id=user),
            "access_token": chatgpt_jwt(account, exp=exp),
            "refresh_token": refresh,
            "account_id": account,
        },
        "last_refresh": "2026-11-20T12:34:56.789012Z",
        "agent_identity": None,
    }
    return json.dumps(document, indent=2)


def gemini_text(sub: str = "1001", *, refresh: str = "1//made-up") -> str:
    """`oauth_creds.json`, as Gemini CLI writes it."""
    document = {
        "access_token": "ya29.made-up",
        "refresh_token": refresh,
        "scope": "https://www.googleapis.com/auth/cloud-platform openid",
        "token_type": "Bearer",
        "id_token": jwt({"sub": sub, "email": "me@gmail.example"}),
        "expiry_date": 1_800_000_000_000,
    }
    return json.dumps(document, indent=2)


def put(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path
