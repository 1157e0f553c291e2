"""How commands print: aligned columns, small bars, JSON. Whatever came from outside is made harmless first.

Colour is left to click, which drops it when the output is not a terminal; `NO_COLOR` drops it too.
"""

import json
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from router_core.home import Home
from router_core.text import printable

CELL_LIMIT, FACT_LIMIT = 160, 600
FULL, EMPTY = "▰", "▱"


@dataclass(frozen=True, slots=True)
class Cell:
    """One text of a table."""

    text: str
    colour: str = ""
    right: bool = False

    def shown(self) -> str:
        return printable(self.text, CELL_LIMIT)


def own_command(home: Home) -> str:
    """What to type to run this program on this home: `mitmrouter`, or what scripts/run says of itself."""
    program = shlex.quote(printable(os.environ.get("MITMROUTER_COMMAND", ""), 200) or "mitmrouter")
    usual = Path("~/.mitmrouter").expanduser().absolute()
    return program if home.path == usual else f"{program} --home {shlex.quote(str(home.path))}"


def print_json(value: Any) -> None:
    """One JSON document; ASCII only, so that nothing in it can act on a terminal."""
    import orjson  # here: most commands print no JSON

    quick = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    click.echo(quick.decode() if quick.isascii() else json.dumps(value, indent=2))


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
    cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    texts = [list(headings), *([cell.shown() for cell in row] for row in cells)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(headings))]
    widths = [max(width, least[column] if column < len(least) else 0) for column, width in enumerate(widths)]
    right = [any(row[column].right for row in cells) for column in range(len(headings))]
    if heading:
        click.echo(_line(texts[0], widths, right, [""] * len(widths), bold=True).rstrip())
    for row, shown in zip(cells, texts[1:], strict=True):
        click.echo(_line(shown, widths, right, [cell.colour for cell in row]).rstrip())


def _line(
    texts: Sequence[str], widths: Sequence[int], right: Sequence[bool], colours: Sequence[str], *, bold: bool = False
) -> str:
    parts = []
    for text, width, to_right, colour in zip(texts, widths, right, colours, strict=True):
        padding = " " * (width - len(text))
        styled = click.style(text, fg=colour or None, bold=bold or None) if text and (colour or bold) else text
        parts.append(padding + styled if to_right else styled + padding)
    return "  ".join(parts)


def bar(fraction: float, width: int = 6) -> str:
    """`▰▰▰▱▱▱` for one half; never quite full before it is, never empty once begun."""
    filled = round(fraction * width)
    if 0 < fraction < 1:
        filled = min(max(filled, 1), width - 1)
    filled = min(max(filled, 0), width)
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
