"""Through which HTTP proxy an address is reached: the configured one, else the environment's, and some none.

`[server] proxy_url` wins, then `PROXY_URL`, then the usual `HTTPS_PROXY` (`https_proxy`): everything that goes out is
https. `[server] no_proxy`, else `NO_PROXY` (`no_proxy`), names hosts that are reached without one. This machine, and
the metadata server beside it, are never reached through one.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from router_core.netloc import is_loopback

PROXY_VARIABLES = ("PROXY_URL", "HTTPS_PROXY", "https_proxy")
NO_PROXY_VARIABLES = ("NO_PROXY", "no_proxy")
BESIDE = frozenset({"metadata.google.internal", "169.254.169.254"})


def proxy_for(url: str, proxy_url: str | None, no_proxy: Sequence[str]) -> str | None:
    """The proxy through which this URL is reached; None: none."""
    if proxy_url is None:
        return None
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if is_loopback(host) or host in BESIDE or any(_fits(rule, host, parts.port) for rule in no_proxy):
        return None
    return proxy_url


def _fits(rule: str, host: str, port: int | None) -> bool:
    """`*`, `example.com` with all below it (also `.example.com`, `*.example.com`), `host:port`, address, network."""
    rule = rule.strip().lower()
    if rule == "*":
        return True
    if rule.count(":") == 1:
        rule, _, wanted = rule.partition(":")
        if wanted != str(port or 443):
            return False
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule.strip("[]"), strict=False)
    except ValueError:
        pass
    name = rule.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def from_environment(env: Mapping[str, str]) -> dict[str, tuple[str, Any]]:
    """Settings of `[server]` that the usual variables give: name → (variable, value)."""
    found: dict[str, tuple[str, Any]] = {}
    for variable in PROXY_VARIABLES:
        if value := env.get(variable, "").strip():
            found["proxy_url"] = (variable, value if "://" in value else f"http://{value}")
            break
    for variable in NO_PROXY_VARIABLES:
        if value := env.get(variable, "").strip():
            found["no_proxy"] = (variable, [rule.strip() for rule in value.split(",") if rule.strip()])
            break
    return found
