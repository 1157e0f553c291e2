"""Budgets: what an attempt is expected to use is reserved before it is sent, and settled when it is over.

Without a budget nothing of this is done: no ledger is opened, nothing is counted. A reservation is renewed as long as
its attempt lives; what a killed router held is free again after a minute.
"""

import asyncio
import logging
import sqlite3
import time
import uuid
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from mitmproxy import http
from sqlite_utils import Database

from addons.flowstate import FlowState, find_state
from addons.hooks import observing_hook
from addons.mending import plain_body
from addons.runtime import Runtime
from addons.target_lists import final_status
from router_core.config.schema import Config
from router_core.counting.estimate import estimate_input_tokens
from router_core.errors import BudgetExceeded, HomeError, Refused
from router_core.spend.billing import billing_of
from router_core.spend.budget import Amount, Budget, Key, Spender, budgets_of
from router_core.spend.cost import estimate_cost
from router_core.spend.expected import expected_output, most_output
from router_core.spend.periods import begins_on, resets_at
from router_core.spend.uncounted import is_free
from router_core.spend.words import full_text, request_too_large, stands_text
from router_core.store.database import open_read_only
from router_core.store.spend import KEPT_DAYS, RESERVED_S, Ledger, Standing, Wanted, open_ledger
from router_core.store.traces import answers_since, usage_since
from router_core.tokens.select import Selection
from router_core.tokens.token import Token
from router_core.wire.json_bytes import json_bytes

log = logging.getLogger("mitmrouter")

RENEW_EVERY_S = RESERVED_S / 4
ALIVE_S = RESERVED_S / 4
"""An attempt that was not heard of for so long is not renewed."""
FORGOTTEN_S = 7200.0
"""Longer than any attempt lasts."""
MOST_WARNED = 10_000
MOST_UNSETTLED = 100_000
WARNING_HEADER, MOST_HEADER = "x-mitmrouter-budget", 400
_READING = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
_SEEDED_BY = frozenset({"provider", "token", "model", "session"})


@dataclass(slots=True)
class Reservation:
    """What one attempt holds."""

    id: str
    wanted: list[tuple[Budget, Wanted]]
    seen_at: float
    """Monotonic seconds; when the attempt was last known to live."""


