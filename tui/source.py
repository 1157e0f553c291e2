"""Reads both databases for the app, in one thread, so that no query ever holds up a key press.

Ten times a second it asks SQLite whether another process has committed anything (`pragma data_version`, microseconds)
and reads only then: the rows added since the last look, and those that were still running. Databases that do not exist
yet, are replaced or cannot be read are looked for again and again.
"""

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database
from textual.message import Message

from router_core.clock import Clock
from router_core.config.load import load_config
from router_core.errors import ConfigError, HomeError
from router_core.home import Home
from router_core.quota.known import KnownQuota
from router_core.quota.sparing import sparing
from router_core.quota.view import Known
from router_core.store import traces
from router_core.store.database import open_read_only
from router_core.store.tokens import TokenStore, view_tokens
from router_core.tokens.token import Token
from tui import messages
from tui.figures import day_of
from tui.lock_watch import LockWatch
from tui.records import AttemptRow, BodyRow, RequestRow, Trace, harmless

LOOK_EVERY_S = 0.1
OUTLOOK_EVERY_S = 60.0
"""Forecasts change with time alone, too."""
PAGE = 500
"""Requests loaded at once."""
LATE_BODIES_S = 10.0
"""So long after its end a request's bodies may still come in."""

type Tell = Callable[[Message], object]
type _Question = Callable[[], None]


