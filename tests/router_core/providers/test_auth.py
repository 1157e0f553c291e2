"""How a token is presented. (The headers as a whole are tested in test_attempt.py.)"""

import pytest

from router_core.config.schema import Kind
from router_core.providers.auth import account_of_jwt, auth_headers, is_claude_oauth, jwt_claims
from router_core.simulator import make_jwt
from router_core.tokens.token import Token


@pytest.mark.parametrize(
    ("kind", "secret", "headers"),
    [
        ("anthropic", "sk-ant-api03-x", [(b"x-api-key", b"sk-ant-api03-x")]),
        ("anthropic", "sk-ant-oat01-x", [(b"Authorization", b"Bearer sk-ant-oat01-x")]),
        ("openai", "sk-proj-x", [(b"Authorization", b"Bearer sk-proj-x")]),
        ("openai-chat", "gsk_x", [(b"Authorization", b"Bearer gsk_x")]),
        ("openai-responses", "x", [(b"Authorization", b"Bearer x")]),
        ("codex", "x", [(b"Authorization", b"Bearer x")]),
    ],
)
def test_each_kind_has_its_way(kind: Kind, secret: str, headers: list[tuple[bytes, bytes]]) -> None:
    assert auth_headers(kind, Token("t", "t", "p", secret)) == headers


def test_subscription_tokens_are_told_by_their_prefix() -> None:
    assert is_claude_oauth(Token("t", "t", "p", "sk-ant-oat01-x"))
    assert not is_claude_oauth(Token("t", "t", "p", "sk-ant-api03-x"))


def test_account_of_a_login() -> None:
    assert account_of_jwt(make_jwt("acc-7")) == "acc-7"


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", "a.bnVsbA.c", "a.\udcff.c"])
def test_what_is_no_jwt_claims_nothing(text: str) -> None:
    assert jwt_claims(text) == {}
