"""Logins kept in the operating system's keychain instead of a file.

On macOS Claude Code goes through the `security` program, which may read and write its item without a question to the
person; so do we. Elsewhere, and for Codex, the `keyring` library is asked. Secrets go to `security` on its standard
input only: arguments show in the process list.
"""

import contextlib
import getpass
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from router_core.text import printable
from router_core.vendors.login import StoreChanged, VendorStoreError

SECURITY = "/usr/bin/security"
TIMEOUT_S = 20.0
NOT_FOUND = 44
LINE_LIMIT = 4000
"""`security -i` cuts longer lines (4,096 characters) without a word."""

type Run = Callable[[list[str], str], tuple[int, str]]
"""(arguments, standard input) → (exit status, standard output)."""


class Ring(Protocol):
    """What is needed of the `keyring` library."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...


@dataclass(frozen=True, slots=True)
class KeyringPlace:
    """An item of the OS keyring, by the `keyring` library."""

    service: str
    account: str
    ring: Callable[[], Ring] | None = None
    """Instead of the system's own; for tests."""

    def text(self) -> str | None:
        from keyring.errors import KeyringError, NoKeyringError

        try:
            return self._ring().get_password(self.service, self.account)
        except NoKeyringError:  # then nothing can be in it
            return None
        except KeyringError as error:
            raise VendorStoreError(
                f"The keyring item {self.service!r} cannot be read ({printable(type(error).__name__)}). "
                "Unlock the keyring and try again."
            ) from None

    def change(self, edit: Callable[[str], str]) -> None:
        text = self.text()
        if text is None:
            raise StoreChanged(f"The keyring item {self.service!r} does not exist any more: nothing was written.")
        edited = edit(text)
        if edited == text:
            return
        from keyring.errors import KeyringError

        try:
            ring = self._ring()
            if not _put_in_place(ring, self.service, self.account, edited):
                ring.set_password(self.service, self.account, edited)
        except KeyringError as error:
            raise VendorStoreError(
                f"The keyring item {self.service!r} cannot be written ({printable(type(error).__name__)}). "
                "Unlock the keyring and try again."
            ) from None

    def signature(self) -> str | None:
        return None

    def _ring(self) -> Ring:
        if self.ring is not None:
            return self.ring()
        import keyring  # here: it looks for backends when imported

        return keyring.get_keyring()


def _put_in_place(ring: Ring, service: str, account: str, text: str) -> bool:
    """On Linux, change the vendor's own item; False when this keyring is another one, or holds no single item.

    `set_password` there would add a second item beside it, with the library's own mark among its attributes, and the
    vendor's program would find either of them.
    """
    if not type(ring).__module__.endswith("SecretService"):
        return False
    import secretstorage
    from keyring.errors import KeyringError

    try:
        with contextlib.closing(secretstorage.dbus_init()) as connection:
            items = list(secretstorage.search_items(connection, {"service": service, "username": account}))
            if len(items) != 1:
                return False
            items[0].set_secret(text.encode("utf-8"), items[0].get_secret_content_type())
            return True
    except secretstorage.exceptions.SecretStorageException as error:
        raise KeyringError(type(error).__name__) from None


@dataclass(frozen=True, slots=True)
class MacKeychainPlace:
    """A generic password of the macOS login keychain, by the `security` program."""

    service: str
    run: Run | None = None
    """Instead of the real program; for tests."""

    def text(self) -> str | None:
        status, output = self._run(["find-generic-password", "-s", self.service, "-w"], "")
        if status == NOT_FOUND:
            return None
        if status != 0:
            raise VendorStoreError(
                f"The keychain item {self.service!r} cannot be read (`security` ended with {status}). "
                "Unlock the keychain with: security unlock-keychain"
            )
        return _from_hex(output.strip())

    def change(self, edit: Callable[[str], str]) -> None:
        text = self.text()
        if text is None:
            raise StoreChanged(f"The keychain item {self.service!r} does not exist any more: nothing was written.")
        edited = edit(text)
        if edited == text:
            return
        account = getpass.getuser()
        if any(character in self.service + account for character in '"\\\n'):
            raise VendorStoreError(f"The keychain item {self.service!r} has a name that cannot be given to `security`.")
        secret = edited.encode("utf-8").hex()
        line = f'add-generic-password -U -a "{account}" -s "{self.service}" -X "{secret}"\n'
        if len(line) > LINE_LIMIT:
            raise VendorStoreError(
                f"The keychain item {self.service!r} is too long to be written safely ({len(edited)} characters)."
            )
        status, _ = self._run(["-i"], line)
        if status != 0 or self.text() != edited:  # `security -i` ends with 0 whatever became of the line
            raise VendorStoreError(f"The keychain item {self.service!r} was not written. Unlock the keychain.")

    def signature(self) -> str | None:
        return None

    def _run(self, arguments: list[str], given: str) -> tuple[int, str]:
        return (self.run or _run)(arguments, given)


def _run(arguments: list[str], given: str) -> tuple[int, str]:
    try:
        done = subprocess.run(
            [SECURITY, *arguments], input=given, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VendorStoreError(
            f"The keychain cannot be asked ({type(error).__name__} of {SECURITY}). It exists on macOS only."
        ) from None
    return done.returncode, done.stdout


def _from_hex(text: str) -> str:
    """`security -w` prints a value with line breaks or other than ASCII characters as hexadecimal digits."""
    if len(text) % 2 == 0 and text[:2] == "7b":  # "{"
        try:
            return bytes.fromhex(text).decode("utf-8")
        except (ValueError, UnicodeDecodeError):
            return text
    return text
