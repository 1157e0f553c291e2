"""`token rotate-key`: a new key for the stored secrets, and where it lies."""

from typing import Literal

import click

from router_core.cli.printing import print_json
from router_core.home import Home


@click.command("rotate-key")
@click.option(
    "--to", "place", type=click.Choice(["keychain", "file"]), help="Keep the new key there; else where it is."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def rotate_key_command(home: Home, place: Literal["keychain", "file"] | None, as_json: bool) -> None:
    """Encrypt every stored secret with a new key and forget the old one. A running router goes on."""
    from router_core.store.key_source import KeySource
    from router_core.store.keychain import KeychainFailed
    from router_core.store.rotate_key import rotate_key

    source = KeySource(home.ensure())
    try:
        done = rotate_key(home, source, place)
    except KeychainFailed as error:
        raise click.ClickException(
            f"The keychain does not take the key ({error}). Nothing has changed; --to file keeps it in a file."
        ) from error
    if as_json:
        print_json({"values": done.values, "unreadable": done.unreadable, "place": source.place, "where": done.where})
    else:
        click.echo(f"{done.values} secret(s) are encrypted with a new key now: {done.where}.")
    if done.unreadable:
        raise click.ClickException(
            f"{done.unreadable} secret(s) could not be read with the old key and are left as they are: see token list."
        )
