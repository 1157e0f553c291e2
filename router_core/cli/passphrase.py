"""How commands ask for the passphrase of an export or backup, or for the word that it shall be plain."""

import sys
from collections.abc import Callable

import click

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
        if not yes_plain:
            if not sys.stdin.isatty():
                raise click.UsageError(
                    "--plain asks for a confirmation. Where nobody can be asked: --plain --yes-plain."
                )
            if click.prompt("Type plain to go on", default="", show_default=False, err=True) != "plain":
                raise click.Abort
        return None
    if from_stdin:
        return _read()
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can be asked for a passphrase here: give it with --passphrase-stdin.")
    return _known(click.prompt("New passphrase (not shown)", hide_input=True, confirmation_prompt=True, err=True))


def asks_for_passphrase(from_stdin: bool) -> Callable[[], str]:
    """Asks for the passphrase of a file that is encrypted."""

    def ask() -> str:
        if from_stdin:
            return _read()
        if not sys.stdin.isatty():
            raise click.UsageError("The file is encrypted: give its passphrase with --passphrase-stdin.")
        return _known(click.prompt("Passphrase (not shown)", hide_input=True, err=True))

    return ask


def _read() -> str:
    return _known(sys.stdin.read(PASSPHRASE_LIMIT).rstrip("\r\n"))


def _known(passphrase: str) -> str:
    if (learn := LEARN.get()) is not None:
        learn(passphrase)
    return passphrase
