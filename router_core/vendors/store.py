"""Read a login where its vendor's program keeps it, notice that it changed, and write it back.

The place of a shared login is written as one text, its locator (`Token.shared`):

    claude-file:/home/me/.claude/.credentials.json    claude-keychain:            (or a $CLAUDE_CONFIG_DIR behind it)
    codex-file:/home/me/.codex/auth.json              codex-keyring:cli|0123456789abcdef
    gemini-file:/home/me/.gemini/oauth_creds.json
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from router_core.vendors import claude_code, codex_cli, gemini_cli
from router_core.vendors.json_edit import Json, with_values
from router_core.vendors.json_edit import Path as KeyPath
from router_core.vendors.keychain import KeyringPlace, MacKeychainPlace
from router_core.vendors.login import NoLogin, StoreChanged, VendorLogin, VendorStoreError
from router_core.vendors.place import FilePlace, Place


class VendorStore(Protocol):
    """One place of one vendor's login."""

    def read(self) -> VendorLogin | None:
        """The login; None when there is none, or none that could be used.

        Raises:
            VendorStoreError: the place cannot be read now.
        """
        ...

    def find(self) -> VendorLogin | None:
        """The same for people: None only when the place does not exist.

        Raises:
            NoLogin: it exists and holds no login that could be used; the message says why.
        """
        ...

    def write(self, login: VendorLogin, replacing: VendorLogin | None = None) -> None:
        """Put a renewed login in the place of the one it was made from; everything else stays as it is.

        Args:
            login: with tokens; an empty one is never written.
            replacing: what the caller last read: when the place holds neither its refresh token nor an emptied login,
                somebody else has renewed it and the write is refused.

        Raises:
            StoreChanged: it holds another account or another set meanwhile, or no login at all: read it again.
            VendorStoreError: it cannot be written now.
        """
        ...

    def changed_token(self) -> str | None:
        """Differs when the place may have changed; cheap. None: this place cannot tell, it must be read."""
        ...


class Format(Protocol):
    """What a vendor's text means."""

    def login(self, text: str, place: str) -> VendorLogin: ...

    def changes(self, text: str, login: VendorLogin) -> dict[KeyPath, Json]: ...

    def is_blank(self, text: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class JsonStore:
    """A JSON text in a place."""

    place: Place
    format: Format
    name: str
    """For messages: the path, or the item."""

    def read(self) -> VendorLogin | None:
        try:
            return self.find()
        except NoLogin:
            return None

    def find(self) -> VendorLogin | None:
        text = self.place.text()
        return None if text is None else self.format.login(text, self.name)

    def write(self, login: VendorLogin, replacing: VendorLogin | None = None) -> None:
        if not login.access_token:
            raise VendorStoreError(f"An empty login is not written to {self.name}.")
        self.place.change(lambda text: self._renewed(text, login, replacing))

    def changed_token(self) -> str | None:
        return self.place.signature()

    def _renewed(self, text: str, login: VendorLogin, replacing: VendorLogin | None) -> str:
        try:
            blank = self.format.is_blank(text)
            held = None if blank else self.format.login(text, self.name)
        except NoLogin as error:
            raise StoreChanged(f"{error.message} Nothing was written.") from None
        if held is not None and not held.is_account_of(login):
            raise StoreChanged(f"{self.name} holds another account meanwhile: nothing was written.")
        if held is not None and replacing is not None and held.refresh_token not in (
            replacing.refresh_token, login.refresh_token,
        ):  # fmt: skip
            raise StoreChanged(f"{self.name} was renewed by its own program meanwhile: nothing was written.")
        return with_values(text, self.format.changes(text, login))


def vendor_store(locator: str) -> VendorStore:
    """The store that a locator names.

    Raises:
        VendorStoreError: it names none.
    """
    kind, _, where = locator.partition(":")
    match kind:
        case "claude-file":
            path = Path(where)
            return JsonStore(FilePlace(path), claude_code.ClaudeCodeFormat(claude_code.profile_beside(path)), where)
        case "claude-keychain":
            service = claude_code.keychain_service(where)
            profile = Path(where or Path.home()) / ".claude.json"
            name = f"the keychain item {service!r}"
            return JsonStore(MacKeychainPlace(service), claude_code.ClaudeCodeFormat(profile), name)
        case "codex-file":
            path = Path(where)
            place = FilePlace(path, lock=codex_cli.write_lock(path))
            return JsonStore(place, codex_cli.CodexCliFormat(time.time), where)
        case "codex-keyring":
            item = KeyringPlace(codex_cli.KEYRING_SERVICE, where)
            return JsonStore(item, codex_cli.CodexCliFormat(time.time), "the keyring item of Codex")
        case "gemini-file":
            path = Path(where)
            accounts = path.with_name("google_accounts.json")
            return JsonStore(FilePlace(path), gemini_cli.GeminiCliFormat(accounts), where)
        case _:
            raise VendorStoreError(f"{locator!r} is no place of a vendor's login.")
