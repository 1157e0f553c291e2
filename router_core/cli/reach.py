"""Where clients reach the router of a home folder, and whether it is there."""

from dataclasses import dataclass

import click

from router_core.cli.printing import own_command
from router_core.cli.processes import healthy, own_router
from router_core.config.load import load_config
from router_core.home import Home
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


def running_url(home: Home) -> str:
    """The address of the running router.

    Raises:
        click.ClickException: it is not running; says how to start it.
    """
    found = reach(home)
    if not found.up:
        raise click.ClickException(
            f"The router is not running. Start it: {own_command(home)} start; the first time, or to try it without an "
            f"account: {own_command(home)} up, up --simulate."
        )
    return found.url
