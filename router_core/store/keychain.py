"""The keychain of the operating system, through `keyring`: macOS Keychain, Secret Service (GNOME, KeePassXC), KWallet.

Only these: other backends of keyring keep secrets in plain files or nowhere, where our own 0600 file is better. A
keychain may hang (no session, a prompt that nobody sees), so each call has a time limit.
"""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

SERVICE = "mitmrouter"
TIMEOUT_S = 10.0
BACKENDS = (
    ("keyring.backends.macOS", "Keyring", "the macOS Keychain"),
    ("keyring.backends.SecretService", "Keyring", "the Secret Service keyring"),
    ("keyring.backends.kwallet", "DBusKeyring", "KWallet"),
)


class KeychainFailed(Exception):
    """It is not there, is locked, or did not answer in time; the text says which."""


class Keychain:
    """One usable keychain.

    Args:
        backend: a `keyring.backend.KeyringBackend`.
    """

    def __init__(self, backend: Any, name: str, timeout_s: float = TIMEOUT_S) -> None:
        self._backend = backend
        self.name = name
        self._timeout_s = timeout_s

    def get(self, account: str) -> str | None:
        """The stored text; None when there is none. Raises KeychainFailed."""
        value: str | None = self._asked(lambda: self._backend.get_password(SERVICE, account))
        return value

    def set(self, account: str, text: str) -> None:
        """Store, and look whether it is there. Raises KeychainFailed."""
        self._asked(lambda: self._backend.set_password(SERVICE, account, text))
        if self.get(account) != text:
            raise KeychainFailed(f"{self.name} did not keep what was stored")

    def delete(self, account: str) -> None:
        """Forget; nothing happens when there is none. Raises KeychainFailed."""
        if self.get(account) is not None:
            self._asked(lambda: self._backend.delete_password(SERVICE, account))

    def _asked(self, call: Callable[[], Any]) -> Any:
        return within(call, self._timeout_s, self.name)


def find_keychain() -> Keychain:
    """The best keychain of this session.

    Raises:
        KeychainFailed: there is none.
    """
    if not _there_may_be_one():
        raise KeychainFailed("this session has no keychain")
    return within(_best, TIMEOUT_S, "the keychain")


def _there_may_be_one() -> bool:
    """Told without importing keyring, which takes a tenth of a second. `PYTHON_KEYRING_BACKEND` is keyring's own."""
    wanted = os.environ.get("PYTHON_KEYRING_BACKEND", "")
    if wanted and wanted not in {f"{module}.{name}" for module, name, _ in BACKENDS}:
        return False
    if sys.platform == "darwin":
        return True
    bus = Path(f"/run/user/{os.getuid()}/bus")
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS")) or bus.exists()


def _best() -> Keychain:
    from importlib import import_module

    wanted = os.environ.get("PYTHON_KEYRING_BACKEND", "")
    found = []
    for module, class_name, shown in BACKENDS:
        if wanted and wanted != f"{module}.{class_name}":
            continue
        try:
            backend = getattr(import_module(module), class_name)
            found.append((backend.priority, shown, backend))
        except Exception:  # noqa: BLE001, S112 - keyring's way of saying "not on this machine" is any exception
            continue
    if not found:
        raise KeychainFailed("this session has no keychain that can be used")
    _, shown, backend = max(found, key=lambda one: (one[0], one[1]))
    return Keychain(backend(), shown)


def within[Value](call: Callable[[], Value], timeout_s: float, name: str) -> Value:
    """The value of `call`, made in a thread that is left alone when it hangs.

    Raises:
        KeychainFailed: it took too long, or failed.
    """
    values: list[Value] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            values.append(call())
        except BaseException as error:  # noqa: BLE001 - whatever a backend raises; told to the caller
            failures.append(error)

    thread = threading.Thread(target=run, name="keychain", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if values:
        return values[0]
    if failures and isinstance(failures[0], KeychainFailed):
        raise failures[0]
    if failures:
        raise KeychainFailed(f"{name} says {type(failures[0]).__name__}") from failures[0]
    raise KeychainFailed(f"{name} did not answer within {timeout_s:.0f} s")
