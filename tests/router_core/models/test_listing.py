"""Lists as each client reads them: by the official SDKs' own types, and by Codex's strict decoder."""

from typing import Any

import pytest
from anthropic.types import ModelInfo as AnthropicModel
from google.genai.types import Model as GeminiModel
from openai.types import Model as OpenAIModel

from router_core.models.alias import listed_id, resolve_alias
from router_core.models.asking import asking_format, is_claude_code
from router_core.models.info import ModelInfo
from router_core.models.known import known_models, model_info
from router_core.models.listing import find_model, list_etag, models_answer, render_list
from router_core.models.parsing import parse_models

CLAUDE_CODE = {"User-Agent": "claude-code/2.1.329", "anthropic-version": "2023-06-01", "x-api-key": "x"}
ANTHROPIC = {"anthropic-version": "2023-06-01"}
MODELS = [
    model_info("claude-opus-5-5", "claude"),
    model_info("claude-haiku-4-5-20251001", "claude"),
    model_info("gpt-6.1-sol", "codex"),
    model_info("anthropic/claude-opus-4.8", "openrouter"),
    model_info("deepseek/deepseek-chat", "openrouter"),
    model_info("gemini-4-argon", "gemini"),
    model_info("llama", "ollama"),
]

ASKING = {
    "claude code": ("/v1/models", "limit=1000", CLAUDE_CODE, "anthropic"),
    "anthropic sdk": ("/v1/models", "", {"Anthropic-Version": "2023-06-01"}, "anthropic"),
    "codex": ("/v1/models", "client_version=0.160.0", {}, "codex"),
    "openai sdk": ("/v1/models", "", {"user-agent": "OpenAI/Python 1.60"}, "openai"),
    "google sdk": ("/v1beta/models", "pageSize=50", {"x-goog-api-key": "x"}, "gemini"),
    "google's key on our path": ("/v1/models", "", {"x-goog-api-key": "x"}, "gemini"),
    "google's openai layer": ("/v1beta/openai/models", "", {"authorization": "Bearer x"}, "openai"),
    "anybody": ("/v1/models", "", {}, "openai"),
}


@pytest.mark.parametrize(("path", "query", "headers", "expected"), ASKING.values(), ids=ASKING.keys())
def test_the_asking_client_is_recognised(path: str, query: str, headers: dict[str, str], expected: str) -> None:
    assert asking_format(path, query, headers) == expected


def test_gotcha_54_claude_code_gets_the_anthropic_form_with_every_model() -> None:
    status, body = models_answer(MODELS, "/v1/models", "limit=1000", CLAUDE_CODE)
    assert (status, len(body["data"]), body["has_more"]) == (200, len(MODELS), False)
    assert (body["first_id"], body["last_id"]) == ("claude/claude-opus-5-5", "claude-via-ollama--llama")


def test_gotcha_68_every_id_that_claude_code_gets_contains_claude_or_anthropic() -> None:
    ids = [entry["id"] for entry in models_answer(MODELS, "/v1/models", "limit=1000", CLAUDE_CODE)[1]["data"]]
    assert all("claude" in name or "anthropic" in name for name in ids)
    assert [resolve_alias(name) or name for name in ids] == [f"{info.provider}/{info.id}" for info in MODELS]


def test_other_anthropic_clients_get_plain_names() -> None:
    ids = [entry["id"] for entry in models_answer(MODELS, "/v1/models", "", ANTHROPIC)[1]["data"]]
    assert "codex/gpt-6.1-sol" in ids
    assert is_claude_code({"user-agent": "claude-cli/2.1.329 (external, cli)"})


def test_an_alias_leads_back_even_where_the_provider_has_dashes() -> None:
    info = model_info("gpt--x/y", "my--own")
    name = listed_id(info, for_claude_code=True)
    assert resolve_alias(name, ["my", "my--own"]) == "my--own/gpt--x/y"
    for no_alias in ("claude-opus-5-5", "claude-via-", "claude-via-codex", "claude-via---x", "claude-via-codex--", ""):
        assert resolve_alias(no_alias) is None


