"""What goes on: the requests that run, and what came in minute by minute, from the requests that are still kept."""

from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from router_core.store.trace_rows import USAGE

MINUTE_MS = 60_000
_NO_ERRORS = ("ok", "running", "client_closed")
_TOKENS = " + ".join(f"coalesce({name}, 0)" for name in USAGE if name != "reasoning_tokens")  # in the output already
_RUNNING = "state <> 'ok' and state = 'running'"  # the first is the condition of the index: else all would be read


@dataclass(frozen=True, slots=True)
class Minute:
    """Of the requests that began in it."""

    requests: int = 0
    errors: int = 0
    """Failed, refused, broken off or lost; a client that went away is none."""
    tokens: int = 0
    """Sent, cached ones included, and received; 0 for what has not finished."""


def minutes(database: Database, since_ms: int, until_ms: int) -> dict[int, Minute]:
    """By when each minute began, epoch milliseconds; those without a request are left out."""
    rows = database.execute(
        f"select started_at / {MINUTE_MS} * {MINUTE_MS}, count(*), sum(state not in {_NO_ERRORS}), sum({_TOKENS})"
        " from requests where started_at >= ? and started_at < ? group by 1",
        (since_ms, until_ms),
    )
    return {begun: Minute(requests, errors, tokens) for begun, requests, errors, tokens in rows}


def running(database: Database, limit: int) -> list[dict[str, Any]]:
    """The requests without an end, newest first, each with its `row_number` (see `traces.newest`)."""
    query = f"select rowid as row_number, * from requests where {_RUNNING} order by started_at desc limit ?"
    return list(database.query(query, [limit]))


def count_running(database: Database) -> int:
    """How many they are."""
    number: int = database.execute(f"select count(*) from requests where {_RUNNING}").fetchone()[0]
    return number
