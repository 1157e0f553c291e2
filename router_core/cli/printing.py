"""How commands print: aligned columns, small bars, JSON. Whatever came from outside is made harmless first.

Colour is left to click, which drops it when the output is not a terminal; `NO_COLOR` drops it too.
"""

import json
import os
import re
import shlex
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import click

from router_core.home import Home
from router_core.text import printable

CELL_LIMIT, FACT_LIMIT = 160, 600
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
FULL, EMPTY = "▰", "▱"


class Cell(NamedTuple):
    """One text of a table."""

    text: str
    colour: str = ""
    right: bool = False


def own_command(home: Home) -> str:
    """What to type to run this program on this home: `mitmrouter`, or what scripts/run says of itself."""
    program = shlex.quote(printable(os.environ.get("MITMROUTER_COMMAND", ""), 200) or "mitmrouter")
    usual = Path("~/.mitmrouter").expanduser().absolute()
    return program if home.path == usual else f"{program} --home {shlex.quote(str(home.path))}"


def print_json(value: Any) -> None:
    """One JSON document; ASCII only, so that nothing in it can act on a terminal."""
    from router_core.wire.json_bytes import json_bytes  # here: most commands print no JSON

    quick = json_bytes(value, indented=True)
    if not quick.isascii():  # line by line: most are, and to find those that are not costs next to nothing
        quick = b"\n".join(line if line.isascii() else _NOT_ASCII.sub(_escaped, line) for line in quick.split(b"\n"))
    click.echo(quick)


def _escaped(found: re.Match[bytes]) -> bytes:
    return json.dumps(found[0].decode())[1:-1].encode()


def print_json_line(value: Any) -> None:
    """One JSON document on one line."""
    click.echo(json.dumps(value))


def print_table(
    headings: Sequence[str], rows: Sequence[Sequence[Cell | str]], *, heading: bool = True, least: Sequence[int] = ()
) -> None:
    """Columns as wide as their widest text; the last one runs on.

    Args:
        least: smallest widths of the first columns, for tables that are printed row by row.
    """
    columns = [
        _column(heading, list(cells), least[place] if place < len(least) else 0)
        for place, (heading, *cells) in enumerate(zip(headings, *rows, strict=True))
    ]
    lines = ["  ".join(texts).rstrip() for texts in zip(*columns, strict=True)]
    if shown := lines if heading else lines[1:]:
        click.echo("\n".join(shown))  # all at once: each call costs as much as ten lines do


def _column(heading: str, cells: Sequence[Cell | str], least: int) -> list[str]:
    """Its texts, the heading first, padded to one width and coloured."""
    texts = [printable(cell if isinstance(cell, str) else cell.text, CELL_LIMIT) for cell in cells]
    width = max(least, len(heading), *map(len, texts))
    right = any(cell.right for cell in cells if isinstance(cell, Cell))
    head = _placed(heading, width, right, bold=True)
    colours = [cell.colour if isinstance(cell, Cell) else "" for cell in cells]
    if any(colours):
        return [head, *(_placed(text, width, right, colour) for text, colour in zip(texts, colours, strict=True))]
    return [head, *(text.rjust(width) if right else text.ljust(width) for text in texts)]


@lru_cache(1000)  # few words have colours, and stand in every line
def _placed(text: str, width: int, right: bool, colour: str = "", *, bold: bool = False) -> str:
    padding = " " * (width - len(text))
    styled = click.style(text, fg=colour or None, bold=bold or None) if text and (colour or bold) else text
    return padding + styled if right else styled + padding


def bar(fraction: float, width: int = 6) -> str:
    """`▰▰▰▱▱▱` for one half; never quite full before it is, never empty once begun."""
    filled = round(fraction * width)
    if filled <= 0:
        filled = 1 if fraction > 0 else 0
    elif filled >= width:
        filled = width if fraction >= 1 else width - 1
    return FULL * filled + EMPTY * (width - filled)


def note(text: str) -> None:
    """Something people should know, beside the output itself."""
    click.echo(text, err=True)


def print_facts(facts: Sequence[tuple[str, Cell | str]], indent: str = "") -> None:
    """`label  value` lines, the values aligned."""
    width = max((len(label) for label, _ in facts), default=0)
    for label, value in facts:
        cell = value if isinstance(value, Cell) else Cell(value)
        text = printable(cell.text, FACT_LIMIT)
        click.echo(f"{indent}{label:<{width}}  {click.style(text, fg=cell.colour) if cell.colour else text}".rstrip())
