"""`trace …`: what was asked and how it went, from traces.db. Works whether the router runs or not."""

import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import click
from sqlite_utils import Database

from router_core.cli import trace_text
from router_core.cli.printing import print_json, print_json_line
from router_core.cli.trace_curl import curl_of
from router_core.cli.trace_diff import diff
from router_core.cli.trace_export import export
from router_core.cli.trace_find import found_trace
from router_core.cli.trace_replay import replay
from router_core.config.load import load_config
from router_core.errors import ConfigError, HomeError
from router_core.home import Home
from router_core.spend.cost_breakdown import cost_breakdown
from router_core.spend.prices import NO_PRICES, Prices
from router_core.store import traces
from router_core.store.database import open_read_only
from router_core.store.trace_search import SORTS, Search, Sort, greatest, resolved, stretch
from router_core.text import plain_lines
from router_core.trace.filter_text import as_typed, read_filter

LOOK_EVERY_S = 0.1
LATE_ROWS = 1000

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def trace() -> None:
    """Look at requests: which token answered, what was tried before, how long it took."""


@trace.command("list")
@click.argument("filter", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="The first so many.")
@click.option("--state", help="Only: running, ok, failed, refused, client_closed, broken, lost.")
@click.option("--provider", help="Only this provider.")
@click.option("--model", help="Only this model.")
@click.option("--session", help="Only this session of a client.")
@click.option(
    "--sort", type=click.Choice(SORTS), default="time", show_default=True, help="The newest, longest, largest, dearest."
)
@as_json
@click.pass_obj
def list_(home: Home, /, filter: tuple[str, ...], limit: int, sort: Sort, as_json: bool, **exact: str | None) -> None:
    """The newest requests, newest first; those that FILTER describes.

    It is words that must occur, and what must stand where: model:opus status:429 token:work since:2h. There are model,
    provider, token, session, project, client, key, state, status (429, 4xx), since and until (2h, 14:30, 2026-11-20).
    """
    read = read_filter(as_typed(filter), time.time())
    if read.problems:
        raise click.UsageError("; ".join(read.problems))
    search = replace(read.search, exact={name: (value,) for name, value in exact.items() if value is not None})
    rows = _found(open_read_only(home.traces_db), search, sort, limit) if home.traces_db.exists() else []
    if as_json:
        print_json(rows)
    elif rows:
        trace_text.print_rows(rows)
    else:
        click.echo("No requests yet." if search.is_everything else "No requests of that kind.")


def _found(database: Database, search: Search, sort: Sort, limit: int) -> list[dict[str, Any]]:
    search = resolved(database, search)
    found = stretch(database, search, sort=sort, limit=limit)
    rows = found.rows
    while found.next is not None and (sort != "time" or len(rows) < limit):
        found = stretch(database, search, before=found.next, sort=sort, limit=limit)
        rows = greatest([*rows, *found.rows], sort, limit)
    for row in rows:
        row.pop("row_number", None)
    return rows[:limit]


@trace.command()
@click.argument("id")
@click.option("--bodies", is_flag=True, help="Whole bodies, not only their beginning; with --json too.")
@click.option("--body", metavar="KIND", help="Nothing but this body, byte for byte: request, response, attempt-1 …")
@click.option("--curl", is_flag=True, help="As a curl command that asks the router the same again.")
@as_json
@click.pass_obj
def show(home: Home, id: str, bodies: bool, body: str | None, curl: bool, as_json: bool) -> None:
    """One request with each of its attempts; ID may be the beginning or end of an id, or `last`."""
    row, attempts, kept = found_trace(home, id)
    if body is not None:
        print_content(kept, body)
    elif curl:
        click.echo(curl_of(home, row, attempts, kept))
    elif as_json:
        shown = [_json_body(body, bodies) for body in kept]
        print_json({**row, "attempts_made": attempts, "bodies": shown})
    else:
        bill = cost_breakdown(row, attempts, overrides=prices_of(home))
        trace_text.print_trace(row, attempts, kept, bill, whole=bodies)


trace.add_command(diff)
trace.add_command(export)
trace.add_command(replay)


@trace.command()
@click.option("--limit", type=click.IntRange(0, 10_000), default=10, show_default=True, help="Begin with so many.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document per line.")
@click.pass_obj
def tail(home: Home, limit: int, as_json: bool) -> None:
    """Follow requests as they come: a line when one begins and one when it is over. Ctrl-C ends it."""
    heading = not as_json
    try:
        for row in follow(home, limit):
            if as_json:
                print_json_line(row)
            else:
                trace_text.print_rows([row], heading=heading, aligned=True)
                heading = False
    except KeyboardInterrupt:
        return


def follow(home: Home, limit: int) -> Iterator[dict[str, Any]]:
    """The newest `limit` requests, oldest first, then each one that begins or ends; does not return."""
    database = _wait_for(home)
    rows = traces.newest(database, limit=limit) if limit else []
    last = traces.last_row(database)
    yield from reversed(rows)
    running = {row["id"] for row in rows if row["finished_at"] is None}
    version = 0
    while True:
        now: int = database.execute("pragma data_version").fetchone()[0]
        if now == version:
            time.sleep(LOOK_EVERY_S)
            continue
        version = now
        for row in traces.by_ids(database, sorted(running)):
            if row["finished_at"] is not None or row["state"] != "running":
                running.discard(row["id"])
                yield row
        for row in reversed(traces.newest(database, since_row=last, limit=LATE_ROWS)):
            last = max(last, row["row_number"])
            if row["state"] == "running":
                running.add(row["id"])
            yield row


def _wait_for(home: Home) -> Database:
    """The trace database, as soon as a router has made it."""
    while True:
        try:
            database = open_read_only(home.traces_db)
            traces.last_row(database)
            return database
        except (HomeError, sqlite3.OperationalError):  # not there yet, or there without its tables
            if home.traces_db.is_dir():
                raise
            time.sleep(LOOK_EVERY_S)


def prices_of(home: Home) -> Prices:
    """The `[prices]` as they are now; none while the configuration cannot be read."""
    try:
        return load_config(home.config).prices
    except (ConfigError, OSError):
        return NO_PRICES


def print_content(bodies: Sequence[dict[str, Any]], kind: str) -> None:
    """One body as it was kept; a terminal gets it without what could act on it."""
    found = next((body for body in bodies if body["kind"] == kind), None)
    if found is None:
        kinds = ", ".join(body["kind"] for body in bodies) or "none: see bodies in [trace] of config.toml"
        raise click.ClickException(f"There is no body {kind!r} of it. Kept: {kinds}")
    if sys.stdout.isatty():
        click.echo("\n".join(plain_lines(found["content"].decode(errors="replace"))))
    else:
        click.echo(bytes(found["content"]), nl=False)


def _json_body(body: dict[str, Any], whole: bool) -> dict[str, Any]:
    facts = {key: body[key] for key in ("kind", "size", "truncated", "content_type")}
    return {**facts, "content": body["content"].decode(errors="replace")} if whole else facts
