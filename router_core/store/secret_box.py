"""How a secret lies on disk: encrypted, authenticated, and bound to the record and the column it belongs to.

Each sealed value names the key that sealed it, so that values of two keys can be read while one replaces the other
(rotate_key.py). Values from before that have no name in front and are bound to their record only; they stay readable.
A copied or backed-up `tokens.db` alone is worth nothing: where the key lies is key_source.py's business.
"""

import hashlib
import os
from collections.abc import Mapping
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from router_core.errors import HomeError
from router_core.store.learning import LEARN, Learn

NONCE_BYTES = 12
KEY_BYTES = 32
MARK = b"\x00mr1"
ID_BYTES = 8


class Keys(Protocol):
    """Where keys come from."""

    @property
    def where(self) -> str:
        """For messages: `the file /…/tokens.key`."""
        ...

    def load(self) -> Mapping[str, bytes]:
        """Every key there is by its id; the one to seal with first, unless the database names another."""
        ...


def key_id(key: bytes) -> str:
    """What a key is called in the open: it says nothing about the key."""
    return hashlib.sha256(b"mitmrouter key id\0" + key).hexdigest()[: ID_BYTES * 2]


def sealed_with(sealed: bytes) -> str | None:
    """The id of the key that a value was sealed with; None for one from before keys had names."""
    return sealed[len(MARK) : len(MARK) + ID_BYTES].hex() if sealed.startswith(MARK) else None


class SecretBox:
    """Seals and opens texts.

    Args:
        learn: told every secret that passes, before it is sealed and after it is opened: what may be printed later is
            known to the redactor by then.
    """

    def __init__(self, keys: Keys, learn: Learn | None = None) -> None:
        self._keys = keys
        self._learn = learn or LEARN.get()
        self._ciphers: dict[str, AESGCM] = {}
        self._load()
        self.sealing = next(iter(self._ciphers))
        """Id of the key that seals from now on."""

    def _load(self) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in self._keys.load().items()}

    def use(self, name: str) -> bool:
        """Seal with this key from now on; False when it is nowhere to be found."""
        if self._cipher(name) is not None:
            self.sealing = name
        elif self.sealing not in self._ciphers:
            self.sealing = next(iter(self._ciphers))
        return self.sealing == name

    def _cipher(self, name: str) -> AESGCM | None:
        if name not in self._ciphers:  # another process has made a new key meanwhile
            self._load()
        return self._ciphers.get(name)

    def seal(self, text: str, record: str, column: str = "") -> bytes:
        """Encrypt `text` so that it opens for this record and column only."""
        if self._learn is not None:
            self._learn(text)
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self.sealing].encrypt(nonce, text.encode(), _bound_to(record, column))
        return MARK + bytes.fromhex(self.sealing) + nonce + sealed

    def open(self, sealed: bytes, record: str, column: str = "") -> str:
        """Decrypt.

        Raises:
            HomeError: another key sealed it, or it belongs to another record or column.
        """
        text = self._named(sealed, record, column)
        if text is None:
            text = self._unnamed(sealed, record)
        if text is None:
            raise HomeError(
                f"A stored token cannot be decrypted with {self._keys.where}. Put the key back that belongs to this "
                "tokens.db, or remove the token and add it again."
            )
        if self._learn is not None:
            self._learn(text)
        return text

    def _named(self, sealed: bytes, record: str, column: str) -> str | None:
        name = sealed_with(sealed)
        cipher = self._cipher(name) if name else None
        rest = sealed[len(MARK) + ID_BYTES :]
        return None if cipher is None else _decrypted(cipher, rest, _bound_to(record, column))

    def _unnamed(self, sealed: bytes, record: str) -> str | None:
        for cipher in self._ciphers.values():
            if (text := _decrypted(cipher, sealed, record.encode())) is not None:
                return text
        return None


def _bound_to(record: str, column: str) -> bytes:
    return f"{record}\0{column}".encode()


def _decrypted(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> str | None:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to).decode()
    except (InvalidTag, ValueError):  # ValueError: too short to be anything sealed
        return None
