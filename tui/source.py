"""Reads both databases for the app, in threads of its own, so that no query ever holds up a key press.

Ten times a second it asks SQLite whether another process has committed anything (`pragma data_version`, microseconds)
and tells of it only then; pages ask for what they show. Databases that do not exist yet, are replaced or cannot be read
are looked for again and again.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable

from sqlite_utils import Database
from textual.events import Callback
from textual.message import Message

from router_core.clock import Clock
from router_core.config.load import load_config
from router_core.errors import ConfigError
from router_core.home import Home
from router_core.quota.known import KnownQuota
from router_core.quota.sparing import sparing
from router_core.quota.view import Known
from router_core.store import traces
from router_core.store.database import open_read_only
from router_core.store.live import count_running
from router_core.store.tokens import TokenStore, view_tokens
from router_core.tokens.token import Token
from tui import messages
from tui.asking import Answered, Asking, Databases
from tui.database_file import UNREADABLE, DatabaseFile
from tui.figures import day_of
from tui.lock_watch import LockWatch
from tui.records import AttemptRow, BodyRow, RequestRow, Trace, harmless

LOOK_EVERY_S = 0.1
OUTLOOK_EVERY_S = 60.0
"""Forecasts change with time alone, too."""
LATE_BODIES_S = 10.0
"""So long after its end a request's bodies may still come in."""

type Tell = Callable[[Message], object]
type _Question = Callable[[], None]


class Source:
    """The watching thread. Every method returns at once; answers come as messages through `tell`."""

    def __init__(self, home: Home, clock: Clock, tell: Tell) -> None:
        self._tell = tell
        self._asking = Asking(home, clock)
        self._tokens = _Tokens(home, clock, tell)
        self._requests = _Requests(home, clock, tell)
        self._lock = LockWatch(home, tell)
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="tui source", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._asking.start()

    def stop(self) -> None:
        """End the threads; waits for the queries under way."""
        self._questions.put(None)
        self._asking.stop()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def ask[T](
        self,
        question: Callable[[Databases], T],
        then: Callable[[T], None],
        *,
        failed: Callable[[str], None] | None = None,
        about: str = "",
        through: Answered | None = None,
    ) -> None:
        """Have a database read beside all this, and `then` called with the answer in the app's thread.

        Args:
            failed: is called with what to say when it cannot be read (yet).
            about: a later question about the same takes the place of one that still waits.
            through: whom to have `then` called by; else the app.
        """
        through = through or (lambda answered: self._tell(Callback(callback=answered)))
        self._asking.ask(question, then, through=through, failed=failed, about=about)

    def look_at(self, request_id: str | None, tell: Tell | None = None) -> None:
        """Tell `tell` of this request in full, now and whenever it changes; None: of no request any more."""
        self._questions.put(lambda: self._requests.look_at(request_id, tell))

    def _run(self) -> None:
        self._lock.look()
        self._tokens.look()
        while True:
            try:
                question = self._questions.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                self._lock.look()
                self._tokens.look()
                self._requests.look()
                continue
            if question is None:
                break
            question()
        self._tokens.file.close()
        self._requests.file.close()


class _Tokens:
    def __init__(self, home: Home, clock: Clock, tell: Tell) -> None:
        self._tell = tell
        self._clock = clock
        self._problem: str | None = None
        self._quota: tuple[Database, KnownQuota] | None = None
        self._config_file = home.config
        self._spared: tuple[float | None, frozenset[str]] | None = None
        self._outlooks_at = 0.0
        self.file: DatabaseFile[TokenStore] = DatabaseFile(
            home.tokens_db, lambda: view_tokens(home, clock), lambda store: store.database
        )

    def look(self) -> None:
        try:
            now = self._clock.now()
            if (self.file.news() == "same" and now - self._outlooks_at < OUTLOOK_EVERY_S) or self.file.opened is None:
                return
            self._outlooks_at = now
            tokens = [harmless(token) for token in self.file.opened.all()]
            breakers = self.file.opened.breakers()
            known = self._known(self.file.opened.database, tokens, now)
        except UNREADABLE as error:
            problem = self.file.why_not(error)
            if problem != self._problem:
                self._tell(messages.TokensChanged([], [], problem))
            self._problem = problem
            return
        self._problem = None
        self._tell(messages.TokensChanged(tokens, breakers, known=known))

    def _known(self, database: Database, tokens: list[Token], now: float) -> dict[str, Known]:
        """Nothing, where the database is of an older version: looking does not migrate it."""
        if self._quota is None or self._quota[0] is not database:
            self._quota = database, KnownQuota(database)
        try:
            return self._quota[1].of(tokens, now, self._sparing())
        except sqlite3.OperationalError:
            return {}

    def _sparing(self) -> frozenset[str]:
        """Read again when the file has changed; none while it cannot be read."""
        try:
            changed_at = self._config_file.stat().st_mtime if self._config_file.exists() else None
            if self._spared is None or self._spared[0] != changed_at:
                self._spared = changed_at, sparing(load_config(self._config_file))
        except (ConfigError, OSError):
            return frozenset()
        return self._spared[1]


class _Requests:
    """What is told of traces.db without being asked for: that something was written, how much runs, what today has
    used; and the one request that is looked at in detail."""

    def __init__(self, home: Home, clock: Clock, tell: Tell) -> None:
        self._clock = clock
        self._tell = tell
        self._problem: str | None = None
        self._running = 0
        self._today: dict[str, int] = {}
        self._watched: tuple[str, Tell] | None = None
        self._told: Trace | None = None
        self.file: DatabaseFile[Database] = DatabaseFile(
            home.traces_db, lambda: open_read_only(home.traces_db), lambda db: db
        )

    def look(self, *, closer: bool = False) -> None:
        """Tell what has changed since the last look; a file that cannot be read is told of once.

        Args:
            closer: of the watched request in any case.
        """
        try:
            news = self.file.news()
            if (database := self.file.opened) is None:
                return
            if news != "same":
                self._tell_running(count_running(database))
                self._add_up(database)
                self._tell(messages.Committed())
            if news != "same" or closer:
                self._look_closer(database)
        except UNREADABLE as error:
            problem = self.file.why_not(error)
            self._tell_running(0)
            if problem != self._problem:
                self._tell(messages.Committed())
            self._problem = problem
        else:
            self._problem = None

    def look_at(self, request_id: str | None, tell: Tell | None) -> None:
        self._watched = (request_id, tell) if request_id and tell else None
        self._told = None
        self.look(closer=True)

    def _tell_running(self, running: int) -> None:
        if running != self._running:
            self._running = running
            self._tell(messages.RunningChanged(running))

    def _add_up(self, database: Database) -> None:
        today = traces.usage_on(database, day_of(self._clock.now()))
        if today != self._today:
            self._today = today
            self._tell(messages.TodayChanged(today))

    def _look_closer(self, database: Database) -> None:
        if self._watched is None:
            return
        request_id, tell = self._watched
        found = traces.by_ids(database, [request_id])
        if not found:
            tell(messages.TraceChanged(None))
            self._watched = None
            return
        request = RequestRow.of(found[0])
        attempts = [AttemptRow.of(row) for row in traces.attempts_of(database, request_id)]
        told = self._told
        late = request.finished_at is not None and self._clock.now() - request.finished_at / 1000 > LATE_BODIES_S
        if late and told and told.request == request and told.attempts == attempts:
            return  # other requests were written: spare reading these bodies again
        trace = Trace(request, attempts, [BodyRow.of(row) for row in traces.bodies_of(database, request_id)])
        if trace != told:
            self._told = trace
            tell(messages.TraceChanged(trace))
