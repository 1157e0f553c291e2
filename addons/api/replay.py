"""`POST /api/traces/{id}/replay`: a traced request is asked again through this router, and the answers are compared."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from addons.api.endpoint import Answer, Change, Endpoint, View
from addons.api.reading import read_traces
from addons.api.token_find import in_use
from addons.api.trace_find import traced
from addons.runtime import Runtime
from router_core.store import traces
from router_core.trace.replay import as_it_was, ask_again, replay, told


class ReplayChange(Change):
    """Whom to ask instead. Nothing: the same path and model, any token."""

    target: str | None = None
    """`provider/model`."""
    token: str | None = None
    """Name or id; only this one may pay."""


class AnsweredView(View):
    """How one of the two went; money in nano-USD, null: not known."""

    id: str
    status: int | None
    state: str
    provider: str
    model: str
    token: str
    stop_reason: str
    ttft_ms: int | None
    total_ms: int | None
    usage: dict[str, int | None]
    cost_nano_usd: int | None
    text: str
    """What it said; calls of tools as `name(arguments)`."""
    unread: str
    """Why some of that is missing."""


class ComparedView(View):
    """The new answer against the old one."""

    same_text: bool
    changed: list[tuple[str, str]]
    """Lines in order: ` `, `-` or `+`, and the line."""
    ttft_ms: int | None
    """How much more it took, or cost; null: one of the two is not known."""
    total_ms: int | None
    output_tokens: int | None
    cost_nano_usd: int | None
    reasons: list[str]
    """Why the two cannot be compared as they are."""


class Replayed(View):
    """Both requests."""

    before: AnsweredView
    after: AnsweredView
    compared: ComparedView


class Replay:
    """Asks this router itself, by its own address."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "POST", "/api/traces/{id}/replay", self.ask, "Ask a traced request again, and compare the answers",
                Replayed, body=ReplayChange, tag="traces", example={"target": None, "token": None},
                errors={404: "There is no such request, or token.", 409: "It cannot be asked again: its body is gone, "
                        "was cut or redacted.", 502: "The router could not ask itself."},
                description="It is sent as the client sent it, in a session of its own, and answered when it is over. "
                "A token can be chosen here only: no client has a way to.",
            ),
        ]  # fmt: skip

    async def ask(self, id: str, body: ReplayChange) -> Answer:
        runtime = self.runtime
        row, attempts, bodies = await read_traces(runtime.home, lambda database: _trace(database, id))
        asked = ask_again(row, attempts, bodies, body.target)
        ticket = ""
        if body.token is not None:
            token = in_use(runtime, body.token)
            ticket = runtime.tickets.give(token.id, runtime.admin_token, runtime.clock.now())

        async def look(session: str) -> Mapping[str, Any] | None:
            return await read_traces(runtime.home, lambda database: _finished(database, session))

        new = await replay(runtime.url, runtime.gateway_token, asked, look, ticket=ticket)
        return Answer(told(as_it_was(row, bodies), new))


def _trace(database: Database, id: str) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    row = traced(database, id)
    return row, traces.attempts_of(database, row["id"]), list(traces.bodies_of(database, row["id"]))


def _finished(database: Database, session: str) -> dict[str, Any] | None:
    row = next(iter(traces.recent(database, limit=1, where={"session": session})), None)
    return row if row is not None and row["state"] != "running" else None
