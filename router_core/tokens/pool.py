"""The tokens as the running router knows them: state in memory, every change queued for tokens.db.

The memory is the truth of this process; edits by other processes (the CLI, the TUI) are noticed before the next
request by a counter that costs microseconds.
"""

import math
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from router_core.clock import Clock
from router_core.config.schema import Config, Strategy
from router_core.errors import NoTokenAvailable
from router_core.failover import Verdict, growing_rest
from router_core.quota.relief import rests_left
from router_core.store.affinity import read_affinities
from router_core.store.database import Writer
from router_core.store.tokens import TokenStore, write_breaker, write_facts, write_health, write_windows
from router_core.tokens.affinity import (
    NOBODY,
    Affinity,
    Asker,
    Obstacle,
    cached_prefix,
    decide,
    switch_cost,
    worth_waiting,
)
from router_core.tokens.bindings import Bindings
from router_core.tokens.breaker import Breakers
from router_core.tokens.leases import Lease, Leases
from router_core.tokens.lines import Lines
from router_core.tokens.obstacle import obstacle_of
from router_core.tokens.of_config import keyless_token, tokens_of_config, with_state_kept
from router_core.tokens.select import LONGEST_LIST, Selection, Unfit, reason, select, why_not
from router_core.tokens.token import LACKS_MODEL, Cooldown, Token, Window
from router_core.trace.record import Usage

MOST_NAMED = 5
"""Tokens that could not be used, as they are named beside the one that is."""
WINDOW_STEP = 0.005
"""A window is written again when its fraction has moved by this much …"""
WINDOW_INTERVAL_S = 30.0
"""… or this long after it was last written."""


