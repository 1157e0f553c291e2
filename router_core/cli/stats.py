"""`stats`: what was used, by whom and for what, and what it cost; from traces.db, whether the router runs or not."""

import csv
import io
import sqlite3
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from router_core.cli.printing import own_command, print_json
from router_core.cli.span_options import span_of, span_options
from router_core.home import Home
from router_core.store.database import open_read_only

if TYPE_CHECKING:
    from router_core.store.statistics import Sums

BY = ("provider", "token", "model", "project", "session", "client", "client_key", "scenario", "agent", "path", "status")
STEPS = ("hour", "day", "week", "month")
MOST_STEPS = 1000


@click.command()
@span_options
@click.option("--by", type=click.Choice(BY), help="What to group by; models, if no step of time is given.")
@click.option("--step", type=click.Choice(STEPS), help="A line for each hour, day … (local time).")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Most groups.")
@click.option("--provider", help="Only of this provider.")
@click.option("--token", help="Only of this token.")
@click.option("--model", help="Only of this model.")
@click.option("--project", help="Only of this folder; `.` is the one that you are in.")
@click.option("--session", help="Only of this session.")
@click.option("--client", help="Only of this client.")
@click.option("--client-key", help="Only with this client key.")
@click.option("--scenario", help="Only of this scenario.")
@click.option("--path", help="Only at this address, such as /v1/messages.")
@click.option("--status", help="Only those that were answered with this status.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.pass_obj
def stats(
    home: Home, /, since: str | None, until: str | None, last: str | None, by: str | None, step: str | None, limit: int,
    as_json: bool, as_csv: bool, **filters: str | None,
) -> None:  # fmt: skip
    """Show what was used and what it cost: by model, token, project, session, client key …, or over time.

    Sums are kept for ever, also of requests that have been deleted. Costs are at list prices; beside them stands the
    part that is real money, because no subscription paid for it.
    """
    if as_json and as_csv:
        raise click.UsageError("Take --json or --csv, not both.")
    now = time.time()
    span = span_of(since, until, last, now)
    by = by or (None if step else "model")
    where = {name: _value(name, value) for name, value in filters.items() if value is not None}
    told: dict[str, Any] = {"since": span[0], "until": span[1], "by": by or "", "step": step or "", "where": where}
    try:
        told |= _looked_up(home, span, by, step, where, limit)
    except sqlite3.OperationalError as error:
        if not any(words in str(error) for words in ("no such table", "no such column")):
            raise
        raise click.ClickException(
            f"traces.db is of an older version. The router brings it up to date: {own_command(home)} restart"
        ) from error
    if as_json:
        print_json(told)
    elif as_csv:
        _print_csv(told)
    else:
        from router_core.cli.stats_table import print_stats

        print_stats(told)


def _looked_up(
    home: Home, span: tuple[int, int], by: str | None, step: str | None, where: dict[str, str], limit: int
) -> dict[str, Any]:
    from router_core.store import statistics
    from router_core.store.calendar_steps import calendar_steps

    if not home.traces_db.exists():
        nothing = statistics.Sums(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, None, None)
        return {"totals": asdict(nothing), "groups": [], "steps": []}
    database = open_read_only(home.traces_db)
    chosen: Any = where  # names of options are names of dimensions

    def groups(within: statistics.Span) -> "list[tuple[str, Sums]]":
        if by is None:
            return [("", sums)] if (sums := statistics.totals(database, within, chosen)).requests else []
        if by == "agent":
            return statistics.by_agent(database, within, chosen, limit)
        return statistics.grouped(database, by, within, chosen, limit)  # type: ignore[arg-type]  # one of BY

    whole = statistics.Span(*span)
    totals = asdict(statistics.totals(database, whole, chosen))
    if step is None:
        found = [{"value": value, **asdict(sums)} for value, sums in groups(whole)]
        return {"totals": totals, "groups": found, "steps": []}
    begins = calendar_steps(max(span[0], statistics.began_ms(database) or span[1]), span[1], step)
    if len(begins) > MOST_STEPS:
        raise click.UsageError(f"That would be {len(begins):,} steps. Take a longer --step, or a shorter time.")
    steps = [
        {"at": begin, "value": value, **asdict(sums)}
        for begin, end in zip(begins, [*begins[1:], span[1]], strict=True)
        for value, sums in groups(statistics.Span(max(begin, span[0]), end))
    ]
    return {"totals": totals, "groups": [], "steps": steps}


def _value(name: str, value: str) -> str:
    return str(Path(value).absolute().resolve()) if name == "project" and value.startswith(".") else value


def _print_csv(told: dict[str, Any]) -> None:
    """Money in nano-USD, times in epoch milliseconds; one heading."""
    rows = told["steps"] or told["groups"]
    text = io.StringIO()
    key = ["at", "value"] if told["step"] else ["value"]
    writer = csv.DictWriter(text, [*key, *told["totals"]])
    writer.writerow({name: told["by"] if name == "value" and told["by"] else name for name in [*key, *told["totals"]]})
    writer.writerows([{name: _harmless(value) for name, value in row.items()} for row in rows])
    click.echo(text.getvalue(), nl=False)


def _harmless(value: Any) -> Any:
    """A spreadsheet takes a text that begins so for a formula; names of models and sessions come from outside."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
