"""Codex CLI's login: `auth.json` in `$CODEX_HOME`, or the same text in the OS keyring.

`{"auth_mode", "OPENAI_API_KEY", "tokens": {"id_token", "access_token", "refresh_token", "account_id"}, "last_refresh":
ISO 8601}`; the tokens are JWTs, whose claims say when they end and whose they are. With `OPENAI_API_KEY` instead of
`tokens` it is logged in with a key, which is no login of ChatGPT. In the keyring: service `Codex Auth`, account `cli|`
and 16 digits of the folder's SHA-256; Codex then deletes the file. (github.com/openai/codex, login/src/auth/storage.rs,
read 2026-11.)
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from router_core.oauth.codex import account_facts
from router_core.providers.auth import account_of_jwt, jwt_claims
from router_core.vendors.fields import object_of, part, seconds_of, text_of, without_empty
from router_core.vendors.json_edit import Json
from router_core.vendors.json_edit import Path as KeyPath
from router_core.vendors.login import NoLogin, VendorLogin

LOGIN = "tokens"
KEYRING_SERVICE = "Codex Auth"


class CodexCliFormat:
    """The text's meaning.

    Args:
        now: epoch seconds, for `last_refresh`.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def login(self, text: str, place: str) -> VendorLogin:
        document = object_of(text, place)
        held = part(document, LOGIN)
        if not held:
            key = text_of(document, "OPENAI_API_KEY")
            how = "is logged in with an API key, not with ChatGPT" if key else "is not logged in"
            raise NoLogin(f"{place}: Codex {how}.")
        access_token, refresh_token = text_of(held, "access_token"), text_of(held, "refresh_token")
        if not access_token and not refresh_token:
            raise NoLogin(f"{place}: Codex has no login (the tokens are empty). Log in with: codex login")
        id_token = text_of(held, "id_token")
        return VendorLogin(
            access_token,
            refresh_token or None,
            expires_at=seconds_of(jwt_claims(access_token).get("exp")),
            account_id=text_of(held, "account_id") or account_of_jwt(access_token) or account_of_jwt(id_token),
            extra=without_empty({"id_token": id_token}),
            facts=_facts(id_token, access_token),
        )

    def changes(self, text: str, login: VendorLogin) -> dict[KeyPath, Json]:
        held = part(object_of(text, "Codex's login"), LOGIN)
        changes: dict[KeyPath, Json] = {(LOGIN, "access_token"): login.access_token}
        if login.refresh_token:
            changes[LOGIN, "refresh_token"] = login.refresh_token
        if id_token := login.extra.get("id_token"):
            changes[LOGIN, "id_token"] = id_token
        if login.account_id and not text_of(held, "account_id"):
            changes[LOGIN, "account_id"] = login.account_id
        moment = datetime.fromtimestamp(self._now(), UTC)
        changes["last_refresh",] = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return changes

    def is_blank(self, text: str) -> bool:
        held = part(object_of(text, "Codex's login"), LOGIN)
        return bool(held) and not text_of(held, "access_token") and not text_of(held, "refresh_token")


def _facts(*jwts: str) -> dict[str, str]:
    """What the tokens say of the account; of several, the first that says it counts."""
    facts: dict[str, str] = {}
    for jwt in jwts:
        facts = {**account_facts(jwt), **facts}
    facts.pop("account_id", None)
    return facts


def write_lock(auth_file: Path) -> Path:
    """What Codex locks with `flock` while it writes `auth.json` (seen in 0.169; not while it asks the server).

    Its other lock, `auth.json.lock`, is left alone: a Codex that finds that one taken gives up the set that it has just
    been given, and asks for another one with a refresh token that is used up.
    """
    return auth_file.with_name("auth.lock")


def keyring_account(codex_home: Path) -> str:
    """The keyring item of a `$CODEX_HOME`."""
    digest = hashlib.sha256(str(codex_home.resolve()).encode()).hexdigest()
    return f"cli|{digest[:16]}"
