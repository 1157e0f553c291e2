"""(client request, provider, token) → one upstream request."""

import base64
import json

import pytest

from router_core.attempt import Upstream, upstream_headers, upstream_of
from router_core.config.schema import Kind, ProviderConfig
from router_core.errors import Refused
from router_core.providers.catalogue import CATALOGUE
from router_core.tokens.token import Token

API_KEY = Token("t1", "key", "claude", "sk-ant-api03-mine")
OAUTH = Token("t2", "plan", "claude", "sk-ant-oat01-mine")
HOST = Upstream("https", "api.anthropic.com", 443, "/v1/messages")


@pytest.mark.parametrize(
    ("provider", "rest", "url"),
    [
        ("claude", "/v1/messages?beta=true", "https://api.anthropic.com/v1/messages?beta=true"),
        ("claude", "/v1/messages/count_tokens", "https://api.anthropic.com/v1/messages/count_tokens"),
        ("claude", "/api/hello", "https://api.anthropic.com/api/hello"),
        ("claude", "", "https://api.anthropic.com/"),
        ("claude", "/x?", "https://api.anthropic.com/x?"),
        ("claude", "/x?next=../../y", "https://api.anthropic.com/x?next=../../y"),
        ("openai", "/v1/responses", "https://api.openai.com/v1/responses"),
        ("openai", "/responses", "https://api.openai.com/v1/responses"),
        ("openai", "/v1", "https://api.openai.com/v1"),
        ("openai", "/v1beta/x", "https://api.openai.com/v1/v1beta/x"),
        ("openai", "/v10/x", "https://api.openai.com/v1/v10/x"),
        ("openai", "/files?after=a%2Fb&x=1?2", "https://api.openai.com/v1/files?after=a%2Fb&x=1?2"),
        ("openrouter", "/v1/chat/completions", "https://openrouter.ai/api/v1/chat/completions"),
        ("openrouter", "/chat/completions", "https://openrouter.ai/api/v1/chat/completions"),
        ("groq", "/v1/models", "https://api.groq.com/openai/v1/models"),
        (
            "gemini",
            "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
        ),
        ("gemini", "/models", "https://generativelanguage.googleapis.com/v1beta/models"),
        ("codex", "/responses", "https://chatgpt.com/backend-api/codex/responses"),
        ("codex", "/v1/responses", "https://chatgpt.com/backend-api/codex/responses"),
        ("codex", "/backend-api/codex/responses", "https://chatgpt.com/backend-api/codex/responses"),
        ("codex", "/backend-api/wham/usage", "https://chatgpt.com/backend-api/wham/usage"),
        ("codex", "/models?client_version=1", "https://chatgpt.com/backend-api/codex/models?client_version=1"),
    ],
)
def test_path_of_the_router_becomes_the_provider_s_own(provider: str, rest: str, url: str) -> None:
    assert upstream_of(CATALOGUE[provider], rest).url == url


@pytest.mark.parametrize(
    ("kind", "base", "rest", "url"),
    [
        ("anthropic", "http://127.0.0.1:9000", "/v1/messages", "http://127.0.0.1:9000/v1/messages"),
        ("anthropic", "https://llm.example/v1", "/v1/messages", "https://llm.example/v1/messages"),
        ("anthropic", "https://llm.example/anthropic", "/v1/messages", "https://llm.example/anthropic/v1/messages"),
        ("openai-responses", "https://llm.example/v1/", "/responses", "https://llm.example/v1/responses"),
        ("openai-chat", "http://[::1]:8080/v1", "/v1/models", "http://[::1]:8080/v1/models"),
        ("openai", "https://llm.example:8443/v2", "/v2/x", "https://llm.example:8443/v2/x"),
        ("codex", "http://127.0.0.1:9/backend-api/codex", "/v1/responses", "http://127.0.0.1:9/backend-api/codex/responses"),
    ],
)  # fmt: skip
def test_base_url_of_the_config_is_kept(kind: Kind, base: str, rest: str, url: str) -> None:
    assert upstream_of(ProviderConfig(kind=kind, base_url=base), rest).url == url


@pytest.mark.parametrize(
    "rest",
    [
        "/../admin", "/v1/../../admin", "/v1/%2e%2e/admin", "/v1/%2E./admin", "/..", "/v1/..%2fadmin", "/v1/..\\admin",
        "/v1/..%5cadmin", "/v1/./messages",
    ],
)  # fmt: skip
def test_a_path_that_climbs_is_refused(rest: str) -> None:
    with pytest.raises(Refused) as caught:
        upstream_of(CATALOGUE["openai"], rest)
    assert (caught.value.status, caught.value.kind) == (400, "bad_path")


@pytest.mark.parametrize("rest", ["//evil.example/x", "/@evil.example/", "/\\evil.example", "/http://evil.example/"])
def test_the_client_never_chooses_the_host(rest: str) -> None:
    assert upstream_of(CATALOGUE["claude"], rest).host == "api.anthropic.com"
    assert upstream_of(CATALOGUE["claude"], rest).authority == "api.anthropic.com"


@pytest.mark.parametrize(
    ("upstream", "authority"),
    [
        (Upstream("https", "a.example", 443, "/"), "a.example"),
        (Upstream("https", "a.example", 80, "/"), "a.example:80"),
        (Upstream("http", "127.0.0.1", 80, "/"), "127.0.0.1"),
        (Upstream("http", "::1", 8080, "/"), "[::1]:8080"),
    ],
)
def test_authority_names_only_unusual_ports(upstream: Upstream, authority: str) -> None:
    assert upstream.authority == authority


