"""The services that exist without being configured: where each answers, and how it wants to be shown a key."""

import pytest

from router_core.attempt import upstream_headers, upstream_of
from router_core.config.schema import RESERVED_PROVIDER_NAMES, ProviderConfig
from router_core.models.catalogue import catalogue as known_models
from router_core.outgoing import generate_path
from router_core.providers.catalogue import ALIASES, CATALOGUE, KNOWN, vendor_of
from router_core.tokens.token import Token
from router_core.wire.codec import Target
from router_core.wire.openai_chat.dialect import COMMON, dialect_of

BEARER, X_API_KEY, X_GOOG = "authorization", "x-api-key", "x-goog-api-key"
SERVICES: dict[str, tuple[str, str, str, str]] = {
    # name: kind, where it generates, where it lists its models, the header with the key
    "claude": ("anthropic", "https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1/models", X_API_KEY),
    "openai": ("openai", "https://api.openai.com/v1/responses", "https://api.openai.com/v1/models", BEARER),
    "codex": (
        "codex",
        "https://chatgpt.com/backend-api/codex/responses",
        "https://chatgpt.com/backend-api/codex/models",
        BEARER,
    ),
    "gemini": (
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent",
        "https://generativelanguage.googleapis.com/v1beta/models",
        X_GOOG,
    ),
    "copilot": (
        "copilot",
        "https://api.githubcopilot.com/responses",
        "https://api.githubcopilot.com/models",
        BEARER,
    ),
    "openrouter-anthropic": (
        "anthropic",
        "https://openrouter.ai/api/v1/messages",
        "https://openrouter.ai/api/v1/models",
        BEARER,
    ),
    "deepseek-anthropic": (
        "anthropic",
        "https://api.deepseek.com/anthropic/v1/messages",
        "https://api.deepseek.com/anthropic/v1/models",
        X_API_KEY,
    ),
    "moonshot-anthropic": (
        "anthropic",
        "https://api.moonshot.ai/anthropic/v1/messages",
        "https://api.moonshot.ai/anthropic/v1/models",
        BEARER,
    ),
    "kimi-coding-anthropic": (
        "anthropic",
        "https://api.kimi.com/coding/v1/messages",
        "https://api.kimi.com/coding/v1/models",
        BEARER,
    ),
    "zai-anthropic": (
        "anthropic",
        "https://api.z.ai/api/anthropic/v1/messages",
        "https://api.z.ai/api/anthropic/v1/models",
        BEARER,
    ),
    "qwen-anthropic": (
        "anthropic",
        "https://dashscope-intl.aliyuncs.com/apps/anthropic/v1/messages",
        "https://dashscope-intl.aliyuncs.com/apps/anthropic/v1/models",
        BEARER,
    ),
    "qwen-coding-anthropic": (
        "anthropic",
        "https://coding-intl.dashscope.aliyuncs.com/apps/anthropic/v1/messages",
        "https://coding-intl.dashscope.aliyuncs.com/apps/anthropic/v1/models",
        BEARER,
    ),
    "volcengine-anthropic": (
        "anthropic",
        "https://ark.cn-beijing.volces.com/api/coding/v1/messages",
        "https://ark.cn-beijing.volces.com/api/coding/v1/models",
        BEARER,
    ),
    "minimax-anthropic": (
        "anthropic",
        "https://api.minimax.io/anthropic/v1/messages",
        "https://api.minimax.io/anthropic/v1/models",
        BEARER,
    ),
} | {
    name: ("openai-chat", f"{base}/chat/completions", f"{base}/models", BEARER)
    for name, base in {
        "openrouter": "https://openrouter.ai/api/v1",
        "deepseek": "https://api.deepseek.com/v1",
        "groq": "https://api.groq.com/openai/v1",
        "mistral": "https://api.mistral.ai/v1",
        "codestral": "https://codestral.mistral.ai/v1",
        "xai": "https://api.x.ai/v1",
        "moonshot": "https://api.moonshot.ai/v1",
        "moonshot-cn": "https://api.moonshot.cn/v1",
        "kimi-coding": "https://api.kimi.com/coding/v1",
        "zai": "https://api.z.ai/api/paas/v4",
        "zai-coding": "https://api.z.ai/api/coding/paas/v4",
        "bigmodel": "https://open.bigmodel.cn/api/paas/v4",
        "qwen": "https://dashscope.aliyuncs.com/compatible-mode/v1",
        "qwen-intl": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "qwen-coding": "https://coding-intl.dashscope.aliyuncs.com/v1",
        "volcengine": "https://ark.cn-beijing.volces.com/api/v3",
        "volcengine-coding": "https://ark.cn-beijing.volces.com/api/coding/v3",
        "byteplus": "https://ark.ap-southeast.bytepluses.com/api/v3",
        "minimax": "https://api.minimax.io/v1",
        "siliconflow": "https://api.siliconflow.cn/v1",
        "siliconflow-intl": "https://api.siliconflow.com/v1",
        "ollama": "http://127.0.0.1:11434/v1",
        "ollama-cloud": "https://ollama.com/v1",
        "lmstudio": "http://127.0.0.1:1234/v1",
    }.items()
}
FORMAT = {"anthropic": "anthropic", "openai-chat": "openai-chat", "gemini": "gemini"}
GOOGLES = {"gemini-cli", "vertex", "antigravity"}
"""Whose URLs depend on more than a path; they have tests of their own."""


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_reached_where_its_vendor_says(name: str) -> None:
    kind, generates, lists, header = SERVICES[name]
    provider = CATALOGUE[name]
    assert provider.kind == kind
    path = generate_path(FORMAT.get(kind, "openai-responses"), Target(name, provider.kind, "m"), streams=False)  # type: ignore[arg-type]  # a loop
    upstream = upstream_of(provider, path)
    assert upstream.url == generates
    assert upstream_of(provider, "/v1/models" if kind == "anthropic" else "/models").url == lists
    sent = upstream_headers([], provider, Token("t", "t", name, "sk-mine"), upstream)
    assert [field.decode().lower() for field, value in sent if b"sk-mine" in value] == [header]


