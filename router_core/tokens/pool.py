"""The tokens as the running router knows them: state in memory, every change queued for tokens.db.

The memory is the truth of this process; edits by other processes (the CLI, the TUI) are noticed before the next
request by a counter that costs microseconds to read.
"""

import math
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from router_core.clock import Clock
from router_core.config.schema import Config
from router_core.errors import NoTokenAvailable
from router_core.failover import Verdict, growing_rest
from router_core.quota.relief import rests_left
from router_core.store.database import Writer
from router_core.store.tokens import TokenStore, write_breaker, write_facts, write_health, write_windows
from router_core.tokens.breaker import Breakers
from router_core.tokens.select import Selection, Unfit, Use, select
from router_core.tokens.token import Cooldown, Token, Window

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
        self._use: dict[str, Use] = {}
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
        found = []
        for name, provider in config.providers.items():
            if provider.api_key and (secret := provider.api_key.get_secret_value()):
                found.append(
                    Token(f"config:{name}", f"config:{name}", name, secret, priority=1_000_000, origin="config")
                )
            elif provider.keyless and provider.models:  # the owner says what it serves: it is listed like any other
                found.append(keyless_token(name))
        self._config_tokens = tuple(found)
        self._edits = self._data_version = -1
        self.refresh()

    def refresh(self) -> None:
        """Take over edits of other processes. Called before each request."""
        now = time.monotonic()
        if now - self._looked_at < self._look_every_s and self._data_version >= 0:
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
        config = [] if self._demo else [_state_kept(token, kept.get(token.id)) for token in self._config_tokens]
        self._tokens = {token.id: token for token in [*stored, *config]}
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

    def select(
        self, config: Config, provider: str, model: str, tried: Iterable[str] = (), unfit: Unfit | None = None
    ) -> Selection:
        """Choose a token and note its use.

        Raises:
            NoTokenAvailable: none can pay now.
        """
        try:
            chosen = self._select(config, provider, model, set(tried), unfit)
        except NoTokenAvailable:  # one may have been added since the last look
            self._looked_at = -math.inf
            self.refresh()
            chosen = self._select(config, provider, model, set(tried), unfit)
        now = self._clock.now()
        self._use[chosen.token.id] = Use(now, self._use.get(chosen.token.id, Use()).requests + 1)
        self._let_through(chosen.token, model, now)
        return chosen

    def _let_through(self, token: Token, model: str, now: float) -> None:
        """A token chosen in the midst of a long rest is tried with this one request (see `Cooldown.again_at`)."""
        if token.cooldowns and (tried := token.being_tried(model, now)).cooldowns != token.cooldowns:
            self._tokens[token.id] = tried

    def _select(self, config: Config, provider: str, model: str, tried: set[str], unfit: Unfit | None) -> Selection:
        strategy = config.providers[provider].strategy or config.selection.strategy
        now = self._clock.now()
        tokens = self.of(provider)
        if not tokens and config.providers[provider].keyless and not self._demo:
            tokens = [keyless_token(provider)]
        return select(
            tokens, strategy, provider=provider, model=model, now=now, tried=tried, use=self._use, unfit=unfit
        )

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
        token = self._tokens.get(token_id)
        if token is not None:
            self._tokens[token_id] = replace(token, facts={**token.facts, **facts})
            self._queue(token, lambda connection: write_facts(connection, token_id, facts))

    def unusable(self, token_id: str, because: str) -> None:
        """The account behind a token cannot pay at all; only its owner can change that."""
        token = self._tokens.get(token_id)
        if token is not None:
            self._change(replace(token, health="unhealthy", health_because=because))

    def succeeded(self, token_id: str, model: str) -> None:
        """An answer came: whatever rested this token for this model is over."""
        token = self._tokens.get(token_id)
        if token and token.cooldowns:
            kept = tuple(c for c in token.cooldowns if c.model not in ("", model))
            if kept != token.cooldowns:
                self._change(replace(token, cooldowns=kept))

    def relieved(self, token_id: str, windows: Sequence[Window]) -> None:
        """A usage report shows room: rests that were about a used-up window end (see quota/relief.py)."""
        token = self._tokens.get(token_id)
        if token and token.cooldowns and (left := rests_left(token, windows)) != token.cooldowns:
            self._change(replace(token, cooldowns=left))

    def observe(self, token_id: str, windows: Sequence[Window]) -> None:
        """Take over what the provider said of the token's windows; written when it moved or grew old."""
        token = self._tokens.get(token_id)
        if token is None or not windows:
            return
        merged = {window.name: window for window in token.windows} | {window.name: window for window in windows}
        self._tokens[token_id] = replace(token, windows=tuple(merged.values()))
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
        self._queue(token, lambda connection: write_health(connection, token))

    def _queue(self, token: Token, write: Callable[[sqlite3.Connection], object]) -> None:
        if token.origin != "config":  # those have no row
            self._writer.submit(write)

    def _save_breaker(self, host: str, failures: int, open_until: float, because: str) -> None:
        self._writer.submit(lambda connection: write_breaker(connection, host, failures, open_until, because))


def keyless_token(provider: str) -> Token:
    """What pays at a provider that needs no key. It is registered nowhere: such a provider is used where a target or a
    path names it, and is neither asked for a list nor guessed at while nobody says that it is there."""
    return Token(f"keyless:{provider}", f"keyless:{provider}", provider, "", priority=1_000_000, origin="config")


def _state_kept(token: Token, before: Token | None) -> Token:
    """A token of the configuration; how it is doing is kept unless it holds another credential now."""
    return before if before is not None and before.access_token == token.access_token else token
