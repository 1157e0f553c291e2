"""Where clients reach the router of a home folder, and whether it is there."""

from dataclasses import dataclass

from router_core.config.load import load_config
from router_core.home import Home
from router_core.processes import healthy, own_router
from router_core.running import Running


@dataclass(frozen=True, slots=True)
class Reach:
    """Base URL of the router, and whether anything answers there."""

    url: str
    up: bool


def reach(home: Home) -> Reach:
    """The running router's address; when none runs, the one it would have."""
    if running := own_router(home):
        return Reach(running.url, healthy(running.host, running.port))
    server = load_config(home.config).server
    return Reach(Running(0, server.host, server.port, "").url, False)
