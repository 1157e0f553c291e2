"""Our own requests with one token, as a reconciliation needs them: each with its times, and added up as money."""

from sqlite_utils import Database

from router_core.clock import to_ms
from router_core.quota.reconcile import OwnRequest
from router_core.quota.reconcile_money import OwnCost
from router_core.quota.sample import weighted_tokens
from router_core.store.trace_rows import USAGE
from router_core.trace.record import Usage

_CUT = ("broken", "client_closed")


def own_requests(database: Database, token: str, since: float, family: str = "") -> list[OwnRequest]:
    """Those that have ended since a time and are still kept, by their end.

    Args:
        token: its name.
        family: only of models whose name holds this, as a window of one family has it (`opus`).
    """
    model = " and replace(replace(lower(model), '-', '_'), '.', '_') like ?" if family else ""
    rows = database.execute(
        f"select started_at, finished_at, state, cost_basis, output_tokens is null, {', '.join(USAGE)} from requests"
        f" where token = ? and finished_at >= ? and started_at >= ? - 86400000 and provider <> ''{model}"
        " order by finished_at",
        [token, to_ms(since), to_ms(since), *([f"%{family}%"] if family else [])],
    )
    return [
        OwnRequest(
            started / 1000, finished / 1000, weighted_tokens(Usage(**dict(zip(USAGE, counts, strict=True)))),
            basis == "estimated", state in _CUT and bool(untold),
        )
        for started, finished, state, basis, untold, *counts in rows
    ]  # fmt: skip


def own_cost(database: Database, token: str, since: float | None) -> OwnCost:
    """What they have cost; of what is not kept any more, only the sums are known."""
    at = 0 if since is None else to_ms(since)
    requests, cost = database.execute(
        "select coalesce(sum(requests), 0), coalesce(sum(cost_nano_usd), 0) from usage_hourly"
        " where token = ? and hour >= ?",
        [token, at],
    ).fetchone()
    estimated, priced, unknown = database.execute(
        "select coalesce(sum(cost_basis = 'estimated'), 0), coalesce(sum(cost_basis = 'price'), 0),"
        " coalesce(sum(cost_nano_usd is null and billing <> ''), 0) from requests"
        " where token = ? and started_at >= ? and finished_at is not null and provider <> ''",
        [token, at],
    ).fetchone()
    return OwnCost(requests, cost + _of_lost_attempts(database, token, at), estimated, priced, unknown)


def _of_lost_attempts(database: Database, token: str, at: int) -> int:
    """A request counts as a whole for the token that answered it: what is missing here of attempts with this token that
    another one's came after, less what those of others are too much."""
    (nano_usd,) = database.execute(
        "select coalesce(sum(iif(attempt.token = :token, 1, -1) * attempt.cost_nano_usd), 0)"
        " from requests as request join attempts as attempt on attempt.request_id = request.id"
        " where request.attempts > 1 and (request.token = :token) <> (attempt.token = :token)"
        " and request.started_at >= :at and request.finished_at is not null and request.provider <> ''",
        {"token": token, "at": at},
    ).fetchone()
    return int(nano_usd)