class Source:
    """The watching thread. Every method returns at once; answers come as messages through `tell`."""

    def __init__(self, home: Home, clock: Clock, tell: Tell) -> None:
        self._tokens = _Tokens(home, clock, tell)
        self._requests = _Requests(home, clock, tell)
        self._lock = LockWatch(home, tell)
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="tui source", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; waits for the query under way."""
        self._questions.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def show(self, text: str) -> None:
        """Load the newest page of the requests that match `text`, and from now on tell of those."""
        self._requests.wanted_filter = text  # the last one counts: what was typed before is not searched for
        self._questions.put(self._requests.load)

    def older(self, text: str, before: str) -> None:
        """Load the page before the request with id `before`."""
        self._questions.put(lambda: self._requests.load_older(text, before))

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


class _File[T]:
    """A database that may not be there yet, or be replaced while we look."""

    def __init__(self, path: Path, open_it: Callable[[], T], database_of: Callable[[T], Database]) -> None:
        self._path = path
        self._open = open_it
        self._database_of = database_of
        self._inode = 0
        self._version = 0
        self.opened: T | None = None

    def news(self) -> Literal["same", "changed", "opened"]:
        """Whether anything was committed since the last call; opens the file if need be.

        Raises:
            HomeError, sqlite3.Error, OSError: it cannot be read (yet).
        """
        inode = self._path.stat().st_ino if self._path.exists() else 0
        if self.opened is None or inode != self._inode:
            self.close()
            self.opened = self._open()
            self._inode, self._version = inode, self._data_version(self.opened)
            return "opened"
        version = self._data_version(self.opened)
        if version == self._version:
            return "same"
        self._version = version
        return "changed"

    def _data_version(self, opened: T) -> int:
        version: int = self._database_of(opened).execute("pragma data_version").fetchone()[0]
        return version

    def close(self) -> None:
        if self.opened is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database_of(self.opened).conn.close()
        self.opened = None

    def why_not(self, error: Exception) -> str:
        """What to say of a file that cannot be read; forgets it, so that it is opened afresh."""
        self.close()
        return str(error) if self._path.exists() else f"There is no {self._path} yet."


class _Tokens:
    def __init__(self, home: Home, clock: Clock, tell: Tell) -> None:
        self._tell = tell
        self._clock = clock
        self._problem: str | None = None
        self._quota: tuple[Database, KnownQuota] | None = None
        self._config_file = home.config
        self._spared: tuple[float | None, frozenset[str]] | None = None
        self._outlooks_at = 0.0
        self.file: _File[TokenStore] = _File(
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
        except (HomeError, sqlite3.Error, OSError) as error:
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
    def __init__(self, home: Home, clock: Clock, tell: Tell) -> None:
        self._clock = clock
        self._tell = tell
        self._problem: str | None = None
        self._filter = ""
        self._last_row = 0
        self._total = 0
        self._running: dict[str, RequestRow] = {}
        self._loaded = False
        self._today: dict[str, int] = {}
        self._watched: tuple[str, Tell] | None = None
        self._told: Trace | None = None
        self.wanted_filter = ""
        self.file: _File[Database] = _File(home.traces_db, lambda: open_read_only(home.traces_db), lambda db: db)

    def look(self) -> None:
        """Tell what has changed since the last look."""
        self._read()

    def load(self) -> None:
        """Tell of the newest page that matches the wanted filter."""
        if self.wanted_filter != self._filter:
            self._loaded = False
        self._read()

    def load_older(self, text: str, before: str) -> None:
        if text == self._filter:
            self._read(lambda database: self._load_older(database, before))

    def look_at(self, request_id: str | None, tell: Tell | None) -> None:
        self._watched = (request_id, tell) if request_id and tell else None
        self._told = None
        self._read(self._look_closer)

    def _read(self, act: Callable[[Database], None] | None = None) -> None:
        """Bring everything up to date, then `act`; a file that cannot be read is told of once."""
        try:
            news = self.file.news()
            database = self.file.opened
            if database is None:
                return
            if news == "opened" or not self._loaded:
                self._load(database)
            elif news == "changed":
                self._look(database)
            if act:
                act(database)
        except (HomeError, sqlite3.Error, OSError) as error:
            problem = self.file.why_not(error)
            self._loaded = False
            self._running = {}
            if problem != self._problem:
                self._tell(messages.RequestsLoaded(self.wanted_filter, [], True, 0, problem))
            self._problem = problem
        else:
            self._problem = None

    def _load(self, database: Database) -> None:
        self._filter = self.wanted_filter
        self._total, self._last_row = traces.count(database), traces.last_row(database)
        newest = _rows(traces.search(database, limit=PAGE))
        rows = _rows(traces.search(database, self._filter, limit=PAGE)) if self._filter else newest
        # also those that the filter hides now: they may come to match it
        self._running |= {row.id: row for row in [*newest, *rows] if row.running}
        self._loaded = True
        self._tell(messages.RequestsLoaded(self._filter, rows, len(rows) < PAGE, self._total))
        self._add_up(database)

    def _load_older(self, database: Database, before: str) -> None:
        rows = _rows(traces.search(database, self._filter, before=before, limit=PAGE))
        self._running.update({row.id: row for row in rows if row.running})
        self._tell(messages.OlderLoaded(self._filter, rows, len(rows) < PAGE))

    def _look(self, database: Database) -> None:
        last = traces.last_row(database)
        if last - self._last_row >= PAGE or last < self._last_row:
            self._load(database)  # so much is new, or all was deleted, that starting afresh is less work
            self._look_closer(database)
            return
        new = _rows(traces.search(database, since_row=self._last_row, limit=PAGE)) if last > self._last_row else []
        known = self._running
        moved = (
            [row for row in _rows(traces.search(database, ids=list(known))) if row != known[row.id]] if known else []
        )
        self._total += len(new)
        self._last_row = max((row.row_number for row in new), default=self._last_row)
        rows = [*new, *moved]
        if rows:
            self._running.update({row.id: row for row in rows if row.running})
            for row in rows:
                if not row.running:
                    self._running.pop(row.id, None)
            ids = [row.id for row in rows]
            matching = (
                {row["id"] for row in traces.search(database, self._filter, ids=ids)} if self._filter else set(ids)
            )
            self._tell(messages.RequestsChanged(self._filter, rows, matching, self._total))
            self._add_up(database)
        self._look_closer(database)

    def _add_up(self, database: Database) -> None:
        today = traces.usage_on(database, day_of(self._clock.now()))
        if today != self._today:
            self._today = today
            self._tell(messages.TodayChanged(today))

    def _look_closer(self, database: Database) -> None:
        if self._watched is None:
            return
        request_id, tell = self._watched
        request = next(iter(_rows(traces.search(database, ids=[request_id]))), None)
        if request is None:
            tell(messages.TraceChanged(None))
            self._watched = None
            return
        attempts = [AttemptRow.of(row) for row in traces.attempts_of(database, request_id)]
        told = self._told
        late = request.finished_at is not None and self._clock.now() - request.finished_at / 1000 > LATE_BODIES_S
        if late and told and told.request == request and told.attempts == attempts:
            return  # other requests were written: spare reading these bodies again
        trace = Trace(request, attempts, [BodyRow.of(row) for row in traces.bodies_of(database, request_id)])
        if trace != told:
            self._told = trace
            tell(messages.TraceChanged(trace))


def _rows(found: Iterable[dict[str, Any]]) -> list[RequestRow]:
    return [RequestRow.of(row) for row in found]
