"""A traced request as JSON for programs: the columns of traces.db, with lists and pairs read.

The API, its events and `trace.jsonl` say the same in the same words.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from router_core.store.trace_rows import (
    ATTEMPT_COLUMNS,
    REQUEST_COLUMNS,
    attempt_values,
    request_values,
)
from router_core.trace.record import TraceRecord

type Row = Mapping[str, Any]

_LISTED = tuple(name for name in REQUEST_COLUMNS if name not in ("losses", "decision"))
_OF_ATTEMPT = tuple(name for name in ATTEMPT_COLUMNS if name != "request_id")
_PAIRS = ("request_headers", "response_headers", "edits")


def trace_view(row: Row) -> dict[str, Any]:
    """A row of `requests`, as it is listed."""
    view = {name: row[name] for name in _LISTED}
    view["streamed"] = bool(view["streamed"])
    return view


def decision_view(row: Row) -> list[dict[str, str]]:
    """Every rule that was tried, in order."""
    return [{"rule": rule, "said": said} for rule, said in orjson.loads(row["decision"] or "[]")]


def losses_view(row: Row) -> list[dict[str, str]]:
    """What could not be told to the target of the last attempt."""
    return [{"path": path, "reason": reason} for path, reason in orjson.loads(row["losses"] or "[]")]


def attempt_view(row: Row) -> dict[str, Any]:
    """A row of `attempts`, as `attempts_of` gives it."""
    edits = [{"path": path, "rule": rule} for path, rule in row["edits"]]
    return {name: row.get(name) for name in _OF_ATTEMPT} | {"edits": edits}


def record_view(record: TraceRecord) -> dict[str, Any]:
    """The same of a record that is not read from the database, without its attempts."""
    return trace_view(dict(zip(REQUEST_COLUMNS, request_values(record), strict=True)))


def whole_record_view(record: TraceRecord) -> dict[str, Any]:
    """A record with all that is known of it: decision, losses and attempts."""
    row = dict(zip(REQUEST_COLUMNS, request_values(record), strict=True))
    attempts = []
    for attempt in record.attempts:
        values = dict(zip(ATTEMPT_COLUMNS, attempt_values(record.id, attempt), strict=True))
        attempts.append(attempt_view(values | {name: orjson.loads(values[name]) for name in _PAIRS}))
    return {
        **trace_view(row),
        "decision": decision_view(row),
        "losses": losses_view(row),
        "attempts_made": attempts,
    }
