"""`python -m tui`: open the app on a home folder."""

import click

from router_core.home import find_home
from tui.app import RouterApp
from tui.heap import keep
from tui.portal.parent import end_with_parent


@click.command()
@click.option("--home", help="The router's home folder; else $MITMROUTER_HOME, else ~/.mitmrouter.")
@click.option("--light", is_flag=True, help="Start with the light theme.")
@click.option("--sanitized", is_flag=True, help="Hide names, ids and bodies: for pictures that anyone may see.")
def main(home: str | None, light: bool, sanitized: bool) -> None:
    """See everything of the router, and act on it."""
    end_with_parent()
    keep()
    RouterApp(find_home(home), light=light, sanitized=sanitized, settled=keep).run()


if __name__ == "__main__":
    main(prog_name="mitmrouter tui")
