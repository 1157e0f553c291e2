"""One traced request, as its commands name it: by its id, by the beginning or end of it, or `last`."""

from typing import Any

import click

from router_core.cli.printing import own_command
from router_core.home import Home
from router_core.store import traces
from router_core.store.database import open_read_only

type Row = dict[str, Any]


def found_trace(home: Home, reference: str) -> tuple[Row, list[Row], list[Row]]:
    """The request, its attempts and its kept bodies.

    Raises:
        ClickException: there is none.
    """
    if home.traces_db.exists():
        database = open_read_only(home.traces_db)
        if row := traces.find(database, reference):
            return row, traces.attempts_of(database, row["id"]), list(traces.bodies_of(database, row["id"]))
    raise click.ClickException(f"There is no request {reference!r}. List them: {own_command(home)} trace list")
