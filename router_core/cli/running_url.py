"""The address of the router for commands that need a running one."""

import click

from router_core.cli.printing import own_command
from router_core.home import Home
from router_core.reach import reach


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
