"""The cookie of a portal session: which requests carry it, and what it looks like.

Cookies know no ports: two routers on one machine would overwrite each other's, so the port is in the name.
"""

from collections.abc import Iterator

PATHS = ("/portal", "/api/docs", "/api/openapi.json")
"""What it is sent with; the API itself takes the admin token only."""


def cookie_name(port: int) -> str:
    return f"mitmrouter-portal-{port}"


def cookie_values(header: str, port: int) -> Iterator[str]:
    """Every value that a `Cookie` header has for it."""
    for pair in header.split(";"):
        name, mark, value = pair.strip().partition("=")
        if mark and name == cookie_name(port):
            yield value


def set_cookies(value: str, port: int, lifetime_s: float, *, secure: bool) -> list[str]:
    """The `Set-Cookie` headers that hand it out; with a lifetime of 0 they take it back.

    Args:
        secure: the page came over TLS.
    """
    end = "; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")
    return [f"{cookie_name(port)}={value}; Path={path}; Max-Age={int(lifetime_s)}{end}" for path in PATHS]
