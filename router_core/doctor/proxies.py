"""HTTP proxies: what is sent to this machine must not go through one; what leaves it must get through."""

import socket
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from router_core.applying.around_proxy import around_proxy, spares_this_machine
from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding

CONNECT_S = 5.0


def check(examined: Examined) -> Iterator[Finding]:
    """The shell's proxies for the clients, the configured one for the router."""
    yield clients_finding(examined.environ)
    url = examined.config.server.proxy_url if examined.config else None
    if url is None:
        return
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    try:
        socket.create_connection((host, port), timeout=CONNECT_S).close()
    except OSError as error:
        yield Finding(
            "proxy",
            "problem",
            f"providers are reached through {host}:{port}, which cannot be reached ({error.strerror or error})",
            "Start it, or change [server] proxy_url (or the environment's PROXY_URL, HTTPS_PROXY)",
        )
    else:
        yield Finding("proxy", "ok", f"providers are reached through {host}:{port}, which answers")


def clients_finding(environ: Mapping[str, str]) -> Finding:
    """Whether programs started in this shell would send what is for the router to a proxy."""
    needed = around_proxy(environ)
    if not needed:
        return Finding("proxy", "ok", "none is set in this shell")
    if spares_this_machine(environ):
        return Finding("proxy", "ok", "this shell's proxy leaves this machine out")
    return Finding(
        "proxy",
        "warning",
        "this shell has a proxy for everything: clients that are started in it send it what is for the router",
        f'Leave this machine out: export NO_PROXY="{needed["NO_PROXY"]}" (`code`, `codex` and `activate` do it)',
    )
