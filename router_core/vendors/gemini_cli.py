"""Gemini CLI's login: `~/.gemini/oauth_creds.json`.

`{"access_token", "refresh_token", "scope", "token_type", "id_token", "expiry_date" (ms)}`. Whose it is stands in the
`id_token`, or in `google_accounts.json` beside it (`{"active", "old"}`). Google's refresh tokens can be used again and
again. Newer versions may keep an encrypted store instead, which is theirs alone. (github.com/google-gemini/gemini-cli,
read 2026-11.)
"""

import json
from pathlib import Path

from router_core.providers.auth import jwt_claims
from router_core.vendors.fields import expiry_of, object_of, text_of, without_empty
from router_core.vendors.json_edit import Json
from router_core.vendors.json_edit import Path as KeyPath
from router_core.vendors.login import NoLogin, VendorLogin, VendorStoreError
from router_core.vendors.place import FilePlace


class GeminiCliFormat:
    """The text's meaning.

    Args:
        accounts: `google_accounts.json`; None: nobody knows where.
    """

    def __init__(self, accounts: Path | None) -> None:
        self._accounts = accounts

    def login(self, text: str, place: str) -> VendorLogin:
        document = object_of(text, place)
        access_token, refresh_token = text_of(document, "access_token"), text_of(document, "refresh_token")
        if not access_token and not refresh_token:
            raise NoLogin(f"{place}: Gemini CLI is not logged in. Log in with: gemini")
        id_token = text_of(document, "id_token")
        claims = jwt_claims(id_token)
        return VendorLogin(
            access_token,
            refresh_token or None,
            expires_at=expiry_of(document.get("expiry_date")),
            account_id=text_of(claims, "sub") or None,
            extra=without_empty({"id_token": id_token}),
            facts=without_empty(
                {"email": text_of(claims, "email") or self._active(), "scopes": text_of(document, "scope")}
            ),
        )

    def changes(self, text: str, login: VendorLogin) -> dict[KeyPath, Json]:
        changes: dict[KeyPath, Json] = {("access_token",): login.access_token}
        if login.refresh_token:
            changes["refresh_token",] = login.refresh_token
        if login.expires_at is not None:
            changes["expiry_date",] = round(login.expires_at * 1000)
        if id_token := login.extra.get("id_token"):
            changes["id_token",] = id_token
        return changes

    def is_blank(self, text: str) -> bool:
        document = object_of(text, "Gemini CLI's login")
        return not text_of(document, "access_token") and not text_of(document, "refresh_token")

    def _active(self) -> str:
        try:
            text = FilePlace(self._accounts).text() if self._accounts is not None else None
            accounts = json.loads(text or "{}")
        except (ValueError, VendorStoreError):
            return ""
        return text_of(accounts, "active") if isinstance(accounts, dict) else ""
