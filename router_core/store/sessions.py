"""Sessions as `session_usage` knows them: which there were, what each and each of its agents has used, its turns."""

from dataclasses import dataclass, fields
from typing import Any

from sqlite_utils import Database

from router_core.store.like import holding
from router_core.store.usage_columns import LAST, SUMMED, AddedUp

_TEXT = "session || ' ' || project || ' ' || client || ' ' || provider || ' ' || model"


@dataclass(frozen=True, slots=True)
class LineRow(AddedUp):
    """What one line of work has used, or several together; times in epoch milliseconds."""

    first_at: int
    last_at: int
    provider: str
    """Of the last request, as are model, project and client."""
    model: str
    project: str
    client: str
    cache_lost_tokens: int
    """Cached with one token, and written again with another."""


@dataclass(frozen=True, slots=True)
class AgentRow(LineRow):
    """One line of work of a session."""

    agent: str
    """"": the main line."""


@dataclass(frozen=True, slots=True)
class SessionRow(LineRow):
    """A session, its subagents rolled up; its last request is the main line's, if it has one."""

    session: str
    agents: int
    """Lines of work beside the main one."""


_COLUMNS = ", ".join(field.name for field in fields(AgentRow))


def sessions(db: Database, *, text: str = "", before: int | None = None, limit: int = 100) -> list[SessionRow]:
    """Those with the newest activity first.

    Args:
        text: words that must each occur in the session's id or in a project, client, provider or model of it.
        before: only sessions whose last activity was before this time (the `last_at` of a page's last row).
        limit: how many, and those that were last active in the same millisecond as the last of them.
    """
    table, at = ("session_parts", "+last_at") if text else ("session_usage", "last_at")
    conditions, arguments = ["session <> ''"], list[str | int]()
    for word in text.split():
        conditions.append(f"{_TEXT} like ? escape '!'")
        arguments.append(holding(word))
    if before is not None:
        conditions.append(
            f"last_at < ? and not exists (select 1 from session_usage as later"
            f" where later.session = {table}.session and later.last_at >= ?)"
        )
        arguments.extend((before, before))
    where = " and ".join(conditions)
    newest = db.execute(f"select session, last_at from {table} where {where} order by {at} desc", arguments)
    found: dict[str, None] = {}
    last_at = 0
    for session, active_at in newest:  # as many as it takes: a session has several rows
        if len(found) >= limit and active_at < last_at:
            break
        found[session], last_at = None, active_at
    newest.close()
    return sorted((_rolled_up(session, agents(db, session)) for session in found), key=lambda row: -row.last_at)


def agents(db: Database, session: str) -> list[AgentRow]:
    """The lines of work of a session, the main one first, then in the order in which they began."""
    rows = db.execute(
        f"select {_COLUMNS} from session_usage where session = ? order by agent <> '', first_at", [session]
    )
    return [AgentRow(*row) for row in rows]


def turns(db: Database, session: str, limit: int = 500) -> list[dict[str, Any]]:
    """The newest requests of a session that are still kept, the oldest of them first."""
    rows = list(
        db.query(
            "select * from requests where session = ? order by started_at desc, rowid desc limit ?", [session, limit]
        )
    )
    return rows[::-1]


def _rolled_up(session: str, lines: list[AgentRow]) -> SessionRow:
    main = lines[0]
    names = (*SUMMED, "cache_lost_tokens")
    return SessionRow(
        **{name: sum(getattr(line, name) for line in lines) for name in names},
        **{name: getattr(main, name) for name in LAST},
        first_at=min(line.first_at for line in lines),
        last_at=max(line.last_at for line in lines),
        session=session,
        agents=sum(bool(line.agent) for line in lines),
    )
