"""What counts as this machine: the one place that decides whether a host name or address is loopback."""

import ipaddress
from functools import lru_cache


def is_loopback(host: str) -> bool:
    """True for `localhost`, `127.0.0.0/8` and `::1` (with or without brackets), nothing else."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return _is_loopback_address(name)


@lru_cache(64)
def _is_loopback_address(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def host_of(authority: str) -> str:
    """The host of `host`, `host:port`, `[::1]:port`; lower case, no brackets, no port."""
    text = authority.strip().lower()
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host if not port or port.startswith(":") else text  # "[::1]evil.example" is no loopback name
    return text.rsplit(":", 1)[0] if text.count(":") == 1 else text
