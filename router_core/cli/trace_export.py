"""`trace export`: traced requests with their bodies, as files that other programs read."""

import base64
import contextlib
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import click
from sqlite_utils import Database

from router_core.cli.printing import note
from router_core.cli.progress import bar
from router_core.cli.span_options import span_of, span_options
from router_core.cli.trace_curl import base_url, curl_of
from router_core.cli.trace_find import found_trace
from router_core.home import Home
from router_core.store import traces
from router_core.store.database import open_read_only
from router_core.store.trace_search import Search, resolved, stretch
from router_core.trace.filter_text import as_typed, read_filter

FORMATS = ("jsonl", "har", "flow", "curl")
type Row = dict[str, Any]
type Trace = tuple[Row, list[Row], list[Row]]


@click.command()
@click.argument("filter", nargs=-1)
@click.option("--format", "kind", type=click.Choice(FORMATS), default="jsonl", show_default=True, help="What to write.")
@click.option(
    "--id", "ids", metavar="ID", multiple=True, help="Only this request (beginning or end of an id, or last)."
)
@span_options
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="The newest so many.")
@click.option("--attempts", is_flag=True, help="In HAR and flow files: also what was sent to providers, each attempt.")
@click.option("--output", "-o", metavar="FILE", help="Write there (0600), not to the terminal.")
@click.pass_obj
def export(
    home: Home, filter: tuple[str, ...], kind: str, ids: tuple[str, ...], since: str | None, until: str | None,
    last: str | None, limit: int, attempts: bool, output: str | None,
) -> None:  # fmt: skip
    """Write requests with their bodies to a file; those that FILTER describes, as in `trace list`.

    jsonl: one JSON document a line, with attempts and bodies. har: HAR 1.2. flow: what mitmproxy reads with -r. curl:
    commands that ask the router the same again. All of it as it is kept: redacted, and long bodies cut.
    """
    if ids and (filter or since or until or last):
        raise click.UsageError("Take --id, or a filter and a time.")
    if kind == "flow" and output is None and sys.stdout.isatty():
        raise click.UsageError("A flow file is no text. Name a file: --output traces.flow")
    named = [found_trace(home, reference) for reference in ids]
    chosen = named or _chosen(home, filter, since, until, last, limit)
    written = 0
    filling = contextlib.nullcontext(chosen) if output is None else bar(chosen, "Exporting")
    with _opened(output) as write, filling as counted:
        for part, count in _parts(home, kind, iter(counted), attempts=attempts):
            write(part)
            written += count
    if output is not None or not written:
        where = f" to {output}" if output is not None else ""
        note(f"{written} request{'' if written == 1 else 's'} written{where}.")


def _chosen(
    home: Home, words: tuple[str, ...], since: str | None, until: str | None, last: str | None, limit: int
) -> "list[Trace] | Iterator[Trace]":
    now = time.time()
    read = read_filter(as_typed(words), now)
    if read.problems:
        raise click.UsageError("; ".join(read.problems))
    search = read.search
    if since or until or last:
        begins, ends = span_of(since, until, last, now, "all")
        search = replace(search, since_ms=begins, until_ms=ends)
    if not home.traces_db.exists():
        return []
    return _read(open_read_only(home.traces_db), search, limit)


def _read(database: Database, search: Search, limit: int) -> Iterator[Trace]:
    """The newest that fit, the oldest of them first; bodies are read one request at a time."""
    search = resolved(database, search)
    found = stretch(database, search, limit=limit)
    rows = found.rows
    while found.next is not None and len(rows) < limit:
        found = stretch(database, search, before=found.next, limit=limit - len(rows))
        rows += found.rows
    for row in reversed(rows[:limit]):
        row.pop("row_number", None)
        yield row, traces.attempts_of(database, row["id"]), list(traces.bodies_of(database, row["id"]))


def _parts(
    home: Home, kind: str, chosen: "list[Trace] | Iterator[Trace]", *, attempts: bool
) -> Iterator[tuple[bytes, int]]:
    """(bytes to write, how many requests they hold)."""
    from router_core.wire.json_bytes import json_bytes

    if kind in ("jsonl", "curl"):
        for row, tries, bodies in chosen:
            if kind == "jsonl":
                yield json_bytes(_document(row, tries, bodies)) + b"\n", 1
            else:
                yield f"# {row['id']}\n{curl_of(home, row, tries, bodies)}\n\n".encode(), 1
        return
    from router_core.trace.exchange import of_attempts, of_client
    from router_core.trace.flow_file import flow_bytes
    from router_core.trace.har import har

    address, exchanges, count = base_url(home), [], 0
    for row, tries, bodies in chosen:
        of_one = [of_client(row, bodies, address), *(of_attempts(row, tries, bodies) if attempts else [])]
        count += 1
        if kind == "flow":
            yield b"".join(map(flow_bytes, of_one)), 1
        else:
            exchanges += of_one
    if kind == "har":
        yield json_bytes(har(exchanges), indented=True) + b"\n", count


def _document(row: Row, attempts: list[Row], bodies: list[Row]) -> dict[str, Any]:
    from router_core.trace.view import attempt_view, decision_view, losses_view, trace_view

    return {
        **trace_view(row),
        "decision": decision_view(row),
        "losses": losses_view(row),
        "attempts_made": [attempt_view(attempt) for attempt in attempts],
        "bodies": [_body(body) for body in bodies],
    }


def _body(body: Row) -> dict[str, Any]:
    """`text`, or `base64` of what is no UTF-8."""
    facts = {name: body[name] for name in ("kind", "size", "content_type")} | {"truncated": bool(body["truncated"])}
    content = bytes(body["content"])
    try:
        return facts | {"text": content.decode()}
    except UnicodeDecodeError:
        return facts | {"base64": base64.b64encode(content).decode()}


@contextlib.contextmanager
def _opened(output: str | None) -> Iterator[Callable[[bytes], object]]:
    """Prompts and answers are in it: the file is for its owner only, whatever it was before."""
    if output is None:
        yield partial(click.echo, nl=False)
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT, 0o600)
        file = os.fdopen(descriptor, "wb")
        if stat.S_ISREG(os.fstat(descriptor).st_mode):  # no pipe, no terminal
            os.fchmod(descriptor, 0o600)
            os.ftruncate(descriptor, 0)
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from error
    with file:
        yield file.write
