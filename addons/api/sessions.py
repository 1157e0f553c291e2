"""`/api/sessions`: conversations, with their subagents, their turns, and what each has used."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field
from sqlite_utils import Database

from addons.api.endpoint import Answer, Endpoint, Question, View
from addons.api.question_types import DIGITS, Text, Time
from addons.api.reading import read_traces
from addons.api.sums import SumsView
from addons.api.trace_view import TraceView
from addons.runtime import Runtime
from router_core.errors import Refused
from router_core.store.statistics import agents, sessions, turns
from router_core.text import printable
from router_core.trace.view import trace_view


class SessionsQuestion(Question):
    """Which sessions."""

    text: Text = ""
    """Words that must each occur in the session's id, project, client, provider or model."""
    before: Time | None = None
    """Only those whose last activity was before: the `last_at` of the last one of the page before."""
    limit: Annotated[int, Field(ge=1, le=500), DIGITS] = 100


class TurnsQuestion(Question):
    """How many of its requests."""

    limit: Annotated[int, Field(ge=0, le=500), DIGITS] = 500
    """The newest so many."""


class LineView(SumsView):
    """What one line of work has used; times are epoch milliseconds."""

    first_at: int
    last_at: int
    provider: str
    """Of the last request, as are model, project and client."""
    model: str
    project: str
    client: str
    cache_lost_tokens: int
    """Cached with one token, and written again with another."""


class SessionView(LineView):
    """A session, its subagents rolled up."""

    session: str
    agents: int
    """Lines of work beside the main one."""


class AgentView(LineView):
    """One line of work of a session."""

    agent: str
    """"": the main line."""


class SessionList(View):
    """Those with the newest activity first."""

    sessions: list[SessionView]


class SessionDetail(View):
    """One session."""

    session: str
    agents: list[AgentView]
    """The main line first, then in the order in which they began."""
    turns: list[TraceView]
    """Requests that are still kept, the oldest first."""


class Sessions:
    """Reads traces.db."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "GET", "/api/sessions", self.listed, "Sessions, the newest activity first", SessionList,
                query=SessionsQuestion, tag="statistics",
            ),
            Endpoint(
                "GET", "/api/sessions/{id}", self.one, "One session with its subagents and its requests",
                SessionDetail, query=TurnsQuestion, tag="statistics", errors={404: "There is no such session."},
            ),
        ]  # fmt: skip

    async def listed(self, query: SessionsQuestion) -> Answer:
        def asked(database: Database) -> list[dict[str, Any]]:
            found = sessions(database, text=query.text, before=query.before, limit=query.limit)
            return [asdict(row) for row in found]

        return Answer({"sessions": await read_traces(self.runtime.home, asked)})

    async def one(self, id: str, query: TurnsQuestion) -> Answer:
        def asked(database: Database) -> dict[str, Any] | None:
            lines, rows = agents(database, id), turns(database, id, query.limit)
            if not lines and not rows:
                return None
            return {
                "session": id,
                "agents": [asdict(line) for line in lines],
                "turns": [trace_view(row) for row in rows],
            }

        told = await read_traces(self.runtime.home, asked)
        if told is None:
            raise Refused(404, "not_found", f"There is no session {printable(id, 80)!r}.")
        return Answer(told)
