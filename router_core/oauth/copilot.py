"""GitHub Copilot: a GitHub login that does not expire, and a Copilot API token made of it that lives half an hour.

In a stored token `refresh_token` is the GitHub token, `access_token` the Copilot token, and `facts` say where the API
of this plan is (`api_base`) and how early the server wants the next one (`refresh_in`, seconds). Read 2026-11.
"""

from dataclasses import replace
from urllib.parse import urlsplit

from router_core.config.schema import Config
from router_core.netloc import is_loopback
from router_core.oauth.fields import at_server, number, present, text
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.oauth.refusals import empty_answer, refusal, unusable
from router_core.oauth.token_set import TokenSet
from router_core.providers.copilot import is_copilot
from router_core.tokens.token import Token

GITHUB = "https://github.com"
API = "https://api.github.com"
CLIENT_ID = "Iv1.b507a08c87ecfe98"
SCOPE = "read:user"
LIFE_S = 25 * 60.0

EDITOR_HEADERS = (
    ("accept", "application/json"),
    ("user-agent", "GitHubCopilotChat/0.26.7"),
    ("editor-version", "vscode/1.107.0"),
    ("editor-plugin-version", "copilot-chat/0.26.7"),
    ("x-github-api-version", "2025-04-01"),
)
"""GitHub answers this address to editors only, and wants to know which."""

_NO_LICENCE = frozenset({401, 403, 404})
"""No licence for Copilot, blocked, or a GitHub token that was revoked."""


def refresh_call(token: Token, config: Config, now: float) -> HttpCall:
    if not token.refresh_token:
        raise unusable(token, "it has no GitHub token to make Copilot tokens of")
    return token_call(token.refresh_token, config)


def token_call(github_token: str, config: Config) -> HttpCall:
    """The request that makes a Copilot token of a GitHub token."""
    url = _at_api("/copilot_internal/v2/token", config)
    return HttpCall("GET", url, (("authorization", f"token {github_token}"), *EDITOR_HEADERS))


def _at_api(path: str, config: Config) -> str:
    """An address of GitHub's API; of an enterprise's own GitHub (`https://NAME.ghe.com`) that is `api.NAME.ghe.com`."""
    moved = at_server(f"{API}{path}", config.oauth.copilot)
    parts = urlsplit(moved)
    host = parts.hostname or ""
    if config.oauth.copilot.base_url is None or is_loopback(host) or host.startswith("api."):
        return moved
    return moved.replace(f"{parts.scheme}://", f"{parts.scheme}://api.", 1)


def user_call(github_token: str, config: Config) -> HttpCall:
    """The request that says whose the GitHub token is."""
    url = _at_api("/user", config)
    return HttpCall("GET", url, (("authorization", f"token {github_token}"), *EDITOR_HEADERS))


def with_owner(found: TokenSet, github_token: str, who: HttpAnswer) -> TokenSet:
    """A new login: the Copilot token, the GitHub token that it is made of, and whose they are."""
    body = who.json if who.status == 200 else {}
    user_id = number(body, "id")
    account = "" if user_id is None else str(int(user_id))
    facts = {**found.facts, **present(user=text(body, "login"))}
    return replace(found, refresh_token=github_token, account_id=account or None, facts=facts)


def read_refresh(answer: HttpAnswer, token: Token, now: float) -> TokenSet:
    if answer.status != 200:
        limited = answer.status == 403 and (
            answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
        )
        if limited:  # GitHub's rate limits are 403s, too
            answer = HttpAnswer(429, answer.headers, answer.body)
        raise refusal(answer, token, now, dead_statuses=_NO_LICENCE)
    found = read_set(answer, now)
    if not found.access_token:
        raise empty_answer(token)
    return found


def read_set(answer: HttpAnswer, now: float) -> TokenSet:
    """The Copilot token in an answer; `access_token` is empty when it holds none."""
    body = answer.json
    secret = text(body, "token")
    refresh_in = number(body, "refresh_in")
    return TokenSet(
        secret,
        expires_at=number(body, "expires_at") or now + LIFE_S,
        facts=present(
            api_base=_api_base(text(body, "endpoints", "api"), secret),
            refresh_in="" if refresh_in is None else str(int(refresh_in)),
            plan=text(body, "sku") or _parts(secret).get("sku", ""),
        ),
    )


def _api_base(named: str, secret: str) -> str:
    """The API's address, if it may be given our token: one of GitHub's own hosts, or a loopback one of a stand-in."""
    proxy = _parts(secret).get("proxy-ep", "")
    for url in (named, f"https://{proxy.replace('proxy.', 'api.', 1)}" if proxy else ""):
        try:
            parts = urlsplit(url)
        except ValueError:
            continue
        host = parts.hostname or ""
        if (parts.scheme == "https" and is_copilot(host)) or (parts.scheme == "http" and is_loopback(host)):
            return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
    return ""


def _parts(secret: str) -> dict[str, str]:
    """`tid=…;exp=…;sku=…;proxy-ep=…` as pairs."""
    return dict(part.split("=", 1) for part in secret.split(";") if "=" in part)
