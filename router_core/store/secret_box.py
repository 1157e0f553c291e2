"""How a secret lies on disk: encrypted, authenticated, and bound to the record it belongs to.

The key is a 0600 file beside the database, so a copied or backed-up `tokens.db` alone is worth nothing. Whoever can
read the whole home folder can read the tokens: the file rights are what protects against other users.
"""

import contextlib
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
        except (InvalidTag, ValueError) as error:  # ValueError: too short to be anything sealed
            raise HomeError(
                f"A stored token cannot be decrypted with {self._key_file}. Put the key file back that belongs to this "
                "tokens.db, or remove the token and add it again."
            ) from error


def _key(file: Path) -> bytes:
    try:
        if not file.exists():
            _make_key(file)
        key = file.read_bytes()
    except OSError as error:
        raise HomeError(f"The key file {file} cannot be used ({error.strerror}). Make it readable for you.") from error
    if len(key) != 32:
        raise HomeError(f"{file} is not a key of this program (32 bytes). Put the right one back.")
    return key


def _make_key(file: Path) -> None:
    """Write the whole key beside, then link it into place: who is second never sees half a key, and uses the first."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        temporary.touch(mode=0o600)
        temporary.write_bytes(AESGCM.generate_key(bit_length=256))
        with contextlib.suppress(FileExistsError):
            os.link(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)