class Budgets:
    """The ledger as the addons use it."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._ledger: Ledger | None = None
        self._of: tuple[Config | None, int, tuple[Budget, ...]] = (None, -1, ())
        self._held: dict[str, Reservation] = {}
        self._warned: dict[Key, None] = {}
        self._seeded: set[str] = set()
        self._unsettled: deque[tuple[str, list[tuple[Key, Amount]]]] = deque(maxlen=MOST_UNSETTLED)
        """What could not be written yet: what is used must not be forgotten because the disk was busy or full."""
        self._task: asyncio.Task[None] | None = None

    # ---- addon ------------------------------------------------------------------------------------------------------

    def running(self) -> None:
        self._task = asyncio.create_task(self._keep(), name="reservations")

    def done(self) -> None:
        if self._task:
            self._task.cancel()
        if self._ledger is not None:
            self._settle()
            self._ledger.database.conn.close()
            self._ledger = None

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            try:
                self.renew()
            except sqlite3.Error:
                log.exception("reservations could not be renewed")

    def renew(self) -> None:
        """Tell the ledger which attempts live."""
        now = time.monotonic()
        for each in [each for each in self._held.values() if now - each.seen_at > FORGOTTEN_S]:
            del self._held[each.id]
        alive = [each.id for each in self._held.values() if now - each.seen_at <= ALIVE_S]
        self._settle()
        if alive and self._ledger is not None:
            self._ledger.renew(alive, self.runtime.clock.now())

    def lives(self, request_id: str) -> None:
        """An attempt of this request is under way."""
        if (reservation := self._held.get(request_id)) is not None:
            reservation.seen_at = time.monotonic()

    @observing_hook
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Tell the client of a budget that is nearly used up."""
        state = find_state(flow)
        if state is not None and state.budget_warning and flow.response is not None:
            flow.response.headers[WARNING_HEADER] = ascii(state.budget_warning)[1:-1][:MOST_HEADER]

    # ---- which budgets there are ------------------------------------------------------------------------------------

    def all(self, config: Config) -> tuple[Budget, ...]:
        """Those of the configuration, then those of client keys."""
        self.runtime.keys.refresh(self.runtime.pool.edition)
        if self._of[0] is not config or self._of[1] != self.runtime.keys.edition:
            own = (*budgets_of(config.spend), *self.runtime.keys.budgets(config.spend))
            self._of = (config, self.runtime.keys.edition, own)
        return self._of[2]

    def ledger(self) -> Ledger:
        """Opened when first needed.

        Raises:
            HomeError: it cannot be.
        """
        if self._ledger is None:
            self._ledger = open_ledger(self.runtime.home)
            oldest = datetime.fromtimestamp(self.runtime.clock.now(), UTC).date() - timedelta(days=KEPT_DAYS)
            self._ledger.forget_before(oldest.isoformat())
        return self._ledger

    def standings(self) -> Sequence[tuple[Budget, Standing]]:
        """How the budgets in force stand, those of periods that are over left out."""
        budgets = {budget.id: budget for budget in self.all(self.runtime.config)}
        if not budgets:
            return ()
        now = self.runtime.clock.now()
        self._seed(list(budgets.values()), now)
        found = {standing.key: standing for standing in self.ledger().standings(now)}
        for budget in budgets.values():
            if not budget.each:
                for key, _ in budget.keys(Spender(), now):
                    found.setdefault(key, Standing(key, Amount(), Amount()))
        return [
            (budgets[key.budget], standing)
            for key, standing in sorted(found.items())
            if key.budget in budgets
            and key.period in budgets[key.budget].limits
            and key.begins == begins_on(key.period, now).isoformat()
        ]

    # ---- before an attempt ------------------------------------------------------------------------------------------

    def reserve(self, flow: http.HTTPFlow, state: FlowState, chosen: Selection) -> None:
        """Hold what the next attempt is expected to use.

        Raises:
            BudgetExceeded: a budget has no room for it.
            Refused: the ledger cannot be used, or a price is not known that must be.
        """
        budgets = self.all(state.config)
        if not budgets or state.counts or state.is_handshake:
            return
        spender = spender_of(state, chosen.token)
        concerned = [budget for budget in budgets if budget.concerns(spender)]
        if not concerned:
            return
        if not state.call.inference:
            if any(budget.is_of_a_key for budget in concerned) and _may_cost(flow, state):
                raise Refused(
                    final_status(state),
                    "not_counted",
                    "The client key has a budget, and what this costs (a batch, an image, an embedding …) cannot be "
                    "counted on it. Use the gateway token for that.",
                )
            return
        now = self.runtime.clock.now()
        amount, cost, asked = self._expected(flow, state, chosen, now)
        metered = billing_of(state.provider, chosen.token) == "metered"
        in_usd = any(budget.counts_usd and (metered or budget.count == "all") for budget in concerned)
        model = state.record.model
        if cost is None and in_usd and (state.config.spend.unknown_price == "refuse" or not model):
            said = (
                f"no price for {model}: put one into [prices]" if model else "the request names no model to price it by"
            )
            raise Refused(final_status(state), "unknown_price", f"There is a budget in USD, and {said}.")
        wanted: list[tuple[Budget, Wanted]] = []
        for budget in concerned:
            own = amount._replace(nano_usd=(cost or 0) if metered or budget.count == "all" else 0)
            if why := request_too_large(budget, own, asked):
                raise BudgetExceeded(why, None, "cheaper" if budget.on_limit == "cheaper" else "refuse")
            wanted += [(budget, Wanted(key, limit, own)) for key, limit in budget.keys(spender, now)]
        if wanted:
            self._hold(state, chosen.token, wanted, now)

    def _hold(self, state: FlowState, token: Token, wanted: list[tuple[Budget, Wanted]], now: float) -> None:
        id_ = state.record.id
        if (problem := self._settle()) is not None:
            raise _unusable(problem)
        try:
            self._seed([budget for budget, _ in wanted], now)
            reservation = Reservation(f"{id_}:{uuid.uuid4().hex[:8]}", wanted, time.monotonic())
            granted = self.ledger().reserve(reservation.id, [each for _, each in wanted], now)
        except sqlite3.Error as error:
            raise _unusable(error) from error
        if granted.full is not None:
            budget, need = wanted[granted.full]
            raise BudgetExceeded(
                full_text(budget, need, granted.standings[-1], now),
                resets_at(need.key.period, now) - now,
                budget.on_limit,
                token_id=token.id if budget.is_of_tokens else "",
            )
        self._held[id_] = reservation
        state.reserved = True
        warnings = []
        for (budget, need), standing in zip(wanted, granted.standings, strict=True):
            if text := stands_text(budget, standing, now):
                warnings.append(text)
                self._warn(need.key, text)
        state.budget_warning = "; ".join(warnings)

    def _warn(self, key: Key, text: str) -> None:
        """Say it once per count."""
        if key not in self._warned:
            if len(self._warned) >= MOST_WARNED:
                self._warned.clear()
            self._warned[key] = None
            log.warning("budget: %s", text)
            self.runtime.events.post("budget.warned", json_bytes({"period": key.period, "text": text}))

    def _expected(
        self, flow: http.HTTPFlow, state: FlowState, chosen: Selection, now: float
    ) -> tuple[Amount, int | None, int | None]:
        """What the attempt will use and cost, and the output that its request asks for."""
        model, spend = state.record.model, state.config.spend
        body = self._body(flow, state)
        tokens, asked = self.input_tokens(flow, state), most_output(body)
        output = expected_output(asked, model, spend.expected_output_tokens)
        cached = chosen.affinity.kept_tokens if chosen.affinity is not None else 0
        cost = estimate_cost(
            model, tokens, output, now, state.config.prices, provider=state.provider_name, cached_tokens=cached
        )
        return Amount(1, tokens, output), cost, asked

    def _body(self, flow: http.HTTPFlow, state: FlowState) -> bytes:
        return state.asked.body if state.asked is not None else plain_body(flow, state) or b""

    def input_tokens(self, flow: http.HTTPFlow, state: FlowState) -> int:
        """An estimate of the whole prompt, made once for a request."""
        if state.record.estimated_input_tokens is None:
            if state.asked is not None:
                state.record.estimated_input_tokens = state.asked.input_tokens
            else:
                estimate = estimate_input_tokens(self._body(flow, state), state.call.format, state.record.model)
                state.record.estimated_input_tokens = estimate
        return state.record.estimated_input_tokens

    # ---- after it ---------------------------------------------------------------------------------------------------

    def settle(self, state: FlowState, used: Amount | None, *, metered: bool = True) -> None:
        """Put what was really used in the place of what was reserved.

        Args:
            used: None: as much as was reserved, since nobody told.
            metered: it is real money.
        """
        if not state.reserved or (reservation := self._held.pop(state.record.id, None)) is None:
            return
        state.reserved = False
        real = []
        for budget, wanted in reservation.wanted:
            amount = wanted.amount if used is None else used
            if used is not None and not metered and budget.count == "metered":
                amount = amount._replace(nano_usd=0)
            real.append((wanted.key, amount))
        self._unsettled.append((reservation.id, real))
        self._settle()

    def _settle(self) -> Exception | None:
        """Write what has been used; what cannot be written, and why is returned then, is tried again."""
        while self._unsettled:
            try:
                self.ledger().settle(*self._unsettled[0])
            except (sqlite3.Error, HomeError) as error:
                log.error("a reservation could not be settled, it is tried again: %s", error)
                return error
            self._unsettled.popleft()
        return None

    def release(self, state: FlowState) -> None:
        """Nothing was used."""
        self.settle(state, Amount())

    # ---- what was used before a budget was written ------------------------------------------------------------------

    def _seed(self, budgets: Sequence[Budget], now: float) -> None:
        """A budget that is new begins with what its periods have used already, where that was kept by what it is
        limited to; else with nothing."""
        for budget in budgets:
            if budget.id in self._seeded:
                continue
            if not budget.each and budget.conditions.keys() <= _SEEDED_BY:
                for period in budget.limits:
                    begins, ledger = begins_on(period, now), self.ledger()
                    key = Key(budget.id, period, begins.isoformat(), "")
                    if not ledger.has_begun(key):  # of a long history, a month takes a while to be added up
                        ledger.seed(key, self._used_since(begins, budget))
            self._seeded.add(budget.id)

    def _used_since(self, day: date, budget: Budget) -> Amount:
        where = {str(name): pattern for name, pattern in budget.conditions.items()}
        with closing(open_read_only(self.runtime.home.traces_db).conn) as connection:
            traces = Database(connection)
            sums = usage_since(traces, day.isoformat(), where)
            answers = answers_since(traces, datetime.combine(day, datetime.min.time()).timestamp(), where)
        prompt = sum(sums[name] for name in ("input_tokens", "cache_read_tokens", "cache_write_tokens"))
        nano = sums["cost_nano_usd" if budget.count == "all" else "metered_nano_usd"]
        return Amount(answers, prompt + sums["cache_write_1h_tokens"], sums["output_tokens"], nano)


def _may_cost(flow: http.HTTPFlow, state: FlowState) -> bool:
    """Whether a request that makes no model answer may cost something; Google heeds the header."""
    asks = flow.request.method not in _READING or "x-http-method-override" in flow.request.headers
    return asks and not is_free(state.rest)


def _unusable(error: Exception) -> Refused:
    return Refused(503, "budget_ledger", f"Budgets cannot be kept: spend.db cannot be used ({error}).")


def spender_of(state: FlowState, token: Token) -> Spender:
    """For whom the next attempt is, and what it uses."""
    record = state.record
    return Spender(token.name, state.provider_name, record.model, record.project, record.session, record.client_key)
