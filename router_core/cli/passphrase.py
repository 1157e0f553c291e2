"""How commands ask for the passphrase of an export or backup, or for the word that it shall be plain."""

import sys
from collections.abc import Callable

import click

from router_core.cli import asking
from router_core.cli.printing import note
from router_core.store.learning import LEARN

PASSPHRASE_LIMIT = 1024


def new_passphrase(from_stdin: bool, plain: bool, yes_plain: bool) -> str | None:
    """The passphrase of a file to be written; None: it shall be plain, which is confirmed.

    Raises:
        click.UsageError: nobody can be asked, or the options contradict each other.
    """
    if from_stdin and (plain or yes_plain):
        raise click.UsageError("Give one of --passphrase-stdin and --plain.")
    if yes_plain and not plain:
        raise click.UsageError("--yes-plain confirms --plain: give that, too.")
    if plain:
        note("Note: the file will hold your credentials in plain text: whoever reads it can use your accounts.")
        otherwise = "Confirm --plain with --yes-plain."
        if not yes_plain and asking.ask("Type plain to go on", otherwise, default="") != "plain":
            raise click.Abort
        return None
    if from_stdin:
        return _read()
    otherwise = "Give the passphrase with --passphrase-stdin."
    return _known(asking.ask("New passphrase (not shown)", otherwise, hidden=True, twice=True))


def asks_for_passphrase(from_stdin: bool) -> Callable[[], str]:
    """Asks for the passphrase of a file that is encrypted."""

    def ask() -> str:
        if from_stdin:
            return _read()
        otherwise = "The file is encrypted: give its passphrase with --passphrase-stdin."
        return _known(asking.ask("Passphrase (not shown)", otherwise, hidden=True))

    return ask


def _read() -> str:
    return _known(sys.stdin.read(PASSPHRASE_LIMIT).rstrip("\r\n"))


def _known(passphrase: str) -> str:
    if (learn := LEARN.get()) is not None:
        learn(passphrase)
    return passphrase
