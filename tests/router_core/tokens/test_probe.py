"""`token test`: one minimal request, and what is read from the answer."""

import functools
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from router_core.clock import FixedClock
from router_core.config.schema import Config
from router_core.providers.catalogue import CATALOGUE
from router_core.tokens.probe import ProbeResult, probe
from tests.router_core.tokens.make import NOW, token

SECRET = "sk-ant-oat01-CANARY"
Ask = Callable[..., ProbeResult]


class Provider:
    """Answers every request and remembers it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[httpx.Request] = []
        self.answer: httpx.Response | Exception = httpx.Response(200, json={})
        transport = httpx.MockTransport(self._handle)
        monkeypatch.setattr(httpx, "Client", functools.partial(httpx.Client, transport=transport))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def ask(self, name: str, status: int = 200, **answer: Any) -> ProbeResult:
        self.answer = httpx.Response(status, **answer)
        return probe(token(access_token=SECRET), CATALOGUE[name], Config(), FixedClock(NOW))


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    return Provider(monkeypatch)


def test_claude_gets_one_tiny_real_message(provider: Provider) -> None:
    headers = {"anthropic-ratelimit-unified-5h-utilization": "0.25"}
    result = provider.ask("claude", json={"content": [{"type": "text", "text": "OK"}]}, headers=headers)
    assert (result.ok, result.detail) == (True, "answered: OK")
    assert [(w.name, w.used) for w in result.windows] == [("5h", 0.25)]
    (request,) = provider.requests
    assert str(request.url) == "https://api.anthropic.com/v1/messages"
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert "oauth-2025-04-20" in request.headers["anthropic-beta"]
    assert json.loads(request.content)["max_tokens"] <= 8


def test_a_chatgpt_login_asks_the_usage_endpoint_which_costs_nothing(provider: Provider) -> None:
    body = {
        "plan_type": "plus",
        "rate_limit": {
            "primary_window": {"used_percent": 22, "limit_window_seconds": 604800, "reset_at": NOW + 60},
            "secondary_window": {"used_percent": 4.5, "limit_window_seconds": 18000, "reset_at": None},
        },
    }
    result = provider.ask("codex", json=body)
    assert (result.ok, result.detail) == (True, "plan plus · 7d 22% · 5h 4%")
    assert [(w.name, w.used, w.reset_at) for w in result.windows] == [("7d", 0.22, NOW + 60), ("5h", 0.045, None)]
    assert [(r.method, str(r.url)) for r in provider.requests] == [
        ("GET", "https://chatgpt.com/backend-api/wham/usage")
    ]


def test_other_services_list_their_models(provider: Provider) -> None:
    assert provider.ask("openai", json={"data": [{}, {}]}).detail == "2 models"
    assert str(provider.requests[0].url) == "https://api.openai.com/v1/models"


def test_gemini_lists_its_models_and_is_given_the_key_in_its_own_header(provider: Provider) -> None:
    assert provider.ask("gemini", json={"models": [{"name": "models/gemini-2.5-pro"}]}).detail == "1 models"
    (request,) = provider.requests
    assert str(request.url) == "https://generativelanguage.googleapis.com/v1beta/models"
    assert request.headers["x-goog-api-key"] == SECRET


def test_a_key_that_google_refuses(provider: Provider) -> None:
    """Google says 400, not 401, to a bad key."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    error = {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": details}
    result = provider.ask("gemini", 400, json={"error": error})
    assert (result.ok, result.detail) == (False, "credential_refused: 400 INVALID_ARGUMENT: API key not valid.")


@pytest.mark.parametrize("name", ["claude", "codex", "openai", "gemini"])
@pytest.mark.parametrize(
    "body",
    [
        b"<html>sign in to the hotel network</html>", b"[]", b"null", b"5", b"", b'"text"',
    ],
)  # fmt: skip
def test_a_page_in_front_of_the_provider_is_no_success(provider: Provider, name: str, body: bytes) -> None:
    assert not provider.ask(name, content=body).ok


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("claude", {"content": None}), ("claude", {"content": [5, {"text": None}]}), ("openai", {"data": None}),
        ("codex", {"rate_limit": None}), ("codex", {"rate_limit": {"primary_window": {"used_percent": "x"}}}),
        ("codex", {"rate_limit": [1], "plan_type": {"odd": 1}}), ("gemini", {"models": 5}),
    ],
)  # fmt: skip
def test_odd_answers_never_raise(provider: Provider, name: str, body: dict[str, Any]) -> None:
    assert provider.ask(name, json=body).windows == []


