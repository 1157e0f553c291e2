"""Proofs travel through clients of other formats in envelopes."""

import base64

import pytest

from router_core.wire.model import Proof
from router_core.wire.proof import for_client, is_sealed, seal, unseal

PROOFS = [
    Proof("anthropic", "EqQBCkYIBxgCKkD="),
    Proof("openai", "gAAAA", {"type": "reasoning", "summary": [{"type": "summary_text", "text": "ü"}]}),
    Proof("gemini", "CiQ="),
    Proof("other", ""),
]


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.issuer)
def test_what_was_sealed_is_found_again(proof: Proof) -> None:
    sealed = seal(proof)
    assert is_sealed(sealed)
    assert base64.b64decode(sealed, validate=True)
    for client in ("anthropic", "openai", "gemini"):
        assert unseal(sealed, client) == proof  # type: ignore[arg-type]  # a loop over literals


def test_the_url_safe_alphabet_is_understood_too() -> None:
    proof = Proof("openai", "?>?>~~~ü>>>???")
    sealed = seal(proof)
    assert {"+", "/"} & set(sealed)
    assert unseal(sealed.replace("+", "-").replace("/", "_").rstrip("="), "gemini") == proof


def test_a_clients_own_proof_is_no_envelope() -> None:
    assert not is_sealed("EqQBCkYIBxgCKkD=")
    assert unseal("EqQBCkYIBxgCKkD=", "anthropic") == Proof("anthropic", "EqQBCkYIBxgCKkD=")


@pytest.mark.parametrize("damage", [lambda text: text[:-7], lambda text: text[:20] + "!!!" + text[20:]])
def test_a_damaged_envelope_belongs_to_nobody(damage: object) -> None:
    broken = damage(seal(PROOFS[1]))  # type: ignore[operator]
    assert unseal(broken, "anthropic").issuer == "other"


def test_only_foreign_proofs_are_sealed() -> None:
    assert for_client(PROOFS[0], "anthropic") == PROOFS[0].value
    assert is_sealed(for_client(PROOFS[0], "openai"))
