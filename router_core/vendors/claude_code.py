"""Claude Code's login: `.credentials.json` in its folder, or the same text in the macOS keychain.

`{"claudeAiOauth": {"accessToken", "refreshToken", "expiresAt" (ms), "refreshTokenExpiresAt" (ms), "scopes": [],
"subscriptionType", "rateLimitTier"}, "organizationUuid", "mcpOAuth": {…}}`. Whose login it is stands in another file,
`.claude.json`, under `oauthAccount`. A text with `mcpOAuth` alone is a machine that is not logged in; empty strings
with `expiresAt` 0 are what Claude Code leaves after it lost a race for a refresh. (Claude Code's
page on authentication, and what users saw in anthropics/claude-code #76561 and robinebers/openusage #424; 2026-11.)
"""

import hashlib
import json
import unicodedata
from pathlib import Path
from typing import Any

from router_core.vendors.fields import expiry_of, object_of, part, seconds_of, text_of, without_empty
from router_core.vendors.json_edit import Json
from router_core.vendors.json_edit import Path as KeyPath
from router_core.vendors.login import NoLogin, VendorLogin, VendorStoreError
from router_core.vendors.place import FilePlace

LOGIN = "claudeAiOauth"
KEYCHAIN_SERVICE = "Claude Code-credentials"
KEY_KEYCHAIN_SERVICE = "Claude Code"
"""Holds the API key that a login to the Console has made; elsewhere it is `primaryApiKey` in `.claude.json`."""


class ClaudeCodeFormat:
    """The text's meaning.

    Args:
        profile: `.claude.json`, where the account's name stands; None: nobody knows where.
    """

    def __init__(self, profile: Path | None) -> None:
        self._profile = profile

    def login(self, text: str, place: str) -> VendorLogin:
        document = object_of(text, place)
        held = part(document, LOGIN)
        if not held:
            also = " (it holds logins of MCP servers only)" if "mcpOAuth" in document else ""
            raise NoLogin(f"{place}: Claude Code is not logged in{also}.")
        access_token, refresh_token = text_of(held, "accessToken"), text_of(held, "refreshToken")
        if not access_token and not refresh_token:
            raise NoLogin(f"{place}: Claude Code lost its login (the tokens are empty). Log in with: claude /login")
        account = self._account(document)
        scopes = held.get("scopes")
        return VendorLogin(
            access_token,
            refresh_token or None,
            expires_at=expiry_of(held.get("expiresAt")),
            refresh_expires_at=seconds_of(held.get("refreshTokenExpiresAt")),
            account_id=text_of(account, "accountUuid") or None,
            facts=without_empty(
                {
                    "email": text_of(account, "emailAddress"),
                    "plan": text_of(held, "subscriptionType"),
                    "tier": text_of(held, "rateLimitTier"),
                    "organization": text_of(account, "organizationName"),
                    "organization_id": text_of(document, "organizationUuid") or text_of(account, "organizationUuid"),
                    "scopes": " ".join(s for s in scopes if isinstance(s, str)) if isinstance(scopes, list) else "",
                }
            ),
        )

    def changes(self, text: str, login: VendorLogin) -> dict[KeyPath, Json]:
        held = part(object_of(text, "Claude Code's login"), LOGIN)
        changes: dict[KeyPath, Json] = {(LOGIN, "accessToken"): login.access_token}
        if login.refresh_token:
            changes[LOGIN, "refreshToken"] = login.refresh_token
        if login.expires_at is not None:
            changes[LOGIN, "expiresAt"] = round(login.expires_at * 1000)
        if login.refresh_expires_at is not None and "refreshTokenExpiresAt" in held:
            changes[LOGIN, "refreshTokenExpiresAt"] = round(login.refresh_expires_at * 1000)
        return changes

    def is_blank(self, text: str) -> bool:
        """Whether it is the emptied login of a lost race, which a new set heals; a logout takes all of it away."""
        held = part(object_of(text, "Claude Code's login"), LOGIN)
        return bool(held) and not text_of(held, "accessToken") and not text_of(held, "refreshToken")

    def _account(self, document: dict[str, Any]) -> dict[str, Any]:
        """What `.claude.json` says of the account. That file is large and often written: a miss is no error."""
        try:
            text = FilePlace(self._profile).text() if self._profile is not None else None
            profile = json.loads(text or "{}")
        except (ValueError, VendorStoreError):
            return {}
        account = part(profile, "oauthAccount") if isinstance(profile, dict) else {}
        organization = text_of(document, "organizationUuid")
        if organization and text_of(account, "organizationUuid") not in ("", organization):
            return {}  # it speaks of another login than this one
        return account


def profile_beside(credentials: Path) -> Path:
    """Where `.claude.json` is for a `.credentials.json`: in the same folder, but for the default `~/.claude`."""
    beside = credentials.parent / ".claude.json"
    if not beside.exists() and credentials.parent.name == ".claude":
        return credentials.parent.parent / ".claude.json"
    return beside


def keychain_service(config_dir: str, service: str = KEYCHAIN_SERVICE) -> str:
    """The keychain item of a `$CLAUDE_CONFIG_DIR`; "" when that is not set."""
    if not config_dir:
        return service
    digest = hashlib.sha256(unicodedata.normalize("NFC", config_dir).encode()).hexdigest()
    return f"{service}-{digest[:8]}"
