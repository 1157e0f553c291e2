"""What the steps of `up` share: whom to ask, what was left out, and how a step says how it went."""

from dataclasses import dataclass, field

import click

from router_core.cli import asking
from router_core.cli.printing import own_command
from router_core.home import Home


@dataclass(slots=True)
class Wizard:
    """One run of `up`: whom to ask, and what is left to say at the end."""

    home: Home
    asks: bool
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """What was not done, and the command that does it."""
    failed: bool = False

    @property
    def command(self) -> str:
        return own_command(self.home)

    def leave(self, what: str, command: str) -> None:
        self.left_out.append((what, command))

    def asks_to(self, question: str) -> bool:
        return self.asks and asking.agreed(question, "Give --yes.")


def heading(text: str) -> None:
    click.echo(f"\n{click.style(text, bold=True)}")


def good(text: str) -> None:
    click.echo(f"  {click.style('✓', fg='green')} {text}")


def bad(text: str) -> None:
    click.echo(f"  {click.style('✗', fg='red')} {text}")


def aside(text: str) -> None:
    click.echo(f"  {click.style('·', fg='bright_black')} {text}")
