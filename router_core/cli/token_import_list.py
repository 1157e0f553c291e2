"""How `token import` shows what it found, and asks what to take."""

import re
from collections.abc import Sequence

import click

from router_core.cli import asking
from router_core.cli.printing import Cell, print_table
from router_core.importing.found import Found
from router_core.importing.plan import Step
from router_core.importing.words import PLACE_LIMIT, account_text, places_text, short_place
from router_core.text import duration, printable

COLOURS = {"add": "green", "update": "green", "keep": "bright_black", "skip": "yellow"}


def print_steps(steps: Sequence[Step], now: float) -> None:
    """The numbered list; what cannot be chosen has no number."""
    if not steps:
        click.echo("No credentials of other programs were found.")
        return
    numbers = numbered(steps)
    rows = [
        [
            Cell(next((str(number) for number, one in numbers.items() if one is step), ""), right=True),
            step.found.provider,
            step.found.sort,
            account_text(step.found),
            _expiry(step.found, now),
            Cell(_what(step), COLOURS[step.action]),
            places_text(step.found),
        ]
        for step in steps
    ]
    print_table(["#", "PROVIDER", "WHAT", "ACCOUNT", "EXPIRES", "IMPORT", "FROM"], rows)
    for step in steps:
        if step.because:
            place = printable(short_place(step.found.place), PLACE_LIMIT)
            click.echo(f"{click.style(place, fg=COLOURS[step.action])}: {printable(step.because)}")


def numbered(steps: Sequence[Step]) -> dict[int, Step]:
    return dict(enumerate((step for step in steps if step.possible), start=1))


def chosen(steps: Sequence[Step]) -> list[Step]:
    """Ask for the numbers of the list.

    Raises:
        click.ClickException: an answer that is no such numbers.
    """
    numbers = numbered(steps)
    if not numbers:
        return []
    answer = asking.ask(
        f"Import which? (1 to {len(numbers)}, such as 1,3-4; all; nothing to leave)",
        "Say what to import: names of sources, --path or --all.",
        default="",
    )
    return picked(answer, numbers)


def picked(answer: str, numbers: dict[int, Step]) -> list[Step]:
    """The steps that an answer such as `1,3-4` names."""
    wanted: set[int] = set()
    for word in answer.replace(",", " ").split():
        if word.lower() == "all":
            return list(numbers.values())
        match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", word)
        span = range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)
        if not span or any(number not in numbers for number in (span[0], span[-1])):
            raise click.ClickException(f"{printable(word, 40)!r} is not on the list: 1 to {len(numbers)}, or all.")
        wanted.update(span)
    return [step for number, step in numbers.items() if number in wanted]


def _what(step: Step) -> str:
    match step.action:
        case "add":
            return f"new: {step.name}" + (", shared" if step.found.shared else "")
        case "update":
            return f"updates {step.name}"
        case "keep":
            return f"have it: {step.name}"
        case "skip":
            return "no"


def _expiry(found: Found, now: float) -> str:
    if found.expires_at is None:
        return ""
    renewable = bool(found.refresh_token or found.login == "vertex")
    if found.expires_at <= now:
        return "renewed on use" if renewable else "expired"
    return f"in {duration(found.expires_at - now)}" + (", renewable" if renewable else "")
