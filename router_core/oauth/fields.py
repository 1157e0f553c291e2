"""Reading the fields of token answers, which come from outside: a wrong type counts as absent."""

import math
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson

from router_core.config.schema import OAuthConfig
from router_core.oauth.http import HttpCall

JSON = (("content-type", "application/json"), ("accept", "application/json"))
FORM = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))


def text(body: Any, *path: str) -> str:
    """The text at `path`; empty when there is none, or something else."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, str) else ""


def number(body: Any, *path: str) -> float | None:
    """The number at `path`, also when written as a text (`"interval": "5"`)."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    if isinstance(body, str):
        try:
            body = float(body)
        except ValueError:
            return None
    if not isinstance(body, int | float) or isinstance(body, bool):
        return None
    return float(body) if math.isfinite(body) else None


def expiry(body: dict[str, Any], now: float, name: str = "expires_in") -> float | None:
    """When what lives `expires_in` seconds from now ends."""
    life = number(body, name)
    return now + life if life is not None and 0 < life < 10 * 366 * 86_400 else None


def present(**facts: str) -> dict[str, str]:
    """The facts that are known."""
    return {name: value for name, value in facts.items() if value}


def post_json(url: str, body: dict[str, str]) -> HttpCall:
    return HttpCall("POST", url, JSON, orjson.dumps(body))


def post_form(url: str, body: dict[str, str]) -> HttpCall:
    return HttpCall("POST", url, FORM, urlencode(body).encode())


def at_server(url: str, settings: OAuthConfig) -> str:
    """The address, moved to `[oauth.NAME] base_url` when there is one: scheme, host and port; the path stays."""
    if settings.base_url is None:
        return url
    base, parts = urlsplit(settings.base_url), urlsplit(url)
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + parts.path, parts.query, ""))
