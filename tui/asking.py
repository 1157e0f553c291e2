"""Questions to the databases that take a while, in a thread of their own: the live view goes on meanwhile."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlite_utils import Database

from router_core.clock import Clock
from router_core.home import Home
from router_core.store.database import open_read_only
from router_core.store.tokens import TokenStore, view_tokens
from tui.database_file import UNREADABLE, DatabaseFile, reason

type Answered = Callable[[Callable[[], None]], object]
"""Has the app call something, in the app's own thread."""


class Databases:
    """Both databases, read-only, opened when they are first asked for and again when the file is another one.

    Raises (each property): HomeError, sqlite3.Error, OSError: there is none yet, or it cannot be read.
    """

    def __init__(self, home: Home, clock: Clock) -> None:
        self._traces: DatabaseFile[Database] = DatabaseFile(
            home.traces_db, lambda: open_read_only(home.traces_db), lambda database: database
        )
        self._tokens: DatabaseFile[TokenStore] = DatabaseFile(
            home.tokens_db, lambda: view_tokens(home, clock), lambda store: store.database
        )

    @property
    def traces(self) -> Database:
        return self._traces.current()

    @property
    def tokens(self) -> TokenStore:
        return self._tokens.current()

    def close(self) -> None:
        self._traces.close()
        self._tokens.close()


@dataclass(frozen=True, slots=True)
class _Question:
    about: str
    number: int
    answer: Callable[[Databases], Callable[[], None]]
    failed: Callable[[str], None] | None
    through: Answered


class Asking:
    """One question after the other."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home, self._clock = home, clock
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._newest: dict[str, int] = {}
        self._number = 0
        self._thread = threading.Thread(target=self._run, name="tui questions", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; waits for the question under way."""
        self._questions.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def ask[T](
        self,
        question: Callable[[Databases], T],
        then: Callable[[T], None],
        *,
        through: Answered,
        failed: Callable[[str], None] | None = None,
        about: str = "",
    ) -> None:
        """Have `then` called with the answer.

        Args:
            through: how the app is made to call it.
            failed: is called with what to say when a database cannot be read (yet).
            about: a later question about the same takes the place of one that still waits.
        """

        def answer(databases: Databases) -> Callable[[], None]:
            found = question(databases)
            return lambda: then(found)

        self._number += 1
        if about:
            self._newest[about] = self._number
        self._questions.put(_Question(about, self._number, answer, failed, through))

    def _run(self) -> None:
        databases = Databases(self._home, self._clock)
        while (question := self._questions.get()) is not None:
            if question.about and self._newest[question.about] != question.number:
                continue
            try:
                answered = question.answer(databases)
            except UNREADABLE as error:
                if question.failed is None:
                    continue
                answered = _told(question.failed, reason(error))
            except Exception as error:  # noqa: BLE001 - a fault of ours: the app ends of it, as of one of its own
                answered = raising(error)
            question.through(answered)
        databases.close()


def raising(error: Exception) -> Callable[[], None]:
    """To be called in the app's thread: what a thread dies of would else be seen by nobody."""

    def act() -> None:
        raise error

    return act


def _told(failed: Callable[[str], None], why: str) -> Callable[[], None]:
    return lambda: failed(why)
