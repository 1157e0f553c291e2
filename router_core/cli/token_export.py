"""`token export` and `token restore`: credentials out of this home and into another one, in a file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from router_core.cli.printing import Cell, note, print_json, print_table
from router_core.home import Home

if TYPE_CHECKING:
    from router_core.store.carry import Arrived

FILE = click.Path(path_type=Path, dir_okay=False)
FROM_STDIN = "Read the passphrase from standard input, else it is asked for."


def how_to_write[Command: Callable[..., Any]](command: Command) -> Command:
    """The options of every command that writes such a file."""
    command = click.option("--yes-plain", is_flag=True, help="Confirms --plain where nobody can be asked.")(command)
    command = click.option("--plain", is_flag=True, help="Do not encrypt; asks for a confirmation.")(command)
    return click.option("--passphrase-stdin", is_flag=True, help=FROM_STDIN)(command)


def how_to_read[Command: Callable[..., Any]](command: Command) -> Command:
    """The options of every command that reads such a file."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
    command = click.option("--replace", is_flag=True, help="Also over what is newer or different here.")(command)
    return click.option("--passphrase-stdin", is_flag=True, help=FROM_STDIN)(command)


@click.command("export")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--output", required=True, type=FILE, metavar="FILE", help="A new file; never the screen.")
@how_to_write
@click.pass_obj
def export_command(
    home: Home, names: tuple[str, ...], output: Path, passphrase_stdin: bool, plain: bool, yes_plain: bool
) -> None:
    """Write tokens with their secrets into a file, encrypted with a passphrase. Without names: all of them."""
    from router_core.cli.passphrase import new_passphrase
    from router_core.clock import SystemClock
    from router_core.store.carry import carried
    from router_core.store.sealed_file import write_sealed
    from router_core.store.tokens import open_tokens

    store = open_tokens(home.ensure(), SystemClock())
    chosen = carried([store.named(name) for name in names] if names else store.all())
    if not chosen:
        raise click.ClickException("There is no token to export.")
    passphrase = new_passphrase(passphrase_stdin, plain, yes_plain)
    write_sealed(output, "tokens", {"tokens": chosen}, passphrase)
    click.echo(f"Wrote {len(chosen)} token(s) to {output}, {'in plain text' if passphrase is None else 'encrypted'}.")
    if any(token["refresh_token"] for token in chosen):
        note("Note: a login can be renewed in one place only. Use these tokens here or there, not in both.")


@click.command("restore")
@click.argument("file", type=FILE)
@how_to_read
@click.pass_obj
def restore_command(home: Home, file: Path, passphrase_stdin: bool, replace: bool, as_json: bool) -> None:
    """Take over the tokens of an export or backup. What was renewed here since stays as it is."""
    from router_core.cli.passphrase import asks_for_passphrase
    from router_core.store.sealed_file import read_sealed

    _, content = read_sealed(file, asks_for_passphrase(passphrase_stdin))
    arrived = take_over(home, content, replace)
    if as_json:
        print_json([as_value(one) for one in arrived])
    else:
        print_arrived(arrived)


def take_over(home: Home, content: dict[str, Any], replace: bool) -> "list[Arrived]":
    """The tokens of a file's content into the store."""
    from router_core.clock import SystemClock
    from router_core.config.load import load_config
    from router_core.store.carry import receive, tokens_in
    from router_core.store.tokens import open_tokens

    tokens = tokens_in(content)
    store = open_tokens(home.ensure(), SystemClock())
    if store.key_news:
        note(store.key_news)
    providers = load_config(home.config).providers
    return receive(store, tokens, replace_newer=replace, known=lambda name: name in providers)


def print_arrived(arrived: "Sequence[Arrived]") -> None:
    """A line for each token."""
    colours = {"added": "green", "replaced": "green", "kept": "yellow"}
    rows: list[list[Cell | str]] = [
        [one.name, one.provider, Cell(one.result, colours.get(one.result, "")), one.because] for one in arrived
    ]
    if rows:
        print_table(["TOKEN", "PROVIDER", "RESULT", "WHY"], rows)
    else:
        click.echo("The file holds no tokens.")


def as_value(one: "Arrived") -> dict[str, str]:
    """For --json."""
    return {"name": one.name, "provider": one.provider, "result": one.result, "because": one.because}
