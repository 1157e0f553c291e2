"""What the simulated Anthropic signs, so that it knows its own blocks again: thinking, and what a search found.

The signature is a keyed hash of the text, so an edited, foreign or made-up one is refused, as the provider refuses
it. It is bound to no account: the real ones are not either.
"""

from hashlib import blake2b

SIGNATURE_PREFIX = "SimSig"

_KEY = b"router_core.simulator"


def mint_signature(thinking: str) -> str:
    """The signature of a thinking block; it fits this text and no other."""
    return SIGNATURE_PREFIX + _keyed(b"thinking", thinking)


def mint_redacted(thinking: str) -> str:
    """The `data` of a redacted thinking block."""
    return f"{SIGNATURE_PREFIX}{thinking.encode().hex()}.{_keyed(b'redacted', thinking)}"


def is_redacted(data: object) -> bool:
    """Whether we made it."""
    if not isinstance(data, str) or not data.startswith(SIGNATURE_PREFIX):
        return False
    text = data.removeprefix(SIGNATURE_PREFIX).partition(".")[0]
    try:
        return data == mint_redacted(bytes.fromhex(text).decode())
    except ValueError:
        return False


def mint_found(url: str) -> str:
    """The `encrypted_content` of a search result; it fits this page and no other."""
    return SIGNATURE_PREFIX + _keyed(b"found", url)


def _keyed(purpose: bytes, text: str) -> str:
    return blake2b(text.encode(errors="surrogatepass"), key=_KEY, person=purpose, digest_size=24).hexdigest()