def test_no_service_is_left_out_of_the_table() -> None:
    assert set(SERVICES) | GOOGLES >= set(CATALOGUE)


@pytest.mark.parametrize("name", [name for name, row in SERVICES.items() if row[0] == "openai-chat"])
def test_a_client_s_habitual_v1_is_no_part_of_a_base_that_ends_in_v4(name: str) -> None:
    provider = CATALOGUE[name]
    assert upstream_of(provider, "/v1/chat/completions").url == SERVICES[name][1]


@pytest.mark.parametrize(
    "name",
    [name for name, row in SERVICES.items() if row[0] == "openai-chat" and name not in ("lmstudio", "ollama")],
)
def test_the_dialect_of_each_service_is_found_by_its_host_whatever_it_is_called(name: str) -> None:
    host = upstream_of(CATALOGUE[name], "/").host
    assert dialect_of(Target("my-own-name", "openai-chat", "m", host)) != COMMON


def test_ollamas_dialect_is_found_by_its_name() -> None:
    assert dialect_of(Target("ollama", "openai-chat", "m", "127.0.0.1")).switch == "effort"


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_row_is_complete_and_safe_to_send_a_token_to(name: str) -> None:
    row, known = CATALOGUE[name], KNOWN[name]
    assert known.title
    assert known.key
    assert name not in RESERVED_PROVIDER_NAMES
    assert row.api_key is None
    assert row.base_url.startswith("http://127.0.0.1:" if row.keyless else "https://")


def test_places_in_listings_differ() -> None:
    assert len({row.order for row in CATALOGUE.values()}) == len(CATALOGUE)


def test_an_alias_is_no_provider_and_belongs_to_one_only() -> None:
    assert not set(ALIASES) & set(CATALOGUE)
    written = [alias for known in KNOWN.values() for alias in known.aliases]
    assert len(written) == len(set(written))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("anthropic", "claude"), ("chatgpt", "codex"), ("kimi", "moonshot"), ("glm", "zai"), ("z.ai", "zai"),
        ("ark", "volcengine"), ("doubao", "volcengine"), ("dashscope", "qwen"), ("alibaba", "qwen"), ("grok", "xai"),
        ("google", "gemini"), ("lm-studio", "lmstudio"),
    ],
)  # fmt: skip
def test_what_people_type_is_known(typed: str, name: str) -> None:
    assert ALIASES[typed] == name


def test_vendors_are_those_whose_models_we_know() -> None:
    ours = {row["vendor"] for row in known_models().models.values()}
    named = {known.vendor for known in KNOWN.values()} - {""}
    assert named - ours == {"openrouter", "volcengine"}  # of whose own models nothing is known


@pytest.mark.parametrize(
    ("name", "base", "vendor"),
    [
        ("claude", "https://api.anthropic.com", "anthropic"),
        ("zai-anthropic", "https://api.z.ai/api/anthropic", "zai"),
        ("zai", "https://gateway.example/v1", ""),
        ("mine", "https://gateway.example/v1", ""),
    ],
)
def test_a_vendor_is_known_by_its_own_host_only(name: str, base: str, vendor: str) -> None:
    kind = CATALOGUE[name].kind if name in CATALOGUE else "openai-chat"
    assert vendor_of(name, ProviderConfig(kind=kind, base_url=base)) == vendor


@pytest.mark.parametrize("secret", ["", "sk-remote"])
def test_ollama_needs_no_key_and_takes_one_as_bearer(secret: str) -> None:
    sent = upstream_headers(
        [], CATALOGUE["ollama"], Token("t", "t", "ollama", secret), upstream_of(CATALOGUE["ollama"], "/")
    )
    assert sent == ([(b"Authorization", b"Bearer sk-remote")] if secret else [])


BETAS = b"claude-code-20250219,oauth-2025-04-20,interleaved-thinking-2025-05-14"


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("claude", b"claude-code-20250219,interleaved-thinking-2025-05-14"),
        ("moonshot-anthropic", b"interleaved-thinking-2025-05-14"),
        ("deepseek-anthropic", b"interleaved-thinking-2025-05-14"),
    ],
)
def test_betas_of_claude_code_s_login_are_for_anthropic_alone(name: str, left: bytes) -> None:
    provider = CATALOGUE[name]
    fields = [(b"anthropic-beta", BETAS)]
    sent = dict(upstream_headers(fields, provider, Token("t", "t", name, "key"), upstream_of(provider, "/v1/messages")))
    assert sent[b"anthropic-beta"] == left
