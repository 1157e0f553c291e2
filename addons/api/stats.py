"""`/api/stats`: what was used in a span of time, by anything, over time."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal, get_args

from pydantic import Field
from sqlite_utils import Database

from addons.api.endpoint import Answer, Endpoint, Question, View
from addons.api.question_types import DIGITS, Text, Time
from addons.api.reading import read_traces
from addons.api.sums import TimedSumsView
from addons.api.validation import BadRequest
from addons.runtime import Runtime
from router_core.clock import to_ms
from router_core.store.statistics import Dimension, Span, grouped, over_time, totals

HOUR_MS = 3_600_000
STEPS = {"hour": HOUR_MS, "day": 24 * HOUR_MS, "week": 7 * 24 * HOUR_MS}
MOST_STEPS = 2000
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension.__value__)


class StatsQuestion(Question):
    """Which requests, and how they are put together."""

    since: Time | None = None
    """Epoch milliseconds; 24 hours before `until` when it is left out."""
    until: Time | None = None
    """Epoch milliseconds; now when it is left out."""
    by: Literal[
        "", "provider", "token", "model", "project", "session", "client", "client_key", "scenario", "path", "status"
    ] = ""
    """What they are grouped by."""
    step: Literal["", "hour", "day", "week"] = ""
    """Length of the steps of the series, which are counted from `since`; "": no series."""
    limit: Annotated[int, Field(ge=1, le=500), DIGITS] = 100
    """Most groups."""
    provider: Text | None = None
    token: Text | None = None
    model: Text | None = None
    project: Text | None = None
    session: Text | None = None
    client: Text | None = None
    client_key: Text | None = None
    scenario: Text | None = None
    path: Text | None = None
    """As groups have it: `/v1/messages`, `/v1/models/*`."""
    status: Text | None = None

    def where(self) -> Mapping[Dimension, str]:
        """Of a filter that is given, "" counts, too: requests without a project."""
        found = {name: getattr(self, name) for name in DIMENSIONS}
        return {name: value for name, value in found.items() if value is not None}


class Group(TimedSumsView):
    """The requests with one value of what they are grouped by."""

    value: str


class Step(TimedSumsView):
    """The requests of one step of time, and of one group where they are grouped."""

    at: int
    """Epoch milliseconds; when it begins."""
    value: str


class Stats(View):
    """What was used."""

    since: int
    until: int
    totals: TimedSumsView
    groups: list[Group]
    """The most expensive first, then those with the most requests."""
    series: list[Step]
    """Steps without requests are left out; only the groups above."""


class Statistics:
    """Adds up traces.db."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "GET", "/api/stats", self.answer, "What was used in a span of time", Stats,
                query=StatsQuestion, tag="statistics",
                description="Full hours are kept for ever; by session, and at the edges of the span, what is still "
                "kept of single requests counts.",
            ),
        ]  # fmt: skip

    async def answer(self, query: StatsQuestion) -> Answer:
        until = to_ms(self.runtime.clock.now()) if query.until is None else query.until
        since = max(0, until - STEPS["day"]) if query.since is None else query.since
        if since > until:
            raise BadRequest("since: is after until", param="since")
        if query.step and (until - since) / STEPS[query.step] > MOST_STEPS:
            raise BadRequest(f"step: would be more than {MOST_STEPS} of them", param="step")
        span = Span(since, until)
        told = await read_traces(self.runtime.home, lambda database: _told(database, query, span))
        return Answer({"since": since, "until": until, **told})


def _told(database: Database, query: StatsQuestion, span: Span) -> dict[str, Any]:
    where, by = query.where(), query.by or None
    groups = grouped(database, by, span, where, query.limit) if by else []
    series = over_time(database, span, STEPS[query.step], by, where) if query.step else []
    named = {value for value, _ in groups}
    return {
        "totals": asdict(totals(database, span, where)),
        "groups": [{"value": value, **asdict(sums)} for value, sums in groups],
        "series": [
            {"at": at, "value": value, **asdict(sums)} for at, value, sums in series if not by or value in named
        ],
    }