@pytest.mark.parametrize("info", [*MODELS, *known_models()], ids=lambda info: listed_id(info))
def test_every_entry_is_what_the_official_sdk_declares(info: ModelInfo) -> None:
    anthropic: dict[str, Any] = render_list([info], "anthropic")["data"][0]
    parsed = AnthropicModel.model_validate(anthropic, strict=False)
    assert (parsed.id, parsed.max_tokens) == (listed_id(info), info.max_output_tokens)
    assert parsed.capabilities is not None
    assert parsed.capabilities.thinking.types.disabled.supported != info.reasoning.always
    assert OpenAIModel.model_validate(render_list([info], "openai")["data"][0]).id == listed_id(info)
    gemini = GeminiModel.model_validate({"name": (entry := render_list([info], "gemini")["models"][0])["name"]})
    assert gemini.name == f"models/{listed_id(info)}"
    assert entry["inputTokenLimit"] == info.input_limit


REQUIRED_BY_CODEX = {
    "slug": str, "display_name": str, "supported_reasoning_levels": list, "shell_type": str, "visibility": str,
    "supported_in_api": bool, "priority": int, "support_verbosity": bool, "truncation_policy": dict,
    "experimental_supported_tools": list, "base_instructions": str, "supports_parallel_tool_calls": bool,
}  # fmt: skip
EFFORTS_OF_CODEX = {"none", "minimal", "low", "medium", "high", "xhigh"}


def codex_own() -> list[ModelInfo]:
    entry = {"slug": "gpt-6.1-sol", "display_name": None, "base_instructions": "Be Codex.", "visibility": "list"}
    entry |= {
        "priority": 7,
        "shell_type": "unified_exec",
        "use_responses_lite": True,
        "support_verbosity": None,
        "new": 1,
    }
    return parse_models({"models": [entry, {"slug": "gpt-6-sol", "base_instructions": ""}]}, "codex")


@pytest.mark.parametrize("models", [MODELS, known_models(), codex_own()], ids=["mixed", "all known", "codex's own"])
def test_codex_finds_every_field_whose_absence_voids_the_catalogue(models: list[ModelInfo]) -> None:
    _, body = models_answer(models, "/v1/models", "client_version=0.160.0", {})
    assert [entry["id"] for entry in body["data"]] == [entry["slug"] for entry in body["models"]]
    assert [entry["priority"] for entry in body["models"]] == list(range(len(models)))
    for entry in body["models"]:
        for name, kind in REQUIRED_BY_CODEX.items():
            assert type(entry[name]) is kind, (entry["slug"], name)
        assert entry["base_instructions"]
        assert entry["truncation_policy"].keys() >= {"mode", "limit"}
        assert {level["effort"] for level in entry["supported_reasoning_levels"]} <= EFFORTS_OF_CODEX
        assert all(level["description"] for level in entry["supported_reasoning_levels"])


def test_codex_gets_its_own_backends_entry_renamed() -> None:
    first, second = render_list(codex_own(), "codex")["models"]
    assert (first["slug"], first["base_instructions"], first["shell_type"]) == (
        "codex/gpt-6.1-sol",
        "Be Codex.",
        "unified_exec",
    )
    assert (first["use_responses_lite"], first["new"]) == (False, 1)
    assert second["base_instructions"].startswith("You are a coding agent")


def test_the_etag_changes_with_the_list() -> None:
    body = render_list(MODELS, "codex")
    assert list_etag(body) == list_etag(render_list(MODELS, "codex")) != list_etag(render_list(MODELS[1:], "codex"))


def walk(query: str, more: str) -> list[str]:
    seen: list[str] = []
    while True:
        status, page = models_answer(MODELS, "/v1/models", query, ANTHROPIC)
        assert status == 200
        ids = [entry["id"] for entry in page["data"]]
        seen = seen + ids if more == "after_id" else ids + seen
        if not page["has_more"]:
            return seen
        query = f"limit=3&{more}={page['last_id'] if more == 'after_id' else page['first_id']}"


def test_anthropic_pages_go_forwards_and_backwards() -> None:
    every = [listed_id(info) for info in MODELS]
    assert walk("limit=3", "after_id") == every
    assert walk(f"limit=3&before_id={every[-1]}", "before_id") == every[:-1]
    assert models_answer([], "/v1/models", "", ANTHROPIC)[1] == {
        "data": [], "has_more": False, "first_id": None, "last_id": None,
    }  # fmt: skip


def test_gemini_pages_follow_the_token() -> None:
    query, seen = "pageSize=3", []
    while True:
        page = models_answer(MODELS, "/v1beta/models", query, {})[1]
        seen += [entry["name"] for entry in page["models"]]
        if "nextPageToken" not in page:
            break
        query = f"pageSize=3&pageToken={page['nextPageToken']}"
    assert seen == [f"models/{listed_id(info)}" for info in MODELS]


