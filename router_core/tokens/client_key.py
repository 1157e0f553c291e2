"""Keys that clients present instead of the gateway token: each with a name, an own budget and own lists of targets.

A key is 32 random bytes in letters, shown once. What is stored is a keyed hash of it: it cannot be guessed, and one
lookup finds it. A key opens what clients may use, never the admin plane.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PREFIX = "mr-"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")

KeyState = Literal["valid", "revoked", "expired"]


@dataclass(frozen=True, slots=True)
class ClientKey:
    """One key, without itself."""

    name: str
    digest: bytes = field(repr=False)
    created_at: float
    expires_at: float | None = None
    """Epoch seconds; None: never."""
    revoked_at: float | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """day, week, month → as in `[spend.per_day]`; money as text."""

    def state(self, now: float) -> KeyState:
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


def new_key() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(key: str, hash_key: bytes) -> bytes:
    """What is stored of a key, and looked up."""
    return hashlib.blake2b(key.encode("utf-8", "surrogateescape"), key=hash_key, digest_size=32).digest()


def is_key_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name))
