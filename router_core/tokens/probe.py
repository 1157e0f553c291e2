"""`token test`: one real, minimal request with a token. Claude: a message of a few tokens. ChatGPT login: the usage
endpoint, which costs nothing. OpenAI-style services and Gemini: the model list. Google's logins: probe_google.py.

Works the same from the CLI and in the router; blocking, so the router calls it in a thread.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from router_core.attempt import Upstream, upstream_headers, upstream_of
from router_core.clock import Clock
from router_core.config.schema import Config, ProviderConfig
from router_core.models.known import known_models
from router_core.oauth.http import HttpAnswer
from router_core.outgoing_google import GOOGLE_KINDS
from router_core.providers.auth import is_anthropics
from router_core.providers.catalogue import vendor_of
from router_core.providers.classify import classify
from router_core.providers.code_assist_project import NoProject
from router_core.providers.failure import Broken, JsonObject, Outcome
from router_core.quota import codex_usage
from router_core.text import cause, printable
from router_core.tokens.probe_google import google_question, google_verdict
from router_core.tokens.quota import windows_from_headers
from router_core.tokens.token import Token, Window

if TYPE_CHECKING:
    import httpx

_LISTS_OF_KEYS = {"openrouter.ai": "/key"}
"""Where the model list is shown to everybody, something else must be asked to see whether a key is good."""
NOT_CONFIGURED, NOT_REACHED = "is not configured", "was not reached"
PROBE_MODEL = "claude-haiku-4-5"
"""Haiku: it is the cheapest, and the one model that subscription tokens may use outside Claude Code."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What the provider said."""

    ok: bool
    detail: str
    windows: list[Window] = field(default_factory=list)


def probe(token: Token, provider: ProviderConfig | None, config: Config, clock: Clock) -> ProbeResult:
    """Ask the provider with this token; never raises for what the provider or the network does.

    Args:
        provider: None: the token's is in the configuration no longer.
    """
    import httpx  # here: a quarter of a second that the start of the router does not wait for

    if provider is None:
        return ProbeResult(False, f"the provider {token.provider!r} {NOT_CONFIGURED}")
    timeouts = config.timeouts
    limits = httpx.Timeout(min(timeouts.first_byte_s, 30), connect=timeouts.connect_s)
    try:
        url, headers, question = _question(token, provider)
        proxy = config.server.proxy_for(url)
        with httpx.Client(timeout=limits, proxy=proxy, follow_redirects=False, trust_env=False) as http:
            response = http.request("POST" if question else "GET", url, headers=headers, json=question)
    except httpx.LocalProtocolError:  # its text repeats the header, and with it the token
        return ProbeResult(False, "the token cannot be sent: it holds a line break or another character that is none")
    except httpx.HTTPError as error:
        return ProbeResult(False, f"{provider.base_url} {NOT_REACHED}: {cause(error)}")
    except NoProject as error:
        return ProbeResult(False, error.message)
    return _read(response, provider, token, clock.now())


type _Headers = list[tuple[bytes, bytes]] | list[tuple[str, str]]


def _question(token: Token, provider: ProviderConfig) -> tuple[str, _Headers, JsonObject | None]:
    """URL, headers and body of the request; without a body it is a GET.

    Raises:
        NoProject: a Google login without a project can ask nothing.
    """
    if provider.kind == "codex":
        (call,) = codex_usage.usage_calls(token, provider)
        return call.url, list(call.headers), None
    if provider.kind == "anthropic":
        upstream = upstream_of(provider, "/v1/messages")
        fields = [(b"anthropic-version", b"2023-06-01")]
        return upstream.url, _headers(provider, token, upstream, fields), _message(token, provider)
    if provider.kind in GOOGLE_KINDS:
        path, question = google_question(provider, token)
        upstream = upstream_of(provider, path, token)
        return upstream.url, _headers(provider, token, upstream), question
    upstream = upstream_of(provider, _LISTS_OF_KEYS.get(provider.host, "/models"), token)
    return upstream.url, _headers(provider, token, upstream), None


def _read(response: "httpx.Response", provider: ProviderConfig, token: Token, now: float) -> ProbeResult:
    headers = {name.lower(): value for name, value in response.headers.items()}
    windows = windows_from_headers(headers, now)
    try:
        body: Any = response.json()
    except ValueError:
        body = None
    if response.status_code != 200:
        outcome = Outcome(response.status_code, headers, body if isinstance(body, dict) else None, response.text[:2000])
        failure = classify(provider.kind, outcome, now)
        return ProbeResult(False, f"{failure.kind.value}: {failure.message}", windows)
    if not isinstance(body, dict):  # some page in front of the provider: it says nothing good of the token
        return ProbeResult(False, Broken.INVALID.value, windows)
    if provider.kind == "codex":
        return _plan(HttpAnswer(response.status_code, headers, response.content), now)
    if provider.kind == "anthropic":
        content = body.get("content")
        parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
        text = "".join(str(part.get("text") or "") for part in parts)
        return ProbeResult(True, f"answered: {printable(text, 60)}", windows)
    if provider.kind in GOOGLE_KINDS:
        return ProbeResult(*google_verdict(provider, token, body), windows)
    if provider.host in _LISTS_OF_KEYS:
        return ProbeResult(True, "the key is valid", windows)
    models = body.get("models" if provider.kind == "gemini" else "data")
    return ProbeResult(True, f"{len(models) if isinstance(models, list) else 0} models", windows)


def _plan(answer: HttpAnswer, now: float) -> ProbeResult:
    """What the usage endpoint of a ChatGPT login says."""
    report = codex_usage.read_usage([answer], now)
    shown = " · ".join(f"{w.name} {round((w.used or 0) * 100)}%" for w in report.windows)
    plan = f"plan {report.facts.get('plan', '?')}"
    return ProbeResult(True, f"{plan} · {shown}" if shown else plan, list(report.windows))


def _message(token: Token, provider: ProviderConfig) -> JsonObject:
    """A message of a few tokens, to a model that the service has: others speak Anthropic's format with their own."""
    model = PROBE_MODEL
    if not is_anthropics(provider.host):
        own = [info.id for info in known_models(vendor=vendor_of(token.provider, provider))]
        model = next(iter((*provider.models, *own)), PROBE_MODEL)
    return {"model": model, "max_tokens": 8, "messages": [{"role": "user", "content": "Reply with OK."}]}


def _headers(
    provider: ProviderConfig,
    token: Token,
    upstream: Upstream | None = None,
    fields: list[tuple[bytes, bytes]] | None = None,
) -> list[tuple[bytes, bytes]]:
    aim = upstream or upstream_of(provider, "/")
    return upstream_headers([*(fields or []), (b"accept", b"application/json")], provider, token, aim)
