"""Reads both databases for the app, in threads of its own, so that no query ever holds up a key press.

Ten times a second it asks SQLite whether another process has committed anything (`pragma data_version`, microseconds)
and reads only then what every page shows, and the one request that is looked at in detail; lists ask for themselves
(`ask`). Databases that do not exist yet, are replaced or cannot be read are looked for again and again.
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
from tui.asking import Answered, Asking, Databases, raising
from tui.database_file import UNREADABLE, DatabaseFile, reason
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

    def look_at(self, request_id: str, tell: Tell) -> None:
        """Tell `tell` of this request in full, now and whenever it changes; of no other one any more."""
        self._questions.put(lambda: self._requests.look_at(request_id, tell))

    def look_away(self, tell: Tell) -> None:
        """Tell `tell` no more; who else has begun to look meanwhile goes on being told."""
        self._questions.put(lambda: self._requests.look_away(tell))

    def _run(self) -> None:
        try:
            self._watch()
        except Exception as error:  # noqa: BLE001 - a fault of ours: the app ends of it, as of one of its own
            self._tell(Callback(callback=raising(error)))
        finally:
            self._tokens.file.close()
            self._requests.file.close()

    def _watch(self) -> None:
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
                return
            question()


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
        self._told: Trace | str | None = None
        """Of the watched one: what it is, or why it cannot be read."""
        self.file: DatabaseFile[Database] = DatabaseFile(
            home.traces_db, lambda: open_read_only(home.traces_db), lambda db: db
        )

    def look_at(self, request_id: str, tell: Tell) -> None:
        self._watched, self._told = (request_id, tell), None
        self.look(closer=True)

    def look_away(self, tell: Tell) -> None:
        if self._watched is not None and self._watched[1] == tell:
            self._watched = None

    def look(self, *, closer: bool = False) -> None:
        """Tell what has changed since the last look; a file that cannot be read is told of once.

        Args:
            closer: another request is looked at: it is read whether anything has changed or not.
        """
        try:
            changed = self.file.news() != "same"
            database = self.file.opened
            if database is None or not (changed or closer):
                return
            if changed:
                self._tell_running(count_running(database))
                self._add_up(database)
                self._tell(messages.Committed())
            self._problem = None
        except UNREADABLE as error:
            problem = self.file.why_not(error)
            if problem != self._problem:
                self._problem = problem
                self._tell_running(0)
                self._tell(messages.Committed())
            return
        self._look_closer(database)

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
        found: Trace | str | None
        try:
            found = self._trace(database, request_id)
        except UNREADABLE as error:
            found = reason(error)
        if found is None:
            self._watched = None
            tell(messages.TraceChanged(None))
        elif found != self._told:
            self._told = found
            trace, problem = (None, found) if isinstance(found, str) else (found, "")
            tell(messages.TraceChanged(trace, problem))

    def _trace(self, database: Database, request_id: str) -> Trace | None:
        """None: it is not kept any more."""
        request = next((RequestRow.of(row) for row in traces.by_ids(database, [request_id])), None)
        if request is None:
            return None
        attempts = [AttemptRow.of(row) for row in traces.attempts_of(database, request_id)]
        told = self._told
        late = request.finished_at is not None and self._clock.now() - request.finished_at / 1000 > LATE_BODIES_S
        if late and isinstance(told, Trace) and told.request == request and told.attempts == attempts:
            return told  # other requests were written: spare reading these bodies again
        return Trace(request, attempts, [BodyRow.of(row) for row in traces.bodies_of(database, request_id)])