class TokenPool:
    """Selects tokens and keeps how they are doing.

    Args:
        store: an open token store, used on the calling thread for reading only.
        writer: queues writes to the same database.
        demo: use the tokens of the simulator instead of the user's own; never both.
        look_every_s: edits of other processes are looked for at most so often; a look costs two system calls.
    """

    def __init__(
        self, store: TokenStore, writer: Writer, clock: Clock, *, demo: bool = False, look_every_s: float = 0.01
    ) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._demo = demo
        self._tokens: dict[str, Token] = {}
        self._by_provider: dict[str, list[str]] = {}
        self._config_tokens: tuple[Token, ...] = ()
        self.leases = Leases()
        self.bindings = Bindings(writer.submit)
        self._lines = Lines(self._tokens, self.leases)
        self._restored = False
        self._written_windows: dict[tuple[str, str], Window] = {}
        self._look_every_s = look_every_s
        self._looked_at = 0.0
        self._data_version = -1
        self._edits = -1
        self.edition = 0
        """Grows each time the tokens were read anew."""
        self.breakers = Breakers(self._save_breaker, clock)
        for host, failures, open_until, because in store.breakers():
            self.breakers.restore(host, failures, open_until, because)

    def configure(self, config: Config) -> None:
        """Take over the tokens that the configuration itself holds (`api_key`)."""
        self._config_tokens = tokens_of_config(config)
        self._edits = self._data_version = -1
        self.refresh()
        since = self._clock.now() - config.selection.affinity_ttl_s
        if not self._restored:
            self._restored = True
            for row in read_affinities(self._store.database):
                self.bindings.restore(row)
        self.bindings.forget(since)

    def refresh(self, *, at_once: bool = False) -> None:
        """Take over edits of other processes. Called before each request.

        Args:
            at_once: even if the last look was a moment ago.
        """
        now = time.monotonic()
        if not at_once and now - self._looked_at < self._look_every_s and self._data_version >= 0:
            return
        self._looked_at = now
        version = self._store.data_version()
        if version == self._data_version:
            return
        if (edits := self._store.edits()) != self._edits:
            if self._writer.pending:  # our own state must land before it is read back; edits are rare, so wait for it
                self._writer.flush()
            self._edits = edits
            self._load()
        self._data_version = version

    def settle(self) -> None:
        """Write what is queued, so that an edit made now is not overtaken by an older state."""
        self._writer.flush()

    def reload(self) -> None:
        """Read everything back now: this process has just edited a token itself."""
        self.settle()
        self._data_version = self._edits = -1
        self.refresh()

    def _load(self) -> None:
        self.edition += 1
        wanted = "demo" if self._demo else "user"
        kept = {token.id: token for token in self._tokens.values() if token.origin == "config"}
        stored = [token for token in self._store.all() if token.origin == wanted]
        config = [] if self._demo else [with_state_kept(token, kept) for token in self._config_tokens]
        self._tokens.clear()
        self._tokens.update((token.id, token) for token in [*stored, *config])
        self._lines.clear()
        self._by_provider = {}
        for token in self._tokens.values():
            self._by_provider.setdefault(token.provider, []).append(token.id)

    def all(self) -> list[Token]:
        """Every token in use, by priority and name."""
        return sorted(self._tokens.values(), key=lambda token: (token.priority, token.name))

    def get(self, token_id: str) -> Token | None:
        return self._tokens.get(token_id)

    def of(self, provider: str) -> list[Token]:
        return [self._tokens[token_id] for token_id in self._by_provider.get(provider, ())]

    # ---- choosing ---------------------------------------------------------------------------------------------------

    def select(
        self,
        config: Config,
        provider: str,
        model: str,
        tried: Iterable[str] = (),
        unfit: Unfit | None = None,
        asker: Asker = NOBODY,
    ) -> Selection:
        """Choose a token, hold it for the asker, and bind the asker's session to it.

        Raises:
            NoTokenAvailable: none can pay now.
        """
        try:
            chosen = self._choose(config, provider, model, set(tried), unfit, asker)
        except NoTokenAvailable:  # one may have been added since the last look
            self._looked_at = -math.inf
            self.refresh()
            chosen = self._choose(config, provider, model, set(tried), unfit, asker)
        return self._take(chosen, provider, model, asker)

    def keep(self, token: Token, model: str, asker: Asker, because: str) -> Selection:
        """Hold a token that has been chosen already: by an open WebSocket, or for once more of the same."""
        affinity = None
        if asker.session:
            bound = self.bindings.find(asker.session, token.provider)
            affinity = Affinity("stay", because, token.id, binds=bound is None)
        return self._take(Selection(token, because, affinity=affinity), token.provider, model, asker)

    def can_pay(
        self, config: Config, provider: str, model: str, tried: Iterable[str] = (), unfit: Unfit | None = None
    ) -> bool:
        """Whether `select` would find a token."""
        try:
            return bool(self._choose(config, provider, model, set(tried), unfit, NOBODY))
        except NoTokenAvailable:
            return False

    def worth_waiting(
        self,
        config: Config,
        provider: str,
        model: str,
        tried: Iterable[str] = (),
        unfit: Unfit | None = None,
        asker: Asker = NOBODY,
    ) -> tuple[float, str]:
        """(seconds, why) when a token rests so briefly that the request had better wait for it: because of what the
        session has cached there, or because there is no other. (0, "") mostly."""
        most_s, now = config.failover.wait_s, self._clock.now()
        binding = self.bindings.find(asker.session, provider) if config.selection.affinity else None
        if binding is not None:
            home = self._tokens.get(binding.token_id)
            hindered = obstacle_of(home, provider, model, (), unfit, self._lines.use_of(home, now), now)
            if hindered is not None and hindered.kind == "rests":
                cached = binding.kept(binding.token_id, model, asker.thread, now)
                if why := worth_waiting(hindered.until - now, cached, model, most_s=config.failover.cache_wait_s):
                    return hindered.until - now, why
        strategy = config.providers[provider].strategy or config.selection.strategy
        if self._first(provider, strategy, model, set(tried), unfit, now) is not None:
            return 0.0, ""
        rests = [
            rest.until - now
            for token in self.of(provider)
            if token.enabled and token.health == "healthy" and not (unfit and unfit(token))
            if (rest := token.resting(model, now)) and rest.kind != LACKS_MODEL
        ]
        soonest = min(rests, default=math.inf)
        return (soonest, "the only token that can pay rests no longer") if soonest <= most_s else (0.0, "")

    def release(self, lease: Lease) -> None:
        """The request that held the token is over, or goes on with another one."""
        if self.leases.release(lease):
            self._lines.changed(lease.token_id, self._clock.now())

    def answered(
        self, asker: Asker, provider: str, token_id: str, model: str, usage: Usage, format: str, now: float
    ) -> None:
        """A request is over: note how much of the session's prompt the provider holds now."""
        parts = (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens)
        if not asker.session or all(part is None for part in parts):
            return
        wrote_1h = bool(usage.cache_write_1h_tokens)
        tokens = cached_prefix(format, parts)
        self.bindings.answered(asker.session, provider, token_id, model, asker.thread, tokens, wrote_1h, now)

    def _choose(
        self, config: Config, provider: str, model: str, tried: set[str], unfit: Unfit | None, asker: Asker
    ) -> Selection:
        now = self._clock.now()
        affinity = None
        if asker.session and config.selection.affinity:
            binding = self.bindings.find(asker.session, provider)

            def hindered(token_id: str) -> Obstacle | None:
                token = self._tokens.get(token_id)
                return obstacle_of(token, provider, model, tried, unfit, self._lines.use_of(token, now), now)

            affinity = decide(binding, model, asker.thread, hindered, now=now, ttl_s=config.selection.affinity_ttl_s)
            if affinity.token_id:
                token = self._tokens[affinity.token_id]
                return Selection(token, f"affinity: {affinity.because}", affinity=affinity)
        strategy = config.providers[provider].strategy or config.selection.strategy
        first = self._first(provider, strategy, model, tried, unfit, now)
        if first is None:  # the slow way says why, or whom to ask all the same
            tokens = self.of(provider)
            if not tokens and config.providers[provider].keyless and not self._demo:
                tokens = [keyless_token(provider)]
                if tokens[0].id not in tried:
                    return Selection(tokens[0], "it needs no key")
            use = self._lines.uses(tokens, now)
            first = select(tokens, strategy, provider=provider, model=model, now=now, tried=tried, use=use, unfit=unfit)
        return first if affinity is None else replace(first, affinity=affinity)

    def _first(
        self, provider: str, strategy: Strategy, model: str, tried: set[str], unfit: Unfit | None, now: float
    ) -> Selection | None:
        line = self._lines.line(provider, strategy, model, self._by_provider.get(provider, ()), now)
        passed: list[tuple[str, str]] = []
        for token_id in line.ids(now):
            token = self._tokens[token_id]
            why = "already tried for this request" if token_id in tried else unfit(token) if unfit else ""
            if not why:
                because = f"{strategy}: {reason(token, strategy, self._lines.use_of(token, now), now)}"
                return Selection(token, because, self._passed_over(passed, line.out, model, tried, now))
            passed.append((token.name, why))
        return None

    def _passed_over(
        self, passed: list[tuple[str, str]], out: Collection[str], model: str, tried: set[str], now: float
    ) -> tuple[tuple[str, str], ...]:
        """Of many only the first few: this is written down with each request."""
        more = len(out) - MOST_NAMED
        for token_id in out if more <= 0 else islice(out, MOST_NAMED - 2):
            token = self._tokens[token_id]
            passed.append((token.name, why_not(token, model, now, tried, self._lines.uses([token], now))))
        if more > 0:
            passed.append((f"{more + 2} more", "they rest, are busy, unhealthy or disabled"))
        return tuple(passed[:LONGEST_LIST])

    def _take(self, chosen: Selection, provider: str, model: str, asker: Asker) -> Selection:
        now, token, affinity = self._clock.now(), chosen.token, chosen.affinity
        by_strategy = affinity is None or not affinity.token_id
        lease = self.leases.take(token.id, asker.owner, now) if asker.owner else None
        self._lines.used(token, now, by_strategy=by_strategy)
        if token.cooldowns and (tried := token.being_tried(model, now)).cooldowns != token.cooldowns:
            self._tokens[token.id] = tried  # let through in the midst of a long rest (see `Cooldown.again_at`)
            self._lines.changed(token.id, now)
        if affinity is not None:
            binding = self.bindings.find(asker.session, provider)
            kept, lost, nano = switch_cost(binding, token.id, model, asker.thread, binds=affinity.binds, now=now)
            affinity = replace(affinity, kept_tokens=kept, lost_tokens=lost, lost_nano_usd=nano)
            if affinity.binds or binding is None:
                self.bindings.bind(asker.session, provider, token.id, now)
            else:
                self.bindings.used(asker.session, provider, now)
        return Selection(token, chosen.because, chosen.passed_over, affinity, lease)

    # ---- what becomes of them ---------------------------------------------------------------------------------------

    def rotated(self, token: Token) -> bool:
        """True if another process has stored a new credential for this token since it was read."""
        self.refresh()
        now_stored = self._tokens.get(token.id)
        return now_stored is not None and now_stored.access_token != token.access_token

    def punish(self, token_id: str, verdict: Verdict, model: str, kind: str) -> None:
        """Rest a token or mark it unhealthy, as the verdict says."""
        token = self._tokens.get(token_id)
        if token is None or verdict.effect == "none":
            return
        now = self._clock.now()
        if verdict.effect == "unhealthy":
            self._change(replace(token, health="unhealthy", health_because=verdict.because, health_kind=kind))
            return
        scope = model if verdict.rest_model_only else ""
        until = verdict.rest_until
        if until is None:
            earlier = next((c for c in token.cooldowns if c.model == scope and c.kind == kind), None)
            until = now + growing_rest(earlier.until - earlier.since if earlier else None)
        rest = Cooldown(until, kind, verdict.because, scope, now)
        if any(c.model == scope and c.until > max(now, until) for c in token.cooldowns):
            return  # a request that was under way failed later, for a smaller reason: the longer rest stands
        self._change(replace(token, cooldowns=(*(c for c in token.cooldowns if c.model != scope), rest)))

    def learn(self, token_id: str, facts: Mapping[str, str]) -> None:
        """Keep what was found out of the account behind a token."""
        if (token := self._tokens.get(token_id)) is not None:
            self._tokens[token_id] = replace(token, facts={**token.facts, **facts})
            self._queue(token, lambda connection: write_facts(connection, token_id, facts))

    def unusable(self, token_id: str, because: str) -> None:
        """The account behind a token cannot pay at all; only its owner can change that."""
        token = self._tokens.get(token_id)
        if token:
            self._change(replace(token, health="unhealthy", health_because=because))

    def succeeded(self, token_id: str, model: str) -> None:
        """An answer came: whatever rested this token for this model is over."""
        self._end_rests(token_id, lambda token: [c for c in token.cooldowns if c.model not in ("", model)])

    def wake(self, token_id: str, model: str | None = None) -> None:
        """Its owner ends a token's rests: all, or that for one model ("": that of the whole token)."""
        self._end_rests(token_id, lambda token: [c for c in token.cooldowns if model not in (None, c.model)])

    def relieved(self, token_id: str, windows: Sequence[Window]) -> None:
        """A usage report shows room: rests that were about a used-up window end (see quota/relief.py)."""
        self._end_rests(token_id, lambda token: rests_left(token, windows))

    def _end_rests(self, token_id: str, left: Callable[[Token], Sequence[Cooldown]]) -> None:
        token = self._tokens.get(token_id)
        if token and token.cooldowns and (kept := tuple(left(token))) != token.cooldowns:
            self._change(replace(token, cooldowns=kept))

    def observe(self, token_id: str, windows: Sequence[Window]) -> None:
        """Take over what the provider said of the token's windows; written when it moved or grew old."""
        token = self._tokens.get(token_id)
        if token is None or not windows:
            return
        merged = {window.name: window for window in token.windows} | {window.name: window for window in windows}
        self._tokens[token_id] = replace(token, windows=tuple(merged.values()))
        self._lines.changed(token_id, self._clock.now())
        if fresh := [window for window in windows if self._worth_writing(token_id, window)]:
            self._queue(token, lambda connection: write_windows(connection, token_id, fresh))

    def _worth_writing(self, token_id: str, window: Window) -> bool:
        last = self._written_windows.get((token_id, window.name))
        moved = (
            last is None
            or last.status != window.status
            or abs((last.used or 0) - (window.used or 0)) >= WINDOW_STEP
            or window.observed_at - last.observed_at >= WINDOW_INTERVAL_S
        )
        if moved:
            self._written_windows[token_id, window.name] = window
        return moved

    def _change(self, token: Token) -> None:
        self._tokens[token.id] = token
        self._lines.changed(token.id, self._clock.now())
        self._queue(token, lambda connection: write_health(connection, token))

    def _queue(self, token: Token, write: Callable[[sqlite3.Connection], object]) -> None:
        if token.origin != "config":  # those have no row
            self._writer.submit(write)

    def _save_breaker(self, host: str, failures: int, open_until: float, because: str) -> None:
        self._writer.submit(lambda connection: write_breaker(connection, host, failures, open_until, because))
