"""How a database is opened: WAL, private to the owner, migrated; and the one thread that writes while requests run."""

import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlite_utils import Database, Migrations

from router_core.errors import HomeError

log = logging.getLogger("mitmrouter.store")

BUSY_TIMEOUT_MS = 5000
FLUSH_INTERVAL_S = 0.1
"""A killed process loses at most what came in since the last flush."""


class _Migrated(Database):
    """Takes the steps of a schema quickly: each statement of theirs ends at the end of a line.

    To find the ends sqlite-utils asks SQLite after each character, which is most of what a new home folder takes.
    """

    def executescript(self, sql: str) -> sqlite3.Cursor:
        if not self.conn.in_transaction:
            return super().executescript(sql)
        cursor, statement = self.conn.cursor(), ""
        for line in sql.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                cursor.execute(statement)
                statement = ""
        if statement.strip():
            cursor.execute(statement)
        return cursor


def open_database(path: Path, migrations: Migrations, *, shrinks: bool = False) -> Database:
    """Open for reading and writing; create it (0600) and bring it to the newest schema.

    Args:
        shrinks: a new file is made so that it can give back what has become free, bit by bit.

    Raises:
        HomeError: it cannot be opened, is damaged, or is not a database.
    """
    try:
        path.touch(mode=0o600, exist_ok=True)
        path.chmod(0o600)
        connection = sqlite3.connect(str(path), timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False)
        connection.execute("pragma synchronous = normal")  # with WAL: a crash of the process loses nothing committed
        connection.execute("pragma foreign_keys = on")
        if shrinks and not path.stat().st_size:
            connection.execute("pragma auto_vacuum = incremental")
        database = _Migrated(connection, execute_plugins=False)  # nobody else's code; to look for it takes a while
        _prepare(database, migrations)
        return database
    except (sqlite3.Error, OSError) as error:
        raise HomeError(
            f"The database {path} cannot be used ({error}). Make it and its folder writable for you; "
            "if it is damaged, move it away and a new one is made."
        ) from error


def _prepare(database: Database, migrations: Migrations) -> None:
    """Switch to WAL and apply what is missing. Two processes that open a new database together get in each other's way
    (SQLite does not wait for a lock here, and the second would make the same tables): who is second looks again."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            database.conn.execute("pragma journal_mode = wal")
            if migrations.pending(database):
                migrations.apply(database)
            return
        except sqlite3.OperationalError as error:
            another = error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_ERROR"))
            if not another or time.monotonic() > deadline:  # not: read-only, no such folder, disk full
                raise
            time.sleep(0.02)


def open_read_only(path: Path) -> Database:
    """Open for reading while the router writes; never creates or changes anything.

    Raises:
        HomeError: there is no such database.
    """
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False
        )
        connection.execute("select 1 from sqlite_master").fetchone()
        return Database(connection, execute_plugins=False)
    except sqlite3.Error as error:
        raise HomeError(
            f"The database {path} cannot be read ({error}). Start the router once: it makes one."
        ) from error


@contextlib.contextmanager
def transaction(database: Database) -> Iterator[sqlite3.Connection]:
    """One write transaction; taken at once, so that two processes wait for each other instead of failing halfway."""
    connection = database.conn
    connection.execute("begin immediate")
    try:
        yield connection
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


@contextlib.contextmanager
def durable(database: Database) -> Iterator[None]:
    """What is committed inside is on the disk when its commit returns: it outlives a power failure, too."""
    database.conn.execute("pragma synchronous = full")
    try:
        yield
    finally:
        database.conn.execute("pragma synchronous = normal")


type Write = Callable[[sqlite3.Connection], object]


class Writer:
    """One thread that applies writes in order, many to a transaction, so that the event loop never waits for disk."""

    def __init__(self, database: Database, name: str) -> None:
        self.database = database
        self.name = name
        self._queue: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._pending = 0
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()
        self._stop = threading.Event()
        self._then: list[Callable[[], object]] = []
        self._thread = threading.Thread(target=self._run, name=f"{name} writer", daemon=True)
        self._thread.start()

    def submit(self, write: Write) -> None:
        """Queue one write; returns at once."""
        with self._lock:
            self._pending += 1
            self._idle.clear()
        self._queue.put(write)

    def when_committed(self, then: Callable[[], object]) -> None:
        """For a write under way: what is done when its transaction can be read by others, in the writer's thread."""
        self._then.append(then)

    @property
    def pending(self) -> int:
        """Writes not yet committed."""
        return self._pending

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until all that was submitted is committed; False if that took too long."""
        self._stop.set()  # skip the wait between batches
        try:
            return self._idle.wait(timeout_s)
        finally:
            self._stop.clear()

    def close(self) -> None:
        """Write what is left and end the thread."""
        self._stop.set()
        self._queue.put(None)
        self._thread.join(timeout=10)

    def _run(self) -> None:
        ended = False
        while not ended:
            batch = [self._queue.get()]
            self._stop.wait(FLUSH_INTERVAL_S)
            with contextlib.suppress(queue.Empty):
                while len(batch) < 2000:
                    batch.append(self._queue.get_nowait())
            writes = [write for write in batch if write is not None]
            ended = len(writes) < len(batch)
            self._apply(writes)
            with self._lock:
                self._pending -= len(writes)
                if not self._pending:
                    self._idle.set()

    def _apply(self, writes: list[Write]) -> None:
        if not writes:
            return
        self._then = []  # of a transaction that failed
        try:
            with transaction(self.database) as connection:
                for write in writes:
                    write(connection)
        except Exception as error:  # noqa: BLE001 - a number too large, text that is no Unicode: the thread must live on
            if len(writes) == 1:
                log.error("a write was lost: %s: %s", type(error).__name__, error)
                return
            for write in writes:  # one bad row must not take the others with it
                self._apply([write])
            return
        for then in self._then:
            try:
                then()
            except Exception:  # as above
                log.exception("what follows a write failed")