def test_headers_keep_order_and_spelling_and_get_host_and_credential() -> None:
    sent = [
        (b"Host", b"127.0.0.1:8100"), (b"X-Stainless-OS", b"Linux"), (b"accept", b"*/*"), (b"anthropic-Version", b"1"),
        (b"x-twice", b"1"), (b"x-twice", b"2"),
    ]  # fmt: skip
    assert upstream_headers(sent, CATALOGUE["claude"], API_KEY, HOST) == [
        (b"Host", b"api.anthropic.com"), *sent[1:], (b"x-api-key", b"sk-ant-api03-mine"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        b"authorization", b"Authorization", b"x-api-key", b"X-Api-Key", b"x-goog-api-key", b"api-key", b"cookie",
        b"Proxy-Authorization", b"ChatGPT-Account-Id", b"openai-organization", b"OpenAI-Project",
    ],
)  # fmt: skip
def test_a_client_s_own_login_never_reaches_the_provider(name: bytes) -> None:
    """claude-code CHANGELOG: the client kept sending its own bearer to a custom base URL."""
    out = upstream_headers([(name, b"client-secret"), (name, b"another")], CATALOGUE["claude"], API_KEY, HOST)
    assert out == [(b"x-api-key", b"sk-ant-api03-mine")]


def test_claude_subscription_token_is_a_bearer_with_its_beta_and_no_api_key() -> None:
    out = upstream_headers([(b"x-api-key", b"placeholder")], CATALOGUE["claude"], OAUTH, HOST)
    assert out == [(b"anthropic-beta", b"oauth-2025-04-20"), (b"Authorization", b"Bearer sk-ant-oat01-mine")]


@pytest.mark.parametrize(
    ("beta", "sent"),
    [
        ([b"a-1"], [b"a-1,oauth-2025-04-20"]),
        ([b"a-1, b-2"], [b"a-1,b-2,oauth-2025-04-20"]),
        ([b"a-1,oauth-2025-04-20,b-2"], [b"a-1,oauth-2025-04-20,b-2"]),
        ([b""], [b"oauth-2025-04-20"]),
    ],
)
def test_beta_flags_of_the_client_stay_and_the_oauth_flag_is_added_once(beta: list[bytes], sent: list[bytes]) -> None:
    out = upstream_headers([(b"Anthropic-Beta", value) for value in beta], CATALOGUE["claude"], OAUTH, HOST)
    assert [(n, v) for n, v in out if n.lower() == b"anthropic-beta"] == [(b"Anthropic-Beta", v) for v in sent]


@pytest.mark.parametrize(
    ("beta", "sent"),
    [(b"a-1,oauth-2025-04-20,b-2", [b"a-1,b-2"]), (b"oauth-2025-04-20", []), (b"a-1", [b"a-1"])],
)
def test_an_api_key_does_not_claim_to_be_a_login(beta: bytes, sent: list[bytes]) -> None:
    out = upstream_headers([(b"anthropic-beta", beta)], CATALOGUE["claude"], API_KEY, HOST)
    assert [v for n, v in out if n == b"anthropic-beta"] == sent


def _jwt(claims: object) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJub25lIn0.{part}.sig"


AUTH = "https://api.openai.com/auth"


@pytest.mark.parametrize(
    ("token", "account"),
    [
        (Token("c", "c", "codex", _jwt({AUTH: {"chatgpt_account_id": "from-jwt"}})), b"from-jwt"),
        (Token("c", "c", "codex", _jwt({AUTH: {"chatgpt_account_id": "from-jwt"}}), account_id="stored"), b"stored"),
        (Token("c", "c", "codex", _jwt({AUTH: {"chatgpt_account_id": 5}})), None),
        (Token("c", "c", "codex", _jwt({AUTH: "odd"})), None),
        (Token("c", "c", "codex", _jwt(["odd"])), None),
        (Token("c", "c", "codex", "no-jwt"), None),
        (Token("c", "c", "codex", "a.!!!.c"), None),
        (Token("c", "c", "codex", "a.ÿ.c"), None),
    ],
    ids=["claim", "stored-wins", "no-text", "no-table", "no-object", "no-jwt", "no-base64", "no-ascii"],
)
def test_account_id_of_a_chatgpt_login_comes_from_the_jwt_when_missing(token: Token, account: bytes | None) -> None:
    client = [(b"chatgpt-account-id", b"clients-own")]
    out = dict(upstream_headers(client, CATALOGUE["codex"], token, HOST))
    assert out[b"Authorization"] == b"Bearer " + token.access_token.encode()
    assert out.get(b"ChatGPT-Account-Id") == account
    assert b"chatgpt-account-id" not in out


def test_headers_of_the_config_replace_the_client_s() -> None:
    provider = ProviderConfig(kind="openai", base_url="https://x.example/v1", headers={"X-Title": "router"})
    out = upstream_headers([(b"x-title", b"client"), (b"a", b"b")], provider, API_KEY, HOST)
    assert out == [(b"a", b"b"), (b"X-Title", b"router"), (b"Authorization", b"Bearer sk-ant-api03-mine")]


def test_headers_of_the_config_never_add_a_second_credential() -> None:
    headers = {"authorization": "Bearer other", "x-api-key": "other"}
    provider = ProviderConfig(kind="openai", base_url="https://x.example/v1", headers=headers)
    out = upstream_headers([], provider, API_KEY, HOST)
    assert [v for n, v in out if n.lower() == b"authorization"] == [b"Bearer sk-ant-api03-mine"]


def test_beta_flags_of_the_config_are_kept_with_a_subscription_token() -> None:
    headers = {"anthropic-beta": "mine-1"}
    provider = ProviderConfig(kind="anthropic", base_url="https://x.example", headers=headers)
    out = upstream_headers([(b"anthropic-beta", b"client-1")], provider, OAUTH, HOST)
    assert (b"anthropic-beta", b"mine-1,oauth-2025-04-20") in out
