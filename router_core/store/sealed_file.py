"""Files that carry secrets out of the home folder: encrypted with a passphrase, or in plain where the owner says so.

One JSON document. In front, in the open: what it is, its version, how it is encrypted. The key comes from the
passphrase by scrypt; AES-GCM authenticates content and front together, so nothing in it can be changed unnoticed.
"""

import base64
import contextlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from router_core.errors import RouterError

Content = Literal["tokens", "backup"]
VERSION = 1
COST = 2**17
"""scrypt's n: 128 MB and about half a second for each guess."""
MOST_COST = 2**20
"""A file that wants more is not of ours: it would only cost memory."""
LEAST_PASSPHRASE = 8
READ_LIMIT_BYTES = 64 * 1024 * 1024


class SealedFileError(RouterError):
    """It cannot be written or read; the message says why and what to do."""

    status = 400
    kind = "sealed_file"


def write_sealed(
    file: Path, what: Content, content: Mapping[str, Any], passphrase: str | None, cost: int = COST
) -> None:
    """Write a new file for the owner only (0600), whole or not at all.

    Args:
        passphrase: None writes it in plain.

    Raises:
        SealedFileError: there is such a file, it cannot be written, or the passphrase is too short.
    """
    if passphrase is not None and len(passphrase) < LEAST_PASSPHRASE:
        raise SealedFileError(f"The passphrase is too short: at least {LEAST_PASSPHRASE} characters.")
    front: dict[str, Any] = {"mitmrouter": what, "version": VERSION}
    if passphrase is None:
        document = {**front, "encryption": None, "content": content}
    else:
        salt, nonce = os.urandom(16), os.urandom(12)
        front["encryption"] = {
            "cipher": "aes-256-gcm", "nonce": _encoded(nonce),
            "kdf": "scrypt", "salt": _encoded(salt), "n": cost, "r": 8, "p": 1,
        }  # fmt: skip
        sealed = _cipher(passphrase, salt, cost).encrypt(nonce, json.dumps(content).encode(), _bound(front))
        document = {**front, "content": _encoded(sealed)}
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            json.dump(document, opened, indent=2)
            opened.write("\n")
            opened.flush()
            os.fsync(opened.fileno())
        os.link(temporary, file)
    except FileExistsError as error:
        raise SealedFileError(f"{file} exists already. Name another file, or move that one away.") from error
    except OSError as error:
        raise SealedFileError(f"{file} cannot be written ({error.strerror}). Name another file.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def read_sealed(file: Path, passphrase: Callable[[], str]) -> tuple[Content, dict[str, Any]]:
    """What kind of file it is, and its content.

    Args:
        passphrase: asked for it, if the file is encrypted.

    Raises:
        SealedFileError: it is no such file, is damaged, or the passphrase is wrong.
    """
    document = _document(file)
    what, encryption, content = document["mitmrouter"], document.get("encryption"), document.get("content")
    if encryption is not None:
        front = {key: document[key] for key in ("mitmrouter", "version", "encryption")}
        content = _opened(file, front, content, passphrase)
    if not isinstance(content, dict):
        raise SealedFileError(f"{file} is damaged: it has no content.")
    return what, content


def _document(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            raw = opened.read(READ_LIMIT_BYTES + 1)
    except OSError as error:
        raise SealedFileError(f"{file} cannot be read ({error.strerror}).") from error
    try:
        document = json.loads(raw) if len(raw) <= READ_LIMIT_BYTES else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("mitmrouter") not in ("tokens", "backup"):
        raise SealedFileError(f"{file} is no export or backup of mitmrouter.")
    if document.get("version") != VERSION:
        raise SealedFileError(
            f"{file} has version {document.get('version')!r}; this program reads {VERSION}. Update it."
        )
    return document


def _opened(file: Path, front: dict[str, Any], content: object, passphrase: Callable[[], str]) -> Any:
    from cryptography.exceptions import InvalidTag

    try:
        how = front["encryption"]
        salt, nonce, cost = _decoded(how["salt"]), _decoded(how["nonce"]), int(how["n"])
        sealed = _decoded(content)
        usual = (how["cipher"], how["kdf"], how["r"], how["p"]) == ("aes-256-gcm", "scrypt", 8, 1)
        if not usual or not 2 <= cost <= MOST_COST or cost & (cost - 1):
            raise ValueError("not our way")
    except (KeyError, TypeError, ValueError) as error:
        raise SealedFileError(
            f"{file} is encrypted in a way that this program does not know, or is damaged."
        ) from error
    try:
        return json.loads(_cipher(passphrase(), salt, cost).decrypt(nonce, sealed, _bound(front)))
    except (InvalidTag, ValueError) as error:
        raise SealedFileError(f"{file} does not open: the passphrase is wrong, or the file is damaged.") from error


def _cipher(passphrase: str, salt: bytes, cost: int) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return AESGCM(Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode()))


def _bound(front: Mapping[str, Any]) -> bytes:
    return json.dumps(front, sort_keys=True, separators=(",", ":")).encode()


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decoded(value: object) -> bytes:
    return base64.b64decode(str(value), validate=True)
