"""From the running router to traces.db: rows and bodies are queued, one thread redacts, compresses and writes them."""

import logging
import random
import sqlite3
import string
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from router_core.clock import Clock, to_ms
from router_core.config.schema import TraceConfig
from router_core.store.database import Writer
from router_core.store.retention import Cut, Limits, cut, delete_slice, shrink_slice
from router_core.store.traces import mark_lost, write_body, write_started, write_trace
from router_core.store.usage_days import fold_slice
from router_core.trace.record import BodyRecord, TraceRecord
from router_core.trace.redact import Redactor
from router_core.wire.encoding import inflate

log = logging.getLogger("mitmrouter.trace")

INFLATE_LIMIT_BYTES = 8 * 1024 * 1024
LONGEST_SECRET_BYTES = 8192
_WORD = (string.ascii_letters + string.digits + "._~+/=-").encode()
REQUEST_TEXTS = (
    "path", "client", "user_agent", "session", "model", "asked_model", "token", "because", "stop_reason", "error",
    "project", "agent",
)  # fmt: skip
ATTEMPT_TEXTS = ("model", "token", "url", "because", "reason", "affinity")
News = Literal["started", "changed", "finished"]
type Watcher = Callable[[News, TraceRecord], None]
CLEAN_EVERY_S = 3600.0
CLEAN_EVERY_REQUESTS = 500
CLEAN_EVERY_SHARE = 16
"""… and when bodies of a 16th of what may be kept have come in."""


def new_trace_id(now: float) -> str:
    """An id that sorts by time: `r` + milliseconds in hex + random."""
    return f"r{to_ms(now):011x}{random.getrandbits(32):08x}"


class TraceWriter:
    """Takes records from the event loop; never blocks it.

    Args:
        writer: of traces.db.
        redactor: knows the secrets of this process.
    """

    def __init__(self, writer: Writer, redactor: Redactor, clock: Clock, config: TraceConfig) -> None:
        self._writer = writer
        self._redactor = redactor
        self._clock = clock
        self.config = config
        self.watchers: list[Watcher] = []
        """Each is told of every record that can be read in the database now, in the writer's thread."""
        self._cleaned_at = -CLEAN_EVERY_S
        self._since_cleaned = 0
        self._bytes_since_cleaned = 0
        self._writer.submit(mark_lost)

    def started(self, record: TraceRecord) -> None:
        """A request has come in: it is visible as running from the next flush on."""
        copy = record.copy()
        self._writer.submit(lambda connection: self._write(connection, "started", write_started, copy))
        self._clean()

    def changed(self, record: TraceRecord) -> None:
        """Something is known that viewers want to see before the end: the token, an attempt."""
        copy = record.copy()
        self._writer.submit(lambda connection: self._write(connection, "changed", write_trace, copy))

    def finished(self, record: TraceRecord) -> None:
        """The request is over: nobody changes the record any more. Its usage is counted once."""
        self._writer.submit(lambda connection: self._write(connection, "finished", write_trace, record))

    def _write(
        self,
        connection: sqlite3.Connection,
        news: News,
        write: Callable[[sqlite3.Connection, TraceRecord], None],
        record: TraceRecord,
    ) -> None:
        clean = masked(record, self._redactor)
        write(connection, clean)
        if self.watchers:
            self._writer.when_committed(lambda: self._tell(news, clean))

    def _tell(self, news: News, record: TraceRecord) -> None:
        for watcher in self.watchers:
            try:
                watcher(news, record)
            except Exception:  # one that fails must not take the others with it, or the writer
                log.exception("a watcher of traces failed")

    def body(self, body: BodyRecord) -> None:
        """Keep one body, as the configuration allows."""
        if self.config.bodies != "off" and body.content:
            self._writer.submit(lambda connection: self._write_body(connection, body))

    def _write_body(self, connection: sqlite3.Connection, body: BodyRecord) -> None:
        content = body.content
        truncated = body.truncated
        if body.content_encoding and body.content_encoding != "identity":
            opened = inflate(content, body.content_encoding, INFLATE_LIMIT_BYTES)
            content = b"(cannot be read: " + body.content_encoding.encode() + b")" if opened is None else opened
        limit = self.config.body_limit_bytes
        if len(content) > limit:
            content, truncated = content[:limit], True
        if truncated:  # half a secret is not recognised any more: the unfinished word goes
            whole = content.rstrip(_WORD)
            content = whole if len(content) - len(whole) < LONGEST_SECRET_BYTES else content[:-LONGEST_SECRET_BYTES]
        masked = self._redactor.shapes(content) if self.config.bodies == "redacted" else self._redactor.values(content)
        self._bytes_since_cleaned += write_body(connection, replace(body, content=masked, truncated=truncated))

    def _clean(self) -> None:
        """At start, once an hour, and every so much: what is too old or too much goes."""
        config = self.config
        self._since_cleaned += 1
        if (
            time.monotonic() - self._cleaned_at < CLEAN_EVERY_S
            and self._since_cleaned < CLEAN_EVERY_REQUESTS
            and self._bytes_since_cleaned * CLEAN_EVERY_SHARE < config.bodies_max_bytes
        ):
            return
        self._cleaned_at = time.monotonic()
        self._since_cleaned = self._bytes_since_cleaned = 0
        before = to_ms(self._clock.now() - config.max_age_days * 86400)
        limits = Limits(config.keep, config.bodies_max_bytes, before)
        self._writer.submit(lambda connection: self._delete(connection, cut(connection, limits)))

    def _delete(self, connection: sqlite3.Connection, beyond: Cut) -> None:
        """A slice; the next one has its turn after what has come in meanwhile."""
        if delete_slice(connection, beyond):
            self._writer.submit(lambda connection: self._delete(connection, beyond))
        else:
            self._tidy(connection)

    def _tidy(self, connection: sqlite3.Connection) -> None:
        if shrink_slice(connection) or fold_slice(connection, to_ms(self._clock.now())):
            self._writer.submit(self._tidy)


def masked(record: TraceRecord, redactor: Redactor) -> TraceRecord:
    """The record as it may be written down: texts of clients, providers and exceptions go into all of these fields."""
    texts = [
        *(getattr(record, name) for name in REQUEST_TEXTS),
        *(text for pair in (*record.losses, *record.decision) for text in pair),
        *(getattr(attempt, name) for attempt in record.attempts for name in ATTEMPT_TEXTS),
        *(text for attempt in record.attempts for edit in attempt.edits for text in edit),
    ]
    together = "\n".join(texts)
    if redactor.text(together) == together:  # nearly always
        return record
    attempts = [
        replace(
            attempt, edits=_masked_pairs(attempt.edits, redactor), **_masked_texts(attempt, ATTEMPT_TEXTS, redactor)
        )
        for attempt in record.attempts
    ]
    return replace(
        record,
        losses=_masked_pairs(record.losses, redactor),
        decision=_masked_pairs(record.decision, redactor),
        attempts=attempts,
        **_masked_texts(record, REQUEST_TEXTS, redactor),
    )


def _masked_pairs(pairs: list[tuple[str, str]], redactor: Redactor) -> list[tuple[str, str]]:
    return [(redactor.text(first), redactor.text(second)) for first, second in pairs]


def _masked_texts(record: object, names: tuple[str, ...], redactor: Redactor) -> dict[str, Any]:
    return {name: redactor.text(getattr(record, name)) for name in names}
