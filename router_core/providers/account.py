"""Which Google project pays, and in which region: the owner's word in the config first, then what the token knows."""

import re

from router_core.config.schema import Kind, ProviderConfig
from router_core.providers.auth import is_google_key
from router_core.tokens.token import Token

_REGION = re.compile(r"[a-z][a-z0-9-]{0,40}")
_PROJECT_KINDS: frozenset[Kind] = frozenset({"code-assist", "antigravity", "vertex"})


def project_of(provider: ProviderConfig, token: Token) -> str:
    """ "" when nobody knows."""
    return provider.project or token.facts.get("project", "")


def location_of(provider: ProviderConfig, token: Token | None) -> str:
    """A region, or `global`. It becomes part of a host name, so that anything else counts as not said."""
    said = provider.location or (token.facts.get("location", "") if token is not None else "")
    return said if _REGION.fullmatch(said) else "global"


def needs_project(provider: ProviderConfig, token: Token) -> bool:
    """Requests cannot be made with this token before its project is known."""
    if provider.kind not in _PROJECT_KINDS or project_of(provider, token):
        return False
    return provider.kind != "vertex" or not is_google_key(token)
