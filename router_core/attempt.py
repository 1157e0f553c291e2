"""(client request, provider, token) → one upstream request. Used for the first attempt and for each one after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from router_core.config.schema import ProviderConfig
from router_core.errors import Refused
from router_core.providers.account import location_of, project_of
from router_core.providers.auth import (
    CLIENT_CREDENTIALS,
    HeaderPairs,
    auth_headers,
    is_anthropics,
    is_claude_oauth,
    is_google_key,
    with_oauth_beta,
    without_betas,
)
from router_core.providers.copilot import api_base_of, with_editor_headers
from router_core.tokens.token import Token

VERTEX_HOST = "aiplatform.googleapis.com"
"""Of `global`; a region's host has its name before it."""
_DEFAULT_PORT = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where a request goes."""

    scheme: str
    host: str
    port: int
    path: str
    """With query."""

    @property
    def authority(self) -> str:
        """The `Host` header."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _DEFAULT_PORT[self.scheme] else f"{name}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def upstream_of(provider: ProviderConfig, rest: str, token: Token | None = None) -> Upstream:
    """Map `/{provider}/REST` to the provider's own URL. The host comes from the config alone, but for Copilot, which
    has several and says with each token which one is meant (copilot.py believes no others).

    Args:
        rest: what follows the provider's name, with query, beginning with "/".
        token: who pays; Vertex has its project and region in the URL.

    Raises:
        Refused: a path that tries to climb out.
    """
    base = urlsplit(provider.base_url)
    if provider.kind == "copilot" and token is not None:
        base = urlsplit(api_base_of(provider.base_url, token.facts.get("api_base", "")))
    path, mark, query = rest.partition("?")
    if not {".", ".."}.isdisjoint(unquote(path).replace("\\", "/").split("/")):
        raise Refused(400, "bad_path", "The path must not contain '.' or '..'.")
    prefix = base.path.rstrip("/")
    host = base.hostname or ""
    if provider.kind == "vertex":
        location = location_of(provider, token)
        host = f"{location}-{host}" if host == VERTEX_HOST and location != "global" else host
        prefix += _vertex_prefix(provider, token, path, location)
    elif provider.kind == "codex":
        path = path.removeprefix("/v1") if path.startswith("/v1/") else path  # habit: clients append /v1 to base URLs
        if path.startswith("/backend-api/"):
            prefix = prefix.partition("/backend-api")[0]
    elif provider.kind == "copilot":  # it has no /v1, but for Anthropic's format
        path = path.removeprefix("/v1") if path.startswith("/v1/") and not path.startswith("/v1/messages") else path
    else:
        version = prefix.rpartition("/")[2]
        if version[:1] == "v" and version[1:2].isdigit():
            if (path + "/").startswith(f"/{version}/"):
                path = path[len(version) + 1 :]
            elif provider.kind == "openai-chat" and path.startswith("/v1/"):  # the same habit; Z.ai's base ends in /v4
                path = path.removeprefix("/v1")
    scheme = base.scheme
    return Upstream(scheme, host, base.port or _DEFAULT_PORT[scheme], f"{prefix}{path}{mark}{query}" or "/")


def _vertex_prefix(provider: ProviderConfig, token: Token | None, path: str, location: str) -> str:
    """What stands before a path that names neither version nor project; one that does is the client's own."""
    if path.startswith(("/v1/", "/v1beta1/")) or token is None:
        return ""
    if not path.startswith("/publishers/") or is_google_key(token):  # an API key belongs to a project by itself
        return "/v1"
    return f"/v1/projects/{quote(project_of(provider, token), safe='')}/locations/{location}"


def upstream_headers(
    fields: Sequence[tuple[bytes, bytes]], provider: ProviderConfig, token: Token, upstream: Upstream
) -> HeaderPairs:
    """The client's headers, in its order and spelling, with its credentials out, the token's in, and the right Host."""
    out: HeaderPairs = []
    for name, value in fields:
        lower = name.lower()
        if lower == b"host":
            out.append((name, upstream.authority.encode()))
        elif lower not in CLIENT_CREDENTIALS:
            out.append((name, value))
    auth = auth_headers(provider.kind, token, provider.auth)
    injected = {name.lower() for name, _ in auth}
    own = [(name.encode(), value.encode()) for name, value in provider.headers.items()]
    own = [(name, value) for name, value in own if name.lower() not in injected]  # never two credentials
    replaced = {name.lower() for name, _ in own}
    out = [(name, value) for name, value in out if name.lower() not in replaced] + own if own else out
    if provider.kind == "anthropic":
        is_oauth = is_claude_oauth(token)
        out = with_oauth_beta(out) if is_oauth else without_betas(out, vendors_own=is_anthropics(upstream.host))
    if provider.kind == "copilot":
        out = with_editor_headers(without_betas(out, vendors_own=False))
    return out + auth
