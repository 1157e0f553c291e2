"""What the pages of sessions ask of the database: lists, the turns of one, and what was said in some of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from router_core.store import statistics, traces
from router_core.store.sessions import AgentRow, SessionRow
from router_core.text import plain
from router_core.trace.answer_text import answer_text, in_short
from router_core.trace.asked_text import asked_text
from router_core.wire.format import FormatName
from tui.asking import Databases
from tui.live_requests import rows_of
from tui.records import RequestRow

PAGE = 100
MOST_TURNS = 500
_SHORT = 400


@dataclass(frozen=True, slots=True)
class SessionTurns:
    """One session.

    Args:
        agents: the main line first.
        turns: requests that are still kept, in the order in which they came.
    """

    session: str
    agents: list[AgentRow]
    turns: list[RequestRow]


@dataclass(frozen=True, slots=True)
class TurnText:
    """What was said in one turn, each in a line.

    Args:
        asked: the person's words, or how many results of tools were handed in.
        unread: why there are no words.
        because: what became of the binding to a token, which holds the prompt cache.
        lost_tokens: were cached elsewhere; `lost_nano_usd` is what it costs to write them again.
    """

    asked: str = ""
    answered: str = ""
    unread: str = ""
    because: str = ""
    kept_tokens: int = 0
    lost_tokens: int = 0
    lost_nano_usd: int | None = None


def listed(databases: Databases, text: str, before: int | None) -> list[SessionRow]:
    """A page of sessions, the newest activity first."""
    return [harmless(row) for row in statistics.sessions(databases.traces, text=text, before=before, limit=PAGE)]


def harmless(row: Any) -> Any:
    """A row whose texts a terminal may see."""
    texts = {name: plain(value) for name in row.__dataclass_fields__ if isinstance(value := getattr(row, name), str)}
    return type(row)(**{name: texts.get(name, getattr(row, name)) for name in row.__dataclass_fields__})


def read_session(databases: Databases, session: str) -> SessionTurns:
    """A session with its turns."""
    agents = [harmless(agent) for agent in statistics.agents(databases.traces, session)]
    return SessionTurns(session, agents, rows_of(_numbered(statistics.turns(databases.traces, session, MOST_TURNS))))


def _numbered(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"row_number": 0, **row} for row in rows]


def texts(databases: Databases, rows: Sequence[RequestRow]) -> dict[str, TurnText]:
    """What was said in some turns, by id of the request."""
    return {row.id: _text_of(databases, row) for row in rows}


def _text_of(databases: Databases, row: RequestRow) -> TurnText:
    database = databases.traces
    attempts = traces.attempts_of(database, row.id)
    last = attempts[-1] if attempts else {}
    bodies = {body["kind"]: body for body in traces.bodies_of(database, row.id, kinds=("request", "response"))}
    said = TurnText(
        because=plain(str(last.get("affinity") or "")),
        kept_tokens=last.get("cache_kept_tokens") or 0,
        lost_tokens=sum(attempt.get("cache_lost_tokens") or 0 for attempt in attempts),
        lost_nano_usd=sum(attempt.get("cache_lost_nano_usd") or 0 for attempt in attempts) or None,
    )
    return _with_words(said, row, bodies)


def _with_words(said: TurnText, row: RequestRow, bodies: dict[str, dict[str, Any]]) -> TurnText:
    format = cast(FormatName, row.format if row.format in get_args(FormatName) else "openai-responses")
    asked = answered = unread = ""
    if (body := bodies.get("request")) is not None:
        found = asked_text(body["content"], format, truncated=bool(body["truncated"]))
        asked, unread = plain(found.in_short)[:_SHORT], found.unread
    else:
        unread = "what was said is not kept any more" if row.finished_at else ""
    if (body := bodies.get("response")) is not None:
        answer = answer_text(
            body["content"], format, content_type=body["content_type"], truncated=bool(body["truncated"]),
            status=row.status or 200,
        )  # fmt: skip
        answered = plain(in_short(answer.parts))[:_SHORT]
    return TurnText(
        asked, answered, unread, said.because, said.kept_tokens, said.lost_tokens, said.lost_nano_usd
    )  # fmt: skip


def kept_share(row: RequestRow | SessionRow | AgentRow) -> float | None:
    """How much of what was sent came from the cache; None where nothing was counted."""
    read = row.cache_read_tokens or 0
    sent = read + (row.input_tokens or 0) + (row.cache_write_tokens or 0) + (row.cache_write_1h_tokens or 0)
    return read / sent if sent else None


def prompt_tokens(row: SessionRow | AgentRow) -> int:
    return row.input_tokens + row.cache_read_tokens + row.cache_write_tokens + row.cache_write_1h_tokens
