"""Carrying one provider's proof through a client of another format: a sealed envelope in the place of its own proofs.

Claude Code gives back each `signature` it was sent, Codex each `encrypted_content`, Gemini clients each
`thoughtSignature`. So a foreign proof travels there, marked with its issuer, and is opened again on the way in. The
envelope is standard base64, because Gemini's clients decode theirs. It keeps nothing secret: its content came from the
provider and goes back to it alone.
"""

import base64
import binascii

import orjson

from router_core.wire.model import Issuer, Proof

_MARK = b"mitmrouter\x00\x01"  # its length divides by three, so the base64 text of every envelope begins the same
_PREFIX = base64.b64encode(_MARK).decode()
_STANDARD = str.maketrans("-_", "+/")
_ISSUERS: frozenset[str] = frozenset({"anthropic", "openai", "gemini", "other"})


def seal(proof: Proof) -> str:
    """The envelope for a client whose format is not the issuer's."""
    payload = orjson.dumps({"issuer": proof.issuer, "value": proof.value, "whole": proof.whole})
    return base64.b64encode(_MARK + payload).decode()


def is_sealed(value: str) -> bool:
    """True for an envelope of ours: never to be sent to any provider."""
    return value.startswith(_PREFIX)


def unseal(value: str, issuer: Issuer) -> Proof:
    """The proof in an opaque string that a client sent.

    Args:
        issuer: whose it is when it is no envelope: the client's own format.
    """
    if is_sealed(value):
        try:
            content = orjson.loads(_opened(value)[len(_MARK) :])
            found, inner, whole = content["issuer"], content["value"], content["whole"]
        except (binascii.Error, ValueError, KeyError, TypeError):
            return Proof("other", value)  # damaged on the way: nobody can read it
        if found in _ISSUERS and isinstance(inner, str) and (whole is None or isinstance(whole, dict)):
            return Proof(found, inner, whole)
        return Proof("other", value)
    return Proof(issuer, value)


def _opened(value: str) -> bytes:
    """Gemini's SDKs give back the URL-safe alphabet, whatever they were sent."""
    text = value.translate(_STANDARD).rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def for_client(proof: Proof, client: Issuer) -> str:
    """What stands in the client's opaque field: the proof itself in its own format, else an envelope."""
    return proof.value if proof.issuer == client else seal(proof)
