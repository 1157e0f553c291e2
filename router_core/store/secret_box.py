"""How a secret lies on disk: encrypted, authenticated, and bound to the record it belongs to.

The key is a 0600 file beside the database, so a copied or backed-up `tokens.db` alone is worth nothing. Whoever can
read the whole home folder can read the tokens: the file rights are what protects against other users.
"""

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from router_core.errors import HomeError

NONCE_BYTES = 12


class SecretBox:
    """Seals and opens texts with the key in `key_file`, which is made on first use."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file
        self._cipher = AESGCM(_key(key_file))

    def seal(self, text: str, record: str) -> bytes:
        """Encrypt `text` so that it opens for this record only."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), record.encode())

    def open(self, sealed: bytes, record: str) -> str:
        """Decrypt.

        Raises:
            HomeError: another key sealed it, or it belongs to another record.
        """
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], record.encode()).decode()
        except InvalidTag as error:
            raise HomeError(
                f"A stored token cannot be decrypted with {self._key_file}. Put the key file back that belongs to this "
                "tokens.db, or remove the token and add it again."
            ) from error


def _key(file: Path) -> bytes:
    try:
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "wb") as out:
                out.write(AESGCM.generate_key(bit_length=256))
        key = file.read_bytes()
    except OSError as error:
        raise HomeError(f"The key file {file} cannot be used ({error.strerror}). Make it readable for you.") from error
    if len(key) != 32:
        raise HomeError(f"{file} is not a key of this program (32 bytes). Put the right one back.")
    return key
