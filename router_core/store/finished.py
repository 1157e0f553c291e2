"""Which requests have ended, and which provider answered last."""

from typing import Any

from sqlite_utils import Database

LONGEST_MS = 6 * 3_600_000
"""No request runs longer: what ended since a time began at most so long before it."""


def finished_since(database: Database, since_ms: int, limit: int) -> list[dict[str, Any]]:
    """Rows of `requests`, in the order in which they ended; at most `limit`, the first ones."""
    return list(
        database.query(
            "select * from requests where started_at >= ? and finished_at >= ? order by finished_at, rowid limit ?",
            [since_ms - LONGEST_MS, since_ms, limit],
        )
    )


def last_success(database: Database, provider: str) -> int | None:
    """When the newest kept request that this provider answered was over; epoch milliseconds."""
    row = database.execute(
        "select finished_at from requests where provider = ? and state = 'ok' order by started_at desc limit 1",
        [provider],
    ).fetchone()
    return row[0] if row else None
