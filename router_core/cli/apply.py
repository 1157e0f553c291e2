"""`apply` and `undo`: lead an installed client to the router by its own settings, and put them back as they were."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from router_core.applying.around_proxy import around_proxy, spares_this_machine
from router_core.cli import asking
from router_core.cli.printing import Cell, note, own_command, print_json, print_table
from router_core.demo_lock import demo_is_alive
from router_core.errors import ConfigError
from router_core.home import Home
from router_core.reach import Reach, reach
from router_core.text import printable

if TYPE_CHECKING:
    from router_core.applying.change import Change
    from router_core.applying.settings import Lead, Person

NAMES = ("claude", "codex", "gemini")
"""As in applying/clients.py, which is not imported for a help page."""

client_option = click.option(
    "--client", "clients", multiple=True, type=click.Choice(NAMES), help="Which client; may be given several times."
)


@click.command()
@client_option
@click.option("--statusline", is_flag=True, help="claude: also show model, token, window and cost below its prompt.")
@click.option("--dry-run", is_flag=True, help="Only show what would be changed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Without --client: print JSON.")
@click.pass_obj
def apply(home: Home, clients: tuple[str, ...], statusline: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Change a client's own settings so that it always uses the router. The change is shown first, and `undo` takes it
    back.

    Without --client it lists which clients there are, and which are led here.
    """
    if not clients:
        print_clients(home, as_json)
        return
    if statusline and "claude" not in clients:
        raise click.UsageError("--statusline is for --client claude.")
    found = reach(home.ensure())
    for client in dict.fromkeys(clients):
        changes = planned(home, client, found, statusline=statusline and client == "claude")
        if not any(change.changes for change in changes):
            click.echo(f"{title(client)}: nothing to change, it is led to {found.url} already.")
        else:
            print_changes(home, changes)
            if dry_run:
                continue
            if not yes:
                asking.confirm(f"Change {', '.join(str(change.path) for change in changes if change.changes)}?")
            write(home, client, changes)
            click.echo(done_text(home, client, found))
        print_bypasses(client)
    if demo_is_alive(home) and not dry_run:
        note("Note: this router is a demo, with simulated providers. When it ends, take the change back with undo.")
    if not found.up and not dry_run:
        note(f"Note: the router is not running yet. Start it: {own_command(home)} start")


@click.command()
@client_option
@click.option("--dry-run", is_flag=True, help="Only show what would be changed.")
@click.pass_obj
def undo(home: Home, clients: tuple[str, ...], dry_run: bool) -> None:
    """Put the settings of clients back as they were before `apply`; without --client, of all that it has changed.

    A file that nobody has touched since gets its old bytes back. From one that has changed only our values are taken
    out.
    """
    from router_core.applying.change import carry_out, plan_undo
    from router_core.applying.record import folder_of, read_record

    wanted = clients or [client for client in NAMES if read_record(home, client)]
    if not wanted:
        click.echo("Nothing is applied.")
    for client in dict.fromkeys(wanted):
        try:
            changes = plan_undo(home, client)
        except ConfigError as error:
            raise ConfigError(f"{error.message} As it was before it is in {folder_of(home, client)}.") from error
        if not changes:
            click.echo(f"{title(client)}: nothing is applied.")
            continue
        if dry_run:
            print_changes(home, changes)
            continue
        carry_out(home, client, changes, undoing=True)
        for change in changes:
            click.echo(f"{title(client)}: {change.path} {_undone(change)}")
            for key in change.kept:
                note(f"Note: {key} in {change.path} was changed by somebody else meanwhile, and is left as it is.")


def planned(home: Home, client: str, found: Reach, *, statusline: bool = False) -> "list[Change]":
    """What applying would do to the client's files.

    Raises:
        ConfigError: the files cannot be read or changed, or the router has no lasting address.
    """
    from router_core.applying.change import plan_apply
    from router_core.applying.clients import CLIENTS

    if found.url.endswith(":0"):
        raise ConfigError(f"The router has no lasting address: set a port in {home.config}, [server] port.")
    return plan_apply(home, client, CLIENTS[client].edits(person(), lead(home, found.url, statusline=statusline)))


