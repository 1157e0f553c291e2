"""Where the key of a home's secrets lies: in the operating system's keychain where there is one, else in a 0600 file.

`tokens.key` holds a key; `tokens.key.json` says instead under which accounts the keychain holds them. While one key
replaces another (rotate_key.py) both are there, and both are loaded. Nobody else's key is ever overwritten: whoever
cannot read his key gets an error, not a new key.
"""

import base64
import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from router_core.errors import HomeError
from router_core.home import Home, locked
from router_core.store.keychain import Keychain, KeychainFailed, find_keychain
from router_core.store.secret_box import KEY_BYTES, key_id

Place = Literal["keychain", "file"]


class KeySource:
    """The keys of one home.

    Args:
        keychain: finds the keychain of this session, or raises KeychainFailed.
    """

    def __init__(self, home: Home, keychain: Callable[[], Keychain] = find_keychain) -> None:
        self._home = home
        self._find = keychain
        self._file = home.key_file
        self._next = home.key_file.with_name(home.key_file.name + ".next")
        self._marker = home.key_marker
        self.news = ""
        """Said aloud once: where the key was put that has just been made."""

    @property
    def place(self) -> Place:
        """Where this home's key lies now."""
        return "keychain" if self._marker.exists() else "file"

    @property
    def is_there(self) -> bool:
        """Whether this home has a key, readable or not."""
        return any(place.exists() for place in (self._marker, self._file, self._next))

    @property
    def where(self) -> str:
        """For people."""
        if self.place == "file":
            return f"the key file {self._file}"
        return f"the key in {self._told().get('keychain') or 'the keychain'} (service mitmrouter)"

    def load(self) -> dict[str, bytes]:
        """Every key by its id; one is made when there is none yet.

        Raises:
            HomeError: a key is there and cannot be read.
        """
        if not (keys := self._all()):
            with locked(self._home.path):
                if not (keys := self._all()):  # another process was first
                    self._make()
                    keys = self._all()
        return {key_id(key): key for key in keys}

    def _all(self) -> list[bytes]:
        following = _key_in(self._next)  # first: it may become `tokens.key` at any moment
        files = [key for key in (_key_in(self._file), following) if key is not None]
        accounts = self._accounts()
        if not accounts:
            return files
        try:
            keychain = self._keychain()
        except HomeError:
            if files:  # a move that was broken off: what the file's key sealed can be read
                return files
            raise
        try:
            texts = [text for account in accounts if (text := keychain.get(account)) is not None]
            keys = [base64.b64decode(text, validate=True) for text in texts]
        except (KeychainFailed, ValueError) as error:
            raise HomeError(
                f"The tokens' key is in {keychain.name}, which cannot be read ({error}). {_UNLOCK}"
            ) from error
        if not keys and not files:
            raise HomeError(
                f"{keychain.name} holds no key for {self._home.path}. Log in as the user who added the tokens; if the "
                f"key is lost, remove {self._marker.name} and tokens.db there and add the tokens again."
            )
        return [*keys[::-1], *files] if keys else files

    def _make(self) -> None:
        """The first key of a home."""
        try:
            self.add(secrets.token_bytes(KEY_BYTES), "keychain")
            self.news = f"Your tokens are encrypted; the key is in {self._told()['keychain']} (service mitmrouter)."
        except KeychainFailed as failed:
            self.add(secrets.token_bytes(KEY_BYTES), "file")
            self.news = (
                f"Your tokens are encrypted with the key in {self._file} ({failed}): whoever can read your files can "
                "read them. Keep that file out of backups and away from others."
            )

    def add(self, key: bytes, place: Place) -> None:
        """Keep one more key, durably, beside those that are there.

        Raises:
            KeychainFailed: the keychain is not there or does not take it.
            HomeError: the file cannot be written.
        """
        if place == "file":
            _write(self._next if self._file.exists() else self._file, key)
            return
        keychain = self._find()
        account = f"{self._fingerprint()}-{secrets.token_hex(4)}"
        before = self._accounts()
        self._mark([*before, account], keychain.name)  # first, so that nothing in the keychain is forgotten
        try:
            keychain.set(account, base64.b64encode(key).decode())
        except KeychainFailed:
            with contextlib.suppress(KeychainFailed):
                keychain.delete(account)
            if before:
                self._mark(before, keychain.name)
            else:
                self._marker.unlink()
            raise

    def keep_only(self, wanted: Iterable[str]) -> None:
        """Forget every key but these, by id."""
        kept = set(wanted)
        if accounts := self._accounts():
            keychain = self._keychain()
            left = []
            for account in accounts:
                text = keychain.get(account)
                if text is not None and key_id(base64.b64decode(text)) in kept:
                    left.append(account)
                else:
                    keychain.delete(account)
            if left:
                self._mark(left, keychain.name)
            else:
                self._marker.unlink()
        first, following = _key_in(self._file), _key_in(self._next)
        if following is not None and key_id(following) not in kept:
            self._next.unlink()
            following = None
        if first is not None and key_id(first) not in kept:
            if following is not None:
                self._next.replace(self._file)
            else:
                self._file.unlink()
        _sync(self._home.path)

    def _keychain(self) -> Keychain:
        try:
            return self._find()
        except KeychainFailed as error:
            name = self._told().get("keychain") or "the keychain"
            raise HomeError(f"The tokens' key is in {name}, which cannot be reached ({error}). {_UNLOCK}") from error

    def _fingerprint(self) -> str:
        """Of the folder, so that the entries of several homes can be told apart."""
        return hashlib.sha256(os.fsencode(self._home.path)).hexdigest()[:12]

    def _accounts(self) -> list[str]:
        accounts = self._told().get("accounts", [])
        return [str(account) for account in accounts] if isinstance(accounts, list) else []

    def _told(self) -> dict[str, object]:
        try:
            told = json.loads(self._marker.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise HomeError(f"{self._marker} cannot be read. It says where the tokens' key is: put it back.") from error
        return told if isinstance(told, dict) else {}

    def _mark(self, accounts: list[str], keychain: str) -> None:
        text = json.dumps({"source": "keychain", "keychain": keychain, "accounts": accounts}, indent=2)
        _write(self._marker, text.encode(), replace=True)


_UNLOCK = "Unlock it, or run this in the session it belongs to; `mitmrouter token rotate-key --to file` moves the key."


def _key_in(file: Path) -> bytes | None:
    try:
        key = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HomeError(f"The key file {file} cannot be used ({error.strerror}). Make it readable for you.") from error
    if len(key) != KEY_BYTES:
        raise HomeError(f"{file} is not a key of this program ({KEY_BYTES} bytes). Put the right one back.")
    return key


def _write(file: Path, content: bytes, *, replace: bool = False) -> None:
    """The whole content or nothing, for the owner only, on disk before this returns."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        temporary.touch(mode=0o600)
        with temporary.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        if replace:
            temporary.replace(file)
        else:
            os.link(temporary, file)
        _sync(file.parent)
    except OSError as error:
        raise HomeError(f"The key file {file} cannot be used ({error.strerror}). Make it writable for you.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
