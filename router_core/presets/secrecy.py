"""What of a configuration is a secret: by its place, by what it looks like, and by what is known to be one."""

import re
from collections.abc import Collection
from urllib.parse import parse_qsl, urlsplit

from router_core.config.secrets import names_a_secret
from router_core.config.toml_edit import Keys
from router_core.trace.redact import Redactor

_REFERENCES = re.compile(r"(?:(?:Bearer|Basic|Token)\s+)?(?:\$\{\w+\}|\$[A-Za-z_]\w*)+")
"""Nothing but variables, and the word that stands before a credential."""
_OPAQUE = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])(?!.*://)\S{20,}")
_CREDENTIAL = re.compile(r"(?:Bearer|Basic|Token|Digest)\s+\S+", re.IGNORECASE)
"""The value of an Authorization header, whatever the header is called."""
_NOT_SECRET = frozenset({"auth"})
"""`auth = "bearer"` is the name of a header."""
_FREE_TEXT = frozenset({"headers", "transformers", "model_transformers"})
"""Below these people write what they like."""


def why_secret(keys: Keys, text: str, known: Collection[str] = ()) -> str:
    """Why a string of config.toml must not be handed on; "": it may.

    Args:
        keys: where it stands.
        text: as it stands there, variables not expanded.
        known: secrets of this machine.
    """
    if not text or _REFERENCES.fullmatch(text):
        return ""
    plain = text.replace("$$", "$")
    if any(secret in plain for secret in known if len(secret) >= 8):
        return "a secret of this router"
    if _has_telling_name(keys) and names_a_secret(keys[-1]):
        return "named as a secret"
    if _in_url(plain):
        return "a URL with a credential"
    if looks_secret(plain) or ("headers" in keys and _CREDENTIAL.match(plain)):
        return "shaped like a credential"
    if _FREE_TEXT.intersection(keys) and any(_OPAQUE.fullmatch(word) for word in plain.split()):
        return "shaped like a credential"
    return ""


def looks_secret(text: str) -> bool:
    """Whether there is something in it that has the form of a known kind of credential."""
    return Redactor().text(text) != text


def _has_telling_name(keys: Keys) -> bool:
    """Whether the last key is a setting, header or option, and no model's name or pattern, which may be anything."""
    if keys[0] not in ("providers", "transformers") or keys[-1] in _NOT_SECRET:
        return False
    return len(keys) > 4 if "model_transformers" in keys[:3] else True


def _in_url(text: str) -> bool:
    for word in text.split():
        if "://" in word:
            try:
                parts = urlsplit(word)
            except ValueError:
                return True
            if parts.password or parts.username:
                return True
            if any(names_a_secret(name) and value for name, value in parse_qsl(parts.query)):
                return True
    return False
