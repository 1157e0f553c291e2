"""`/api/traces`: every request, with its attempts, bodies and decision."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlite_utils import Database

from addons.api.endpoint import Answer, Endpoint, Question, View
from addons.api.question_types import DIGITS, Text, Time
from addons.api.reading import read_traces
from addons.api.trace_find import traced
from addons.api.trace_view import AttemptView, CostView, Loss, State, TraceView, Tried
from addons.runtime import Runtime
from router_core.errors import Refused
from router_core.spend.cost_breakdown import cost_breakdown
from router_core.store import trace_page, traces
from router_core.text import printable
from router_core.trace.difference import difference
from router_core.trace.view import attempt_view, decision_view, losses_view, trace_view

OCTETS = "application/octet-stream"
MOST_IN_A_PAGE = 500


class TracesQuestion(Question):
    """Which requests. Everything that is given must fit."""

    page: Annotated[int, Field(ge=1, le=10_000), DIGITS] = 1
    """1 is the newest."""
    page_size: Annotated[int, Field(ge=1, le=MOST_IN_A_PAGE), DIGITS] = 50
    text: Text = ""
    """Words that must each occur in model, provider, token, session, project, client, state or status."""
    model: Text = ""
    provider: Text = ""
    token: Text = ""
    session: Text = ""
    project: Text = ""
    client: Text = ""
    client_key: Text = ""
    state: State | Literal[""] = ""
    status: Annotated[int, Field(ge=100, le=599), DIGITS] | None = None
    since: Time | None = None
    """Epoch milliseconds; those that began then or later."""
    until: Time | None = None
    """Epoch milliseconds; those that began before."""


class TracePage(View):
    """Requests, the newest first."""

    traces: list[TraceView]
    page: int
    page_size: int
    total: int
    """How many fit."""
    total_is_exact: bool
    """False: there are more than `total`, which is as far as they are counted."""


class BodyFacts(View):
    """A body that was kept."""

    kind: str
    """`request` and `response` as the client saw them, `upstream-request`, `upstream-response`, `attempt-1` …"""
    size: int
    """Bytes on the wire."""
    truncated: bool
    """Only its beginning was kept."""
    content_type: str


class TraceDetail(TraceView):
    """One request with everything that is known of it."""

    decision: list[Tried]
    """Every rule that was tried, in order."""
    losses: list[Loss]
    """In the last attempt."""
    attempts_made: list[AttemptView]
    cost: CostView
    bodies: list[BodyFacts]


class Attempts(View):
    """The attempts of one request, in order."""

    id: str
    attempts: list[AttemptView]


class FieldChangeView(View):
    """One field of an attempt's body."""

    path: str
    kind: Literal["added", "removed", "changed", "set"]
    before: Any
    after: Any
    rules: list[str]
    """Who changed it; none: no rule has told."""


class AttemptDiff(View):
    """What was changed of a request for one attempt."""

    number: int
    provider: str
    model: str
    token: str
    outcome: str
    format: str
    compared: Literal["fields", "same", "translated", "unknown"]
    why: str
    changes: list[FieldChangeView]
    whole: list[str]
    """Rules that are about the whole body."""
    answer: list[tuple[str, str]]
    """What rules did to the answer: path, rule."""
    idle: list[str]
    """Transformers that had nothing to do, and why."""
    losses: list[tuple[str, str]]


class TraceDiff(View):
    """What the client sent against what each attempt sent."""

    id: str
    method: str
    path: str
    format: str
    attempts: list[AttemptDiff]


