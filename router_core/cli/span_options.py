"""The options that name a span of time: `--since`, `--until`, `--last`."""

import datetime
from collections.abc import Callable
from typing import Any

import click

from router_core.trace.filter_text import moment_of

USUAL = "7d"
_WHEN = "try 90m, 12h, 7d (ago), 14:30 or 2026-11-20"


def span_options[F: Callable[..., Any]](command: F) -> F:
    """`since`, `until` and `last`, as texts."""
    for option in (
        click.option("--last", metavar="TIME", help="Until now: 90m, 12h, 7d, 4w, today, all. Usual: 7d."),
        click.option("--until", metavar="WHEN", help="Up to this time; usually now."),
        click.option("--since", metavar="WHEN", help="From this time on: 12h (ago), 14:30, 2026-11-20."),
    ):
        command = option(command)
    return command


def span_of(since: str | None, until: str | None, last: str | None, now: float, usual: str = USUAL) -> tuple[int, int]:
    """Epoch milliseconds, half-open.

    Raises:
        click.UsageError: one of them is no time, or they are in the wrong order.
    """
    if last is not None and (since is not None or until is not None):
        raise click.UsageError("Take --last, or --since and --until.")
    ends = _moment("--until", until, now) if until is not None else round(now * 1000) + 1
    begins = _moment("--since", since, now) if since is not None else _ago(last or usual, now)
    if begins >= ends:
        raise click.UsageError("--since must be before --until.")
    return begins, ends


def _ago(last: str, now: float) -> int:
    if last == "all":
        return 0
    if last == "today":
        local = datetime.datetime.fromtimestamp(now)
        return round(datetime.datetime.combine(local.date(), datetime.time()).timestamp() * 1000)
    return _moment("--last", last, now)


def _moment(option: str, text: str, now: float) -> int:
    at = moment_of(text, now)
    if at is None:
        raise click.UsageError(f"{option} {text!r} is no time; {_WHEN}.")
    return at
