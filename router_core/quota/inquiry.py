"""Somebody wants to know: what is known of the tokens' quota, asked for at the providers where that is due.

The same for the command and for the running router. Blocking; the router does it in a thread, so no request waits.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from queue import Empty, SimpleQueue

from sqlite_utils import Database

from router_core.clock import Clock
from router_core.config.schema import Config
from router_core.home import Home
from router_core.quota.known import KnownQuota
from router_core.quota.poll import Polled, poll_usage
from router_core.quota.sparing import sparing
from router_core.quota.view import NOTHING_KNOWN, Known
from router_core.store import migrations
from router_core.store.database import open_database
from router_core.tokens.token import Token

AT_ONCE = 8
"""Endpoints asked at the same time."""


class UsageInquiry:
    """Reads tokens.db over a connection of its own."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._lock = threading.Lock()
        self._opened: tuple[Database, KnownQuota] | None = None

    def known(self, tokens: Sequence[Token], config: Config) -> dict[str, Known]:
        """By token id.

        Args:
            tokens: all there are: outlooks go by what others of a provider take over.
        """
        with self._lock:
            if self._opened is None:
                database = self._open()
                self._opened = database, KnownQuota(database)
            return self._opened[1].of(tokens, self._clock.now(), sparing(config))

    def ask(self, config: Config, tokens: Sequence[Token], *, forced: bool) -> list[tuple[Token, Polled]]:
        """Ask the usage endpoints of those tokens for which that is due."""
        if not tokens:
            return []
        known = self.known(tokens, config)
        return list(zip(tokens, each(tokens, lambda token: self._ask(config, token, known, forced)), strict=True))

    def _ask(self, config: Config, token: Token, known: Mapping[str, Known], forced: bool) -> Polled:
        told = [balance.observed_at for balance in known.get(token.id, NOTHING_KNOWN).balances]
        told_at = max([*told, *(window.observed_at for window in token.windows)], default=0.0)
        database = self._open()
        with closing(database.conn):
            return poll_usage(token, config, database, self._clock, told_at=told_at, forced=forced)

    def _open(self) -> Database:
        return open_database(self._home.tokens_db, migrations.tokens)

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            if self._opened is not None:
                self._opened[0].conn.close()
            self._opened = None


def each[Item, Told](items: Sequence[Item], ask: Callable[[Item], Told]) -> list[Told]:
    """What is told of each, a few asked at the same time. In threads that the end of the program does not wait for, as
    it would for those of a pool: a provider may hang."""
    left = SimpleQueue[tuple[Item, Future[Told]]]()
    answers = [Future[Told]() for _ in items]
    for pair in zip(items, answers, strict=True):
        left.put(pair)

    def work() -> None:
        with suppress(Empty):
            while True:
                item, answer = left.get_nowait()
                try:
                    answer.set_result(ask(item))
                except BaseException as error:  # noqa: BLE001 - whoever waits is told
                    answer.set_exception(error)

    for _ in range(min(AT_ONCE, len(items))):
        threading.Thread(target=work, name="usage", daemon=True).start()
    return [answer.result() for answer in answers]
