"""`portal`: a link that opens the app in a browser, once; and the browser with it, where somebody sees one."""

import os
import sys

import click

from router_core.cli.ask_router import ask_router
from router_core.cli.asking import told_not_to_ask
from router_core.cli.login_run import can_open, open_browser
from router_core.cli.printing import own_command, print_json
from router_core.home import Home
from router_core.processes import own_router
from router_core.running import Running

TIMEOUT_S = 10.0
OPENING_S = 2.0
"""So long the browser's own program may take to hand the address on, before this one ends."""


@click.command()
@click.option("--no-open", is_flag=True, help="Print the link only; open no browser.")
@click.option("--sanitized", is_flag=True, help="Hide names, ids and bodies: for pictures that anyone may see.")
@click.option("--json", "as_json", is_flag=True, help="Print the link as JSON; open no browser.")
@click.pass_obj
def portal(home: Home, no_open: bool, sanitized: bool, as_json: bool) -> None:
    """Open the app in a browser.

    The link is good for two minutes, for one browser. Who has the admin token can log in at /portal without one.
    """
    running = own_router(home)
    if running is None:
        raise click.ClickException(f"The router is not running. Start it: {own_command(home)} start")
    link = new_link(home, running)
    if sanitized:
        link["url"] = str(link["url"]).replace("#", "?sanitized=1#", 1)
    if as_json:
        print_json(link)
        return
    click.echo(f"Opens once, within two minutes: {link['url']}")
    if no_open or told_not_to_ask(os.environ) or not can_open(os.environ, is_terminal=sys.stdout.isatty()):
        return
    open_browser(str(link["url"])).join(OPENING_S)


def new_link(home: Home, running: Running) -> dict[str, object]:
    """`url` and `expires_in_s`.

    Raises:
        click.ClickException: the router does not make one; the message says why.
    """
    told = ask_router(home, running, "/api/portal/links", home.admin_token(), TIMEOUT_S, change={})
    return {"url": running.url + str(told["path"]), "expires_in_s": told["expires_in_s"]}