def write(home: Home, client: str, changes: "list[Change]") -> None:
    from router_core.applying.change import carry_out

    carry_out(home, client, changes, undoing=False)


def person() -> "Person":
    from router_core.applying.settings import Person

    return Person(Path.home(), os.environ, Path.cwd())


def lead(home: Home, url: str, *, statusline: bool = False) -> "Lead":
    from router_core.applying.settings import Lead

    token = home.ensure().gateway_token()
    command = shlex.join([*lasting_words(quick=True), "--home", str(home.path), "statusline"]) if statusline else ""
    # What is written down stays when the environment changes, so nothing is where nothing is needed.
    around = {} if spares_this_machine(os.environ) else around_proxy(os.environ)
    return Lead(url, home.gateway_token_file, token, around, command)


def lasting_words(*, quick: bool = False) -> list[str]:
    """This program by its full path, in words, for a program that has another PATH.

    Args:
        quick: without a look whether packages are missing, which scripts/run takes.
    """
    said = os.environ.get("MITMROUTER_COMMAND", "")
    beside = Path(sys.executable).with_name("mitmrouter")
    if said and not (quick and beside.exists()):
        return [os.path.abspath(said)]
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "router_core.cli"]


def title(client: str) -> str:
    from router_core.applying.clients import CLIENTS

    return CLIENTS[client].TITLE


def program_of(client: str) -> str | None:
    """Where the client's program is; None when it is not installed."""
    from router_core.applying.clients import CLIENTS

    settings = CLIENTS[client]
    wanted = (os.environ.get(settings.VARIABLE) if settings.VARIABLE else "") or settings.PROGRAM
    return shutil.which(wanted)


def done_text(home: Home, client: str, found: Reach) -> str:
    """That it is done, and how to take it back."""
    from router_core.applying.record import folder_of

    undo = f"{own_command(home)} undo --client {client}"
    return f"{title(client)} is led to {found.url}. Back: {undo} (copies: {folder_of(home, client)})"


def print_changes(home: Home, changes: "Iterable[Change]") -> None:
    """The diff of each file, with secrets masked."""
    from router_core.trace.redact import Redactor

    own = [home.gateway_token()] if home.gateway_token_file.exists() else []
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for change in changes:
        redactor = Redactor([*own, *change.secrets()])
        for line in change.diff():
            shown = printable(redactor.text(line), 500)
            bold = line.startswith(("+++", "---"))
            click.echo(click.style(shown, fg=None if bold else colours.get(line[:1]), bold=bold or None))


def print_bypasses(client: str) -> None:
    """What wins over the settings."""
    from router_core.applying.clients import CLIENTS

    for sentence in CLIENTS[client].bypasses(person()):
        note(f"Note: {printable(sentence, 600)}")


def print_clients(home: Home, as_json: bool) -> None:
    """Which clients there are, and which are led to the router."""
    from router_core.applying.clients import CLIENTS
    from router_core.applying.record import read_record

    rows = []
    for client, settings in CLIENTS.items():
        record = read_record(home, client)
        rows.append(
            {
                "client": client,
                "title": settings.TITLE,
                "program": program_of(client),
                "applied": bool(record),
                "files": [str(one.path) for one in record],
                "bypasses": settings.bypasses(person()) if record else [],
            }
        )
    if as_json:
        print_json(rows)
        return
    print_table(
        ["CLIENT", "PROGRAM", "APPLIED", "FILES"],
        [
            [
                str(row["client"]),
                str(row["program"] or "not installed"),
                Cell("yes", "green") if row["applied"] else "no",
                ", ".join(row["files"]),  # type: ignore[arg-type]
            ]
            for row in rows
        ],
    )


def _undone(change: "Change") -> str:
    if change.now is None:
        return "is gone already."
    if change.then is None:
        return "is removed: it was not there before."
    if change.record is not None and change.then == change.record.before:
        return "is as it was before."
    return "has changed since: only our values were taken out."
