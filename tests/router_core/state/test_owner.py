"""Who can read a proof: each pair of issuer and target."""

import pytest

from router_core.config.schema import Kind
from router_core.providers.catalogue import CATALOGUE
from router_core.state.owner import Owner, ProofKind, family_of, foreign
from router_core.wire.model import Issuer

OF: dict[str, Issuer] = {
    "claude": "anthropic", "bedrock": "anthropic", "codex": "openai", "openai": "openai", "gemini": "gemini",
    "vertex": "gemini", "kimi": "other", "openrouter": "other",
}  # fmt: skip
KINDS: dict[Issuer, ProofKind] = {
    "anthropic": "signature", "openai": "encrypted_content", "gemini": "thought_signature", "other": "signature"
}  # fmt: skip


@pytest.mark.parametrize(
    ("minted_by", "to", "taken_out"),
    [
        ("claude", "claude", False),
        ("claude", "bedrock", False),
        ("codex", "openai", False),
        ("openai", "codex", False),
        ("gemini", "vertex", False),
        ("kimi", "kimi", False),
        ("claude", "codex", True),
        ("claude", "gemini", True),
        ("claude", "kimi", True),
        ("kimi", "claude", True),
        ("kimi", "openrouter", True),
        ("codex", "claude", True),
        ("gemini", "openai", True),
    ],
)
@pytest.mark.parametrize("token", ["t1", "t2"])
def test_a_proof_goes_to_its_own_family_only_whoever_pays(minted_by: str, to: str, token: str, taken_out: bool) -> None:
    owner = Owner(OF[minted_by], minted_by, "t1", KINDS[OF[minted_by]])
    assert foreign(owner, to, token, OF[to], client_family="anthropic") is taken_out


@pytest.mark.parametrize(
    ("to", "token", "taken_out"), [("codex", "t1", False), ("codex", "t2", True), ("openai", "t1", True)]
)
def test_a_turn_state_goes_back_to_the_account_that_issued_it(to: str, token: str, taken_out: bool) -> None:
    owner = Owner("openai", "codex", "t1", "turn_state")
    assert foreign(owner, to, token, "openai", client_family="openai") is taken_out


@pytest.mark.parametrize(
    ("client", "family", "taken_out"),
    [
        ("anthropic", "anthropic", False),
        ("openai", "openai", False),
        ("gemini", "gemini", False),
        ("anthropic", "other", False),
        ("anthropic", "openai", True),
        ("openai", "anthropic", True),
        ("openai", "gemini", True),
    ],
)
def test_a_proof_nobody_remembers_stays_where_the_client_speaks_the_targets_language(
    client: Issuer, family: Issuer, taken_out: bool
) -> None:
    assert foreign(None, "somewhere", "t1", family, client_family=client) is taken_out


@pytest.mark.parametrize(
    ("kind", "base_url", "family"),
    [
        ("anthropic", "https://api.anthropic.com", "anthropic"),
        ("anthropic", "http://127.0.0.1:9000", "anthropic"),
        ("anthropic", "https://bedrock-runtime.eu-west-1.amazonaws.com", "anthropic"),
        ("anthropic", "https://api.moonshot.ai/anthropic", "other"),
        ("anthropic", "https://anthropic.com.evil.example", "other"),
        ("anthropic", "https://notanthropic.com", "other"),
        ("codex", "https://chatgpt.com/backend-api/codex", "openai"),
        ("openai", "https://api.openai.com/v1", "openai"),
        ("openai-responses", "https://mine.openai.azure.com/openai/v1", "other"),
        ("openai-chat", "https://openrouter.ai/api/v1", "other"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta", "gemini"),
    ],
)
def test_a_family_is_a_dialect_at_the_vendors_own_host(kind: Kind, base_url: str, family: Issuer) -> None:
    assert family_of(kind, base_url) == family


def test_claude_on_vertex_signs_as_anthropic_does() -> None:
    host = "https://us-east5-aiplatform.googleapis.com"
    assert family_of("vertex", host, "anthropic") == "anthropic"
    assert family_of("vertex", host, "gemini") == "gemini"


def test_the_vendors_in_the_catalogue_are_genuine() -> None:
    families = {name: family_of(row.kind, row.base_url) for name, row in CATALOGUE.items()}
    wanted = {"claude": "anthropic", "codex": "openai", "openai": "openai", "gemini": "gemini"}
    wanted |= {"gemini-cli": "gemini", "antigravity": "gemini", "vertex": "gemini"}
    assert {name: family for name, family in families.items() if family != "other"} == wanted
