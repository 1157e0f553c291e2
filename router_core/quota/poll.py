"""Ask a token's usage endpoint, if that is due, and hand on what it tells. Blocking: never in the way of a request."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlite_utils import Database

from router_core.clock import Clock
from router_core.config.schema import Config
from router_core.oauth.http import HttpAnswer, HttpCall, NotReached, send
from router_core.quota.endpoints import usage_endpoint
from router_core.quota.polling import may_poll, next_poll
from router_core.quota.report import UsageRefused, UsageReport
from router_core.store.quota import claim_poll, finish_poll, polls
from router_core.tokens.token import Token

TIMEOUT_S = 15.0

type Send = Callable[[HttpCall], HttpAnswer]


@dataclass(frozen=True, slots=True)
class Polled:
    """What came of it: a report, or why there is none."""

    report: UsageReport | None
    because: str = ""


def poll_usage(
    token: Token,
    config: Config,
    database: Database,
    clock: Clock,
    *,
    told_at: float,
    forced: bool,
    ask: Send | None = None,
) -> Polled:
    """Ask if it may be asked.

    Args:
        database: tokens.db, for writing; polls of all processes are noted there.
        told_at: epoch seconds of the newest thing known of its quota; 0: nothing is.
        forced: also when what is known is fresh.
        ask: sends a call; by default over the network.
    """
    provider = config.providers.get(token.provider)
    if provider is None:
        return Polled(None, f"the provider {token.provider!r} is not configured")
    found = usage_endpoint(token.provider, provider, token)
    if found is None:
        return Polled(None, "has no usage endpoint: what is shown comes from the headers of answers")
    now, before = clock.now(), polls(database).get(token.id)
    may = may_poll(token, before, now, told_at=told_at, forced=forced)
    if not may.now:
        return Polled(None, may.because)
    if not claim_poll(database, token, now, found.every_s):
        return Polled(None, "another process has just asked")
    sender = ask or (lambda call: send(call, proxy=config.server.proxy_for, timeout_s=TIMEOUT_S))
    refused: UsageRefused | None = None
    report: UsageReport | None = None
    try:
        answers = [sender(call) for call in found.endpoint.usage_calls(token, provider)]
        report = found.endpoint.read_usage(answers, clock.now())
    except UsageRefused as error:
        refused = error
    except NotReached as error:
        refused = UsageRefused(error.message)
    until = next_poll(refused, before, now, found.every_s)
    message = refused.message if refused else ""
    finish_poll(database, token, until, message, never=refused is not None and refused.never)
    return Polled(report, message)


def told_at(token: Token, balances_at: float = 0.0) -> float:
    """When the newest thing known of a token's quota was told; 0: nothing is."""
    return max([window.observed_at for window in token.windows] + [balances_at], default=0.0)
