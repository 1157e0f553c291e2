"""One page of the requests that fit some filters, quick also among millions of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from router_core.store.like import holding
from router_core.store.usage_source import COUNTED as IS_COUNTED
from router_core.store.usage_source import Dimension, Question, Span, source

COUNTED = 10_000
"""Of a list, no more than this many are counted: to count millions takes longer than anyone waits for a page."""
LOOKED_THROUGH = 30_000
"""Words are looked for in this many of the newest requests that fit the other filters."""
_EVER = 1 << 53
_KEPT_BY: tuple[Dimension, ...] = ("model", "provider", "token", "project", "client", "client_key")
_UNCOUNTED = "indexed by requests_uncounted"
_EXACTLY = ("model", "provider", "token", "session", "project", "client", "client_key", "state", "status")
_SEARCHED = ("model", "provider", "token", "session", "client", "state", "status")
_TEXT = " || ' ' || ".join(f"coalesce({column}, '')" for column in _SEARCHED)
_PARTIAL = {
    ("client_key", None): " and client_key <> ''",
    ("state", "ok"): "", ("state", None): " and state <> 'ok'",
    ("status", 200): "", ("status", None): " and status <> 200",
}  # fmt: skip
"""What must be said for the index of the rarer values to be used."""


@dataclass(frozen=True)
class TraceFilter:
    """Which requests; "" and None leave a thing open."""

    text: str = ""
    """Words that must each occur in model, provider, token, session, client, state or status."""
    model: str = ""
    provider: str = ""
    token: str = ""
    session: str = ""
    project: str = ""
    client: str = ""
    client_key: str = ""
    state: str = ""
    status: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None


def page(database: Database, filters: TraceFilter, page: int, page_size: int) -> tuple[list[dict[str, Any]], int]:
    """One page of the requests that fit, the newest first, and how many there are (`COUNTED` + 1: more than `COUNTED`).

    Args:
        page: 1 is the newest.
    """
    conditions, arguments = _conditions(filters)
    words = filters.text.split()
    for word in [word for word in words if _is_session(database, word)]:
        words.remove(word)
        conditions.append("session = ?")
        arguments.append(word)
    skipped = (page - 1) * page_size
    known, begins = (None, "where") if words else _known(database, filters)
    most = skipped + page_size if known is not None else max(COUNTED + 1, skipped + page_size)
    wanted = f"requests {begins} {' and '.join(conditions) or 'true'}"
    newest = "order by started_at desc, rowid desc limit ?"
    if words:
        query = f"select number from (select rowid as number, {_TEXT} as text from {wanted} {newest}) where "
        query += " and ".join("text like ? escape '!'" for _ in words) + " limit ?"
        arguments += [LOOKED_THROUGH, *map(holding, words), most]
    else:
        query = f"select rowid from {wanted} {newest}"
        arguments.append(most)
    numbers = [row[0] for row in database.execute(query, arguments)]
    shown = numbers[skipped : skipped + page_size]
    rows = database.query(
        f"select * from requests where rowid in ({', '.join('?' * len(shown))}) order by started_at desc, rowid desc",
        shown,
    )
    return list(rows), min(len(numbers) if known is None else known, COUNTED + 1)


def _conditions(filters: TraceFilter) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    arguments: list[Any] = []
    for column in _EXACTLY:
        if value := getattr(filters, column):
            conditions.append(f"{column} = ?{_PARTIAL.get((column, value), _PARTIAL.get((column, None), ''))}")
            arguments.append(value)
    for condition, at in (("started_at >= ?", filters.since_ms), ("started_at < ?", filters.until_ms)):
        if at is not None:
            conditions.append(condition)
            arguments.append(at)
    return conditions, arguments


def _known(database: Database, filters: TraceFilter) -> tuple[int | None, str]:
    """Of several things that usage is kept by, it says how many requests there are, and the index of the rarest of them
    finds these soonest; where they never met, only what has not been counted (it runs, was refused or lost) can fit.

    Returns:
        How many fit, None: not known this way; and how the rest of the query begins.
    """
    asked: dict[Dimension, str] = {name: getattr(filters, name) for name in _KEPT_BY if getattr(filters, name)}
    if len(asked) < 2 or filters.session or filters.state or filters.status is not None:
        return None, "where"
    oldest = database.execute("select min(started_at) from requests").fetchone()[0] or 0
    span = Span(max(oldest, filters.since_ms or 0), _EVER if filters.until_ms is None else filters.until_ms)
    counted = _requests(database, span, asked)
    conditions, arguments = _conditions(filters)
    (others,) = database.execute(
        f"select count(*) from requests {_UNCOUNTED} where not ({IS_COUNTED}) and {' and '.join(conditions)}", arguments
    ).fetchone()
    if not counted:
        return others, f"{_UNCOUNTED} where not ({IS_COUNTED}) and"
    rarest = min(asked, key=lambda name: _requests(database, span, {name: asked[name]}))
    return counted + others, f"indexed by requests_{rarest} where"


def _requests(database: Database, span: Span, where: Mapping[Dimension, str]) -> int:
    found = source(database, Question(span, where))
    row = database.execute(f"select coalesce(sum(requests), 0) from ({found.sql})", found.arguments).fetchone()
    return int(row[0])


def _is_session(database: Database, word: str) -> bool:
    return database.execute("select 1 from session_usage where session = ? limit 1", [word]).fetchone() is not None