class Traces:
    """Reads traces.db."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        one = "`id` may be the beginning or the end of an id, or `last`."
        gone = {404: "There is no such request."}
        return [
            Endpoint(
                "GET", "/api/traces", self.page, "Requests, the newest first", TracePage,
                query=TracesQuestion, tag="traces",
            ),
            Endpoint(
                "GET", "/api/traces/{id}", self.one, "One request with its decision and its attempts", TraceDetail,
                tag="traces", errors=gone, description=one,
            ),
            Endpoint(
                "GET", "/api/traces/{id}/attempts", self.attempts, "The attempts of one request", Attempts,
                tag="traces", errors=gone, description=one,
            ),
            Endpoint(
                "GET", "/api/traces/{id}/bodies/{kind}", self.body, "One body as it was kept", None,
                tag="traces", media=OCTETS, errors={404: "There is no such request, or the body was not kept."},
                description=f"{one} Its media type is in `x-mitmrouter-content-type`: no browser shall act on it.",
            ),
            Endpoint(
                "GET", "/api/traces/{id}/diff", self.diff, "What was changed of a request, and by which rule",
                TraceDiff, tag="traces", errors=gone, description=one,
            ),
        ]  # fmt: skip

    async def page(self, query: TracesQuestion) -> Answer:
        wanted = query.model_dump(exclude={"page", "page_size", "since", "until"})
        filters = trace_page.TraceFilter(**wanted, since_ms=query.since, until_ms=query.until)
        rows, total = await read_traces(
            self.runtime.home, lambda database: trace_page.page(database, filters, query.page, query.page_size)
        )
        exact = total <= trace_page.COUNTED
        return Answer(
            {
                "traces": [trace_view(row) for row in rows],
                "page": query.page,
                "page_size": query.page_size,
                "total": min(total, trace_page.COUNTED),
                "total_is_exact": exact,
            }
        )

    async def one(self, id: str) -> Answer:
        prices = self.runtime.config.prices

        def found(database: Database, row: dict[str, Any]) -> dict[str, Any]:
            attempts = traces.attempts_of(database, row["id"])
            return {
                **trace_view(row),
                "decision": decision_view(row),
                "losses": losses_view(row),
                "attempts_made": [attempt_view(attempt) for attempt in attempts],
                "cost": asdict(cost_breakdown(row, attempts, overrides=prices)),
                "bodies": [_facts(body) for body in traces.bodies_of(database, row["id"])],
            }

        return Answer(await self._of(id, found))

    async def attempts(self, id: str) -> Answer:
        def found(database: Database, row: dict[str, Any]) -> dict[str, Any]:
            attempts = traces.attempts_of(database, row["id"])
            return {"id": row["id"], "attempts": [attempt_view(attempt) for attempt in attempts]}

        return Answer(await self._of(id, found))

    async def diff(self, id: str) -> Answer:
        def found(database: Database, row: dict[str, Any]) -> dict[str, Any]:
            attempts, bodies = traces.attempts_of(database, row["id"]), list(traces.bodies_of(database, row["id"]))
            named = {name: row[name] for name in ("id", "method", "path", "format")}
            return {**named, "attempts": [asdict(each) for each in difference(row, attempts, bodies)]}

        return Answer(await self._of(id, found))

    async def body(self, id: str, kind: str) -> Answer:
        def found(database: Database, row: dict[str, Any]) -> dict[str, Any] | None:
            return next(traces.bodies_of(database, row["id"], [kind]), None)

        body = await self._of(id, found)
        if body is None:
            raise Refused(404, "not_found", f"There is no body {printable(kind, 80)!r} of this request.")
        headers = {
            "x-mitmrouter-content-type": _in_header(body["content_type"]),
            "x-mitmrouter-truncated": "true" if body["truncated"] else "false",
            "content-security-policy": "default-src 'none'; sandbox",
        }
        return Answer(bytes(body["content"]), media=OCTETS, headers=headers)

    async def _of[Told](self, id: str, found: Callable[[Database, dict[str, Any]], Told]) -> Told:
        """What is found of the request that is meant."""
        return await read_traces(self.runtime.home, lambda database: found(database, traced(database, id)))


def _facts(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": body["kind"],
        "size": body["size"],
        "truncated": bool(body["truncated"]),
        "content_type": body["content_type"],
    }


def _in_header(text: str) -> str:
    """What a provider called it, as a header may hold it."""
    return printable(text, 200).encode("ascii", "replace").decode()
