"""How a change of config.toml is shown before it is made: a diff, secrets masked."""

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import tomli

from router_core.presets.secrecy import why_secret
from router_core.text import printable
from router_core.trace.redact import Redactor

COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def diff_lines(before: str, after: str, secrets: Iterable[str] = ()) -> Iterator[str]:
    """Unified, without the file names.

    Args:
        secrets: values to mask, besides all that looks like a credential, or is one by its name.
    """
    redactor = Redactor([*secrets, *_written(tomli.loads(before)), *_written(tomli.loads(after))])
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    for line in list(lines)[2:]:
        yield printable(redactor.text(line), 400)


def _written(value: Any, keys: tuple[str, ...] = ()) -> Iterator[str]:
    """Strings of the file that are secrets by their place or look."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _written(one, (*keys, key))
    elif isinstance(value, list):
        for one in value:
            yield from _written(one, keys)
    elif isinstance(value, str) and keys and why_secret(keys, value):
        yield value


def changed_text(file: Path, before: str) -> str:
    """What is told of the file when it has been changed."""
    return f"{file} is changed.{f' What it was is in {file.name}.bak.' if before else ''}"


def print_diff(before: str, after: str, secrets: Iterable[str] = ()) -> None:
    for line in diff_lines(before, after, secrets):
        click.echo(click.style(line, fg=COLOURS.get(line[:1])))