@pytest.mark.parametrize(
    ("path", "query", "headers"),
    [
        ("/v1/models", "limit=0", ANTHROPIC),
        ("/v1/models", "limit=1001", ANTHROPIC),
        ("/v1/models", "limit=x", ANTHROPIC),
        ("/v1/models", "after_id=nobody", ANTHROPIC),
        ("/v1beta/models", "pageSize=-1", {}),
        ("/v1beta/models", "pageToken=zzz", {}),
        ("/v1beta/models", "pageToken=" + "9" * 5000, {}),
    ],
)
def test_a_page_that_cannot_be_is_refused_in_the_clients_words(path: str, query: str, headers: dict[str, str]) -> None:
    status, body = models_answer(MODELS, path, query, headers)
    assert status == 400
    if path == "/v1/models":
        assert (body["type"], body["error"]["type"]) == ("error", "invalid_request_error")
    else:
        assert (body["error"]["code"], body["error"]["status"]) == (400, "INVALID_ARGUMENT")


NAMES = {
    "target": ("codex/gpt-6.1-sol", "codex"),
    "bare": ("gpt-6.1-sol", "codex"),
    "alias": ("claude-via-codex--gpt-6.1-sol", "codex"),
    "gemini": ("models/gemini/gemini-4-argon", "gemini"),
    "reseller": ("openrouter/anthropic/claude-opus-4.8", "openrouter"),
    "reseller's bare": ("anthropic/claude-opus-4.8", "openrouter"),
    "nobody's": ("gpt-99", None),
}


@pytest.mark.parametrize(("name", "provider"), NAMES.values(), ids=NAMES.keys())
def test_a_model_is_found_by_each_of_its_names(name: str, provider: str | None) -> None:
    info = find_model(MODELS, name)
    assert (info.provider if info else None) == provider


@pytest.mark.parametrize(
    ("path", "headers", "key", "value"),
    [
        ("/v1/models/claude%2Fclaude-opus-5-5", ANTHROPIC, "id", "claude/claude-opus-5-5"),
        ("/v1/models/claude-opus-5-5", CLAUDE_CODE, "id", "claude/claude-opus-5-5"),
        ("/v1/models/codex/gpt-6.1-sol", {}, "id", "codex/gpt-6.1-sol"),
        ("/v1beta/models/gemini/gemini-4-argon", {}, "name", "models/gemini/gemini-4-argon"),
    ],
)
def test_one_model_in_each_form(path: str, headers: dict[str, str], key: str, value: str) -> None:
    status, body = models_answer(MODELS, path, "", headers)
    assert (status, body[key]) == (200, value)


def test_no_such_model_in_each_form() -> None:
    status, body = models_answer(MODELS, "/v1/models/x", "", ANTHROPIC)
    assert (status, body["type"], body["error"]["type"]) == (404, "error", "not_found_error")
    status, body = models_answer(MODELS, "/v1/models/x", "", {})
    assert (status, body["error"]["code"], body["error"]["param"]) == (404, "model_not_found", "model")
    status, body = models_answer(MODELS, "/v1beta/models/x", "", {})
    assert (status, body["error"]["code"], body["error"]["status"]) == (404, 404, "NOT_FOUND")


def test_auto_is_one_of_openai_s_models_with_the_largest_window_and_found_under_each_of_its_names() -> None:
    listed = models_answer(MODELS, "/v1/models", "", {})[1]["data"]
    assert [entry["id"] for entry in listed][-1] == "auto"
    assert OpenAIModel.model_validate(listed[-1]).owned_by == "mitmrouter"
    assert listed[-1]["context_window"] == max(info.context_window for info in MODELS)
    for name in ("auto", "auto-cheap"):
        status, entry = models_answer(MODELS, f"/v1/models/{name}", "", {})
        assert (status, entry["id"]) == (200, name)
    assert models_answer(MODELS, "/v1/models/autumn", "", {})[0] == 404
    for query, headers in (("", ANTHROPIC), ("client_version=0.160.0", {})):
        assert "auto" not in str(models_answer(MODELS, "/v1/models", query, headers)[1].get("data", [{}])[-1].get("id"))


def test_without_any_model_there_is_no_auto() -> None:
    assert models_answer([], "/v1/models", "", {})[1]["data"] == []
    assert models_answer([], "/v1/models/auto", "", {})[0] == 404
