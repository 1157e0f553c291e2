"""`python -m tui`: open the app on a home folder."""

import gc

import click

from router_core.home import find_home
from tui.app import RouterApp
from tui.portal.parent import end_with_parent


@click.command()
@click.option("--home", help="The router's home folder; else $MITMROUTER_HOME, else ~/.mitmrouter.")
@click.option("--light", is_flag=True, help="Start with the light theme.")
@click.option("--sanitized", is_flag=True, help="Hide names, ids and bodies: for pictures that anyone may see.")
def main(home: str | None, light: bool, sanitized: bool) -> None:
    """See everything of the router, and act on it."""
    end_with_parent()
    gc.freeze()  # what was imported stays: collecting it again and again made single key presses 40 ms slower
    RouterApp(find_home(home), light=light, sanitized=sanitized).run()


if __name__ == "__main__":
    main(prog_name="mitmrouter tui")
