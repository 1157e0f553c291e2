"""How a change of config.toml is shown before it is made: a diff, secrets masked."""

import difflib
from collections.abc import Iterable, Iterator

import click

from router_core.text import printable
from router_core.trace.redact import Redactor

COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def diff_lines(before: str, after: str, secrets: Iterable[str] = ()) -> Iterator[str]:
    """Unified, without the file names.

    Args:
        secrets: values to mask, besides all that looks like a credential.
    """
    redactor = Redactor(secrets)
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    for line in list(lines)[2:]:
        yield printable(redactor.text(line), 400)


def print_diff(before: str, after: str, secrets: Iterable[str] = ()) -> None:
    for line in diff_lines(before, after, secrets):
        click.echo(click.style(line, fg=COLOURS.get(line[:1])))
