"""How every help page looks: examples and exit statuses at its end, headings and names in colour, commands in groups.

Colour goes where the output is no terminal, and with `NO_COLOR`.
"""

import os
from collections.abc import Iterable, Mapping

import click

from router_core.cli.examples import EXAMPLES, STATUS, USUAL_STATUS

SECTIONS: dict[str, tuple[str, ...]] = {
    "Getting started": ("up", "demo", "doctor", "completion"),
    "Clients": ("code", "codex", "run", "activate", "deactivate", "apply", "undo", "statusline"),
    "Router": ("start", "stop", "restart", "status", "install-service", "uninstall-service"),
    "Accounts": ("auth", "token", "key", "provider", "usage"),
    "Looking inside": ("tui", "portal", "trace", "stats", "reconcile", "notify"),
    "Routing": ("model", "route"),
    "Configuration": ("config", "preset", "backup"),
    "Testing": ("simulate",),
}
"""Heading → commands, for the page of the program itself."""
OTHERS = "Others"
WIDEST = 100
UP_TO = 4
"""Examples on the page of a group."""
TAIL = "\b\nExamples:"
"""How the end of a page begins: what follows is laid out already."""


class HelpFormatter(click.HelpFormatter):
    """click's layout, with headings in bold and names in colour."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, styled("Usage:", bold=True) + " " if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{styled(heading + ':', bold=True)}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(styled(name, fg="cyan"), text) for name, text in rows], col_max, col_spacing)

    def write_text(self, text: str) -> None:
        if not text.startswith(TAIL):
            super().write_text(text)
            return
        for line in text.replace("\b\n", "").splitlines():
            heading = bool(line) and not line.startswith(" ")
            self.write(f"{styled(line, bold=True) if heading else line}\n")


class RouterContext(click.Context):
    """A context whose help pages look so."""

    formatter_class = HelpFormatter


def styled(text: str, *, bold: bool = False, fg: str | None = None) -> str:
    return text if os.environ.get("NO_COLOR") else click.style(text, bold=bold or None, fg=fg)


def dress(command: click.Command, path: str) -> None:
    """Give a command, and those below it, the end of its help page.

    Args:
        path: as it is typed, without the program's name.
    """
    command.context_class = RouterContext
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            dress(inner, f"{path} {name}")
        firsts = [lines[0] for name, lines in EXAMPLES.items() if name.startswith(f"{path} ")][:UP_TO]
        command.epilog = tail(EXAMPLES.get(path) or firsts, USUAL_STATUS)
    else:
        command.epilog = tail(EXAMPLES.get(path, ()), STATUS.get(path, USUAL_STATUS))


def tail(examples: Iterable[str], statuses: Iterable[str]) -> str:
    """The end of a page."""
    shown = "".join(f"\n  {line}" for line in examples)
    return f"{TAIL}{shown}\n\n\b\nExit status:" + "".join(f"\n  {line}" for line in statuses)


def write_sections(commands: Mapping[str, click.Command], formatter: click.HelpFormatter) -> None:
    """The commands in groups, each with the whole first sentence of its help."""
    placed = {name for names in SECTIONS.values() for name in names}
    sections = {**SECTIONS, OTHERS: tuple(name for name in commands if name not in placed)}
    width = max(map(len, commands))
    for heading, names in sections.items():
        rows = [(f"{name:<{width}}", commands[name].get_short_help_str(400)) for name in names if name in commands]
        if rows:
            with formatter.section(heading):
                formatter.write_dl(rows)