@pytest.mark.parametrize(
    ("status", "answer", "detail"),
    [
        (401, {"json": {"type": "error", "error": {"type": "authentication_error", "message": "invalid"}}},
         "credential_refused: 401 authentication_error: invalid"),
        (429, {"json": {"error": {"type": "rate_limit_error", "message": "slow"}}, "headers": {"retry-after": "5"}},
         "rate_limited: 429 rate_limit_error: slow"),
        (502, {"content": b"<html><title>Bad Gateway</title>"}, "server_error: 502: an HTML page (Bad Gateway)"),
        (302, {"headers": {"location": "https://evil.example/"}}, "server_error: 302: HTTP 302 without a reason"),
    ],
)  # fmt: skip
def test_a_failure_is_told_in_the_words_of_the_failure_table(
    provider: Provider, status: int, answer: dict[str, Any], detail: str
) -> None:
    result = provider.ask("claude", status, **answer)
    assert (result.ok, result.detail) == (False, detail)
    assert len(provider.requests) == 1, "no redirect is followed with a credential"


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused\x1b[2J"), httpx.ReadTimeout(""), httpx.RemoteProtocolError("x")]
)
def test_a_provider_that_is_not_reached_is_a_result_not_an_exception(provider: Provider, error: Exception) -> None:
    provider.answer = error
    result = probe(token(access_token=SECRET), CATALOGUE["claude"], Config(), FixedClock(NOW))
    assert not result.ok
    assert result.detail.startswith("https://api.anthropic.com was not reached: ")
    assert "\x1b" not in result.detail


def test_a_token_that_cannot_be_sent_is_not_shown(provider: Provider) -> None:
    provider.answer = httpx.LocalProtocolError(f"Illegal header value b'Bearer {SECRET}\\n'")
    result = probe(token(access_token=SECRET + "\n"), CATALOGUE["claude"], Config(), FixedClock(NOW))
    assert "cannot be sent" in result.detail
    assert "CANARY" not in result.detail


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("claude", "claude-haiku-4-5"),
        ("moonshot-anthropic", "kimi-k3.1-pro"),
        ("zai-anthropic", "glm-5.3"),
        ("deepseek-anthropic", "deepseek-flash"),
    ],
)
def test_a_compatible_service_is_asked_for_a_model_of_its_own(provider: Provider, name: str, model: str) -> None:
    provider.answer = httpx.Response(200, json={"content": [{"type": "text", "text": "OK"}]})
    result = probe(token(access_token="key", provider=name), CATALOGUE[name], Config(), FixedClock(NOW))
    assert result.ok
    assert json.loads(provider.requests[0].content)["model"] == model


def test_openrouter_shows_its_models_to_everybody_so_the_key_itself_is_asked_for(provider: Provider) -> None:
    assert provider.ask("openrouter", json={"data": {"label": "sk-or-…"}}).detail == "the key is valid"
    assert str(provider.requests[0].url) == "https://openrouter.ai/api/v1/key"
    assert not provider.ask("openrouter", 401, json={"error": {"code": 401, "message": "No auth"}}).ok


def test_copilot_lists_its_models_at_the_host_of_the_token(provider: Provider) -> None:
    provider.answer = httpx.Response(200, json={"data": [{}], "object": "list"})
    mine = token(access_token="tid=1", facts={"api_base": "https://api.business.githubcopilot.com"})
    assert probe(mine, CATALOGUE["copilot"], Config(), FixedClock(NOW)).detail == "1 models"
    (request,) = provider.requests
    assert str(request.url) == "https://api.business.githubcopilot.com/models"
    assert request.headers["editor-version"]
