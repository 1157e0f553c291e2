"""`tui`: hand the terminal over to the app, which is a program of its own (`python -m tui`)."""

import os
import sys

import click

from router_core.cli.become import become
from router_core.cli.launch import router_script
from router_core.cli.printing import own_command
from router_core.home import Home


@click.command()
@click.option("--light", is_flag=True, help="For a light terminal.")
@click.option("--sanitized", is_flag=True, help="Hide names, ids and bodies: for pictures that anyone may see.")
@click.pass_obj
def tui(home: Home, light: bool, sanitized: bool) -> None:
    """See everything of the router, live and past, and act on it."""
    is_able = os.environ.get("TERM") != "dumb"  # such a one cannot place anything: it would show the codes themselves
    if not (sys.stdin.isatty() and sys.stdout.isatty() and is_able):
        own = own_command(home)
        raise click.ClickException(
            f"The app needs a terminal (not TERM=dumb). Without one: {own} portal, {own} trace tail, {own} status"
        )
    root = str(router_script().parents[1])
    inherited = os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, inherited]) if inherited else root}
    # -P: the folder people stand in may hold a `tui` of its own
    command = [sys.executable, "-P", "-m", "tui", "--home", str(home.path)]
    command += [option for option, on in (("--light", light), ("--sanitized", sanitized)) if on]
    become(command, environment)
