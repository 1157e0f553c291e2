"""Ask a provider which models it has, with one of its tokens. One of the few places that open a socket."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from router_core.attempt import upstream_headers, upstream_of
from router_core.config.schema import Config, Kind, ProviderConfig
from router_core.errors import RouterError
from router_core.models.google_lists import Question, joined, list_questions
from router_core.providers.account import project_of
from router_core.tokens.token import Token

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 10.0
CODEX_VERSION = "0.169.0"
"""The list is filtered by the client's version: an old one hides new models, so this one is current."""
_PATHS: dict[Kind, str] = {
    "anthropic": "/v1/models?limit=1000",
    "codex": f"/models?client_version={CODEX_VERSION}",
    "gemini": "/models?pageSize=1000",
}


async def fetch_models(provider_name: str, token: Token, config: Config) -> tuple[int, object]:
    """Status and parsed body.

    Raises:
        RouterError: it cannot be reached, or answers something that is no JSON.
    """
    import httpx  # here: a quarter of a second that the start of the router does not wait for

    provider = config.providers[provider_name]
    if questions := list_questions(provider, token):
        return await _ask_google(provider, token, config, questions)
    upstream = upstream_of(provider, _PATHS.get(provider.kind, "/models"), token)
    fields = [(b"Host", b""), (b"accept", b"application/json"), (b"anthropic-version", b"2023-06-01")]
    headers = upstream_headers(fields if provider.kind == "anthropic" else fields[:2], provider, token, upstream)
    proxy = config.server.proxy_for(upstream.url)
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, proxy=proxy, follow_redirects=False, trust_env=False) as http:
            return _read(await http.get(upstream.url, headers=headers))
    except (httpx.HTTPError, ValueError) as error:
        raise RouterError(f"{provider.base_url} gave no model list: {type(error).__name__}") from error


async def _ask_google(
    provider: ProviderConfig, token: Token, config: Config, questions: Sequence[Question]
) -> tuple[int, object]:
    """Several lists as one; the first one must be there."""
    import httpx

    answers: list[tuple[int, object]] = []
    proxy = config.server.proxy_for(upstream_of(provider, questions[0][1], token).url)
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, proxy=proxy, follow_redirects=False, trust_env=False) as http:
            for method, path, body in questions:
                upstream = upstream_of(provider, path, token)
                fields = [(b"Host", b""), (b"accept", b"application/json")]
                if provider.kind == "vertex" and (project := project_of(provider, token)):
                    fields.append((b"x-goog-user-project", project.encode()))
                headers = upstream_headers(fields, provider, token, upstream)
                answers.append(_read(await http.request(method, upstream.url, headers=headers, json=body)))
    except (httpx.HTTPError, ValueError) as error:
        raise RouterError(f"{provider.base_url} gave no model list: {type(error).__name__}") from error
    status = answers[0][0]
    return status, joined([answer for code, answer in answers if code == 200]) if status == 200 else None


def _read(response: "httpx.Response") -> tuple[int, object]:
    return response.status_code, response.json() if response.status_code == 200 else None
