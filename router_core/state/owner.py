"""Who can read a proof: a pure decision over who minted it and where it would go.

A proof that its reader did not mint is a 400 ("Invalid `signature` in `thinking` block"), one that is taken out without
need is lost reasoning. Anthropic's signatures are good for any account of Anthropic's, on Bedrock and Google Cloud too
(its documentation, read 2026-11). Gemini's belong to Gemini. Encrypted reasoning was measured as portable between
ChatGPT accounts and OpenAI keys by some and as refused by others, so it is kept within that family, and the one retry
after a refusal takes it out. What other services mint goes back to that service alone.
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from router_core.config.schema import Kind
from router_core.netloc import is_loopback
from router_core.wire.format import FormatName
from router_core.wire.model import Issuer

ProofKind = Literal["signature", "encrypted_content", "thought_signature", "turn_state"]

_FAMILY_OF_KIND: dict[Kind, Issuer] = {
    "anthropic": "anthropic",
    "openai": "openai",
    "openai-responses": "openai",
    "codex": "openai",
    "gemini": "gemini",
    "code-assist": "gemini",
    "antigravity": "gemini",
    "vertex": "gemini",
}
_GENUINE_HOSTS: dict[Issuer, tuple[str, ...]] = {
    "anthropic": ("anthropic.com", "amazonaws.com", "googleapis.com"),
    "openai": ("openai.com", "chatgpt.com"),  # not Azure: blobs were refused to and from there
    "gemini": ("googleapis.com",),
}


@dataclass(frozen=True, slots=True)
class Owner:
    """Who minted a proof.

    Args:
        issuer: the family of providers that can read it; "other" is the provider `provider` alone.
    """

    issuer: Issuer
    provider: str
    token_id: str
    kind: ProofKind


def family_of(kind: Kind, base_url: str, format: FormatName | None = None) -> Issuer:
    """The family that a configured provider belongs to: by its dialect, and only where the host is the vendor's own.

    A compatible service at another host speaks the same dialect and mints proofs of its own. Loopback counts as the
    vendor: that is the simulator, or a tunnel to the vendor.
    """
    family = _FAMILY_OF_KIND.get(kind, "other")
    if kind == "vertex" and format == "anthropic":  # Claude on Google Cloud signs as Anthropic does
        family = "anthropic"
    host = (urlsplit(base_url).hostname or "").lower()
    genuine = any(host == name or host.endswith("." + name) for name in _GENUINE_HOSTS.get(family, ()))
    return family if genuine or is_loopback(host) else "other"


def foreign(
    owner: Owner | None, target_provider: str, target_token: str, family: Issuer, *, client_family: Issuer
) -> bool:
    """True if a proof must be taken out before a request goes to this target.

    Args:
        owner: who minted it; None when nobody remembers.
        target_provider: config name of the provider that the request goes to.
        target_token: id of the token that pays.
        family: of the target (`family_of`).
        client_family: of the client's wire format; decides for unknown proofs: a client that speaks the target's own
            language most likely got them there, before the router was put between the two.
    """
    if owner is None:
        return family not in ("other", client_family)
    if owner.kind == "turn_state":  # names one backend machine's session of one account
        return (owner.provider, owner.token_id) != (target_provider, target_token)
    if owner.provider == target_provider:
        return False
    return owner.issuer != family or family == "other"
