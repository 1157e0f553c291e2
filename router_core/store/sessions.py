"""Sessions as `session_usage` knows them: which there were, what each and each of its agents has used, its turns."""

from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from router_core.store.usage_columns import SUMMED

_TEXT = "session || ' ' || project || ' ' || client || ' ' || provider || ' ' || model"
_SUMS = ", ".join((*SUMMED, "cache_lost_tokens"))


@dataclass(frozen=True)
class AgentRow:
    """What one line of work of a session has used; times in epoch milliseconds."""

    agent: str
    """"": the main line."""
    first_at: int
    last_at: int
    provider: str
    """Of its last request, as are model, project and client."""
    model: str
    project: str
    client: str
    requests: int
    failures: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    reasoning_tokens: int
    cost_nano_usd: int
    metered_nano_usd: int
    cache_lost_tokens: int
    """Cached with one token, and written again with another."""


@dataclass(frozen=True)
class SessionRow:
    """What a session has used, its subagents rolled up; times in epoch milliseconds."""

    session: str
    agents: int
    """Lines of work beside the main one."""
    first_at: int
    last_at: int
    provider: str
    """Of the last request of its main line (of any, if it has none), as are model, project and client."""
    model: str
    project: str
    client: str
    requests: int
    failures: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    reasoning_tokens: int
    cost_nano_usd: int
    metered_nano_usd: int
    cache_lost_tokens: int


def sessions(db: Database, *, text: str = "", before: int | None = None, limit: int = 100) -> list[SessionRow]:
    """Those with the newest activity first.

    Args:
        text: words that must each occur in the session's id or in a project, client, provider or model of it.
        before: only sessions whose last activity was before this time (the `last_at` of a page's last row).
    """
    table, at = ("session_parts", "+last_at") if text else ("session_usage", "last_at")
    conditions, arguments = ["session <> ''"], list[str | int]()
    for word in text.split():
        conditions.append(f"{_TEXT} like ? escape '!'")
        arguments.append(f"%{word.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%")
    if before is not None:
        conditions.append(
            f"last_at < ? and not exists (select 1 from session_usage as later"
            f" where later.session = {table}.session and later.last_at >= ?)"
        )
        arguments.extend((before, before))
    newest = db.execute(f"select session from {table} where {' and '.join(conditions)} order by {at} desc", arguments)
    found: dict[str, None] = {}
    for (session,) in newest:  # as many as it takes: a session has several rows
        found[session] = None
        if len(found) >= limit:
            break
    newest.close()
    return sorted((_rolled_up(session, agents(db, session)) for session in found), key=lambda row: -row.last_at)


def agents(db: Database, session: str) -> list[AgentRow]:
    """The lines of work of a session, the main one first, then in the order in which they began."""
    rows = db.execute(
        f"select agent, first_at, last_at, provider, model, project, client, {_SUMS} from session_usage"
        " where session = ? order by agent <> '', first_at",
        [session],
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
    sums = {name: sum(getattr(line, name) for line in lines) for name in (*SUMMED, "cache_lost_tokens")}
    return SessionRow(
        session=session,
        agents=sum(bool(line.agent) for line in lines),
        first_at=min(line.first_at for line in lines),
        last_at=max(line.last_at for line in lines),
        provider=main.provider,
        model=main.model,
        project=main.project,
        client=main.client,
        **sums,
    )
