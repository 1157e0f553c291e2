"""Remembers what each response held, so that `previous_response_id` works where the provider does not know the id.

A conversation is a chain: each response keeps the id of the one before and only what it added, also when the client
sent everything again. A response is known the moment it is remembered; finding its place in a chain, compressing and
writing are done by the writer thread. Reading touches disk only for what has not been used lately, row by row by key.
Chains are kept and forgotten as a whole: half a conversation is worse than none. Instructions are not kept, because
the API does not carry them over to the next response either.
"""

import logging
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import zstandard

from router_core.clock import Clock
from router_core.errors import WireError
from router_core.state.fingerprint import EMPTY, fingerprint, fingerprints
from router_core.state.link import Link
from router_core.store.database import Write
from router_core.store.state import (
    Head,
    StateStore,
    forget_from,
    head,
    heads_with,
    response_totals,
    touch_response,
    trim_responses,
    write_link,
)
from router_core.wire.model import JsonObject

log = logging.getLogger("mitmrouter.state")

TRIM_INTERVAL_S = 3600.0
"""Conversations grow too old without anything being over a bound."""
_MOST_ASKED = 500


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept.

    Args:
        max_bytes: of compressed conversations in the database.
        max_count: responses in the database.
        max_age_s: since a conversation was last used.
        memory_bytes: of compressed responses in memory.
        max_expanded_bytes: of JSON that one conversation may open to.
        max_depth: responses of one conversation.
    """

    max_bytes: int = 512 * 1024 * 1024
    max_count: int = 50_000
    max_age_s: float = 30 * 86400.0
    memory_bytes: int = 32 * 1024 * 1024
    max_expanded_bytes: int = 128 * 1024 * 1024
    max_depth: int = 10_000


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a response came from."""

    provider: str
    token_id: str
    session: str


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A response that the writer thread has not seen yet."""

    previous_id: str
    origin: Origin
    input: list[Any]
    output: list[Any]
    at: float


class Queue(Protocol):
    """Of writes to the database."""

    def submit(self, write: Write) -> None: ...


class Conversations:
    """Response id → the whole conversation up to and with it.

    Args:
        store: an open state store, for reading only.
        writer: queues writes to the same database.
    """

    def __init__(self, store: StateStore, writer: Queue, clock: Clock, bounds: Bounds | None = None) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._lock = threading.Lock()
        self._fresh: dict[str, _Fresh] = {}
        self._recent: OrderedDict[str, Link] = OrderedDict()
        self._recent_bytes = 0
        self._count = self._bytes = 0  # in the database; these and the next are the writer thread's own
        self._trimmed_at = 0.0
        writer.submit(self._begin)

    def remember(
        self,
        response_id: str,
        input_items: list[Any],
        output_items: list[Any],
        *,
        provider: str,
        token_id: str,
        session: str = "",
        previous_id: str = "",
    ) -> None:
        """Keep a finished response; returns at once. The lists must not be changed afterwards.

        Args:
            input_items: as the client sent them, before anything was taken out for one provider.
            previous_id: the response that `input_items` continue; "" when they are the whole conversation.
        """
        if not response_id:
            return
        now = self._clock.now()
        with self._lock:
            self._forget(response_id)
            fresh = _Fresh(previous_id, Origin(provider, token_id, session), input_items, output_items, now)
            self._fresh[response_id] = fresh
        self._writer.submit(lambda connection: self._keep(connection, response_id, fresh))

    def expand(self, response_id: str) -> list[Any] | None:
        """Input and output items of the whole conversation, oldest first; None when any part of it is not known."""
        parts: list[list[Any]] = []
        seen: set[str] = set()
        size = 0
        at = response_id
        while at:
            if at in seen or len(seen) >= self._bounds.max_depth:
                log.error("the responses before %.100s lead nowhere", response_id)
                return None
            seen.add(at)
            if (fresh := self._fresh.get(at)) is not None:
                parts += (fresh.output, fresh.input)
                at = fresh.previous_id
                continue
            link = self._link(at)
            opened = None if link is None else _opened(link, self._bounds.max_expanded_bytes - size)
            if link is None or opened is None:
                return None
            size += opened.size
            parts += (opened.output, opened.input)
            at = link.previous_id
        if not parts:
            return None
        now = self._clock.now()
        self._writer.submit(lambda connection: touch_response(connection, response_id, now))
        return [item for part in reversed(parts) for item in part]

    def origin(self, response_id: str) -> Origin | None:
        """Who gave this response: only that token at that provider may know the id itself."""
        if (fresh := self._fresh.get(response_id)) is not None:
            return fresh.origin
        link = self._link(response_id)
        return None if link is None else Origin(link.provider, link.token_id, link.session)

    def item(self, item_id: str) -> JsonObject | None:
        """An output item by the id that the provider gave it (`item_reference`)."""
        for fresh in list(self._fresh.values()):
            if found := _with_id(fresh.output, item_id):
                return found
        response_id = self._store.response_of_item(item_id)
        link = self._link(response_id) if response_id else None
        opened = None if link is None else _opened(link, self._bounds.max_expanded_bytes)
        return None if opened is None else _with_id(opened.output, item_id)

    def in_memory(self, response_id: str) -> bool:
        """True if the newest part is at hand; else `expand` reads the database, and is better called in a thread."""
        return response_id in self._fresh or response_id in self._recent

    def _link(self, response_id: str) -> Link | None:
        with self._lock:
            link = self._recent.get(response_id)
            if link is not None:
                self._recent.move_to_end(response_id)
        if link is None:
            link = self._store.link(response_id)
            if link is not None:
                self._hold(link)
        return link

    def _hold(self, link: Link) -> None:
        with self._lock:
            self._drop_recent(link.id)
            self._recent[link.id] = link
            self._recent_bytes += len(link.content)
            while self._recent_bytes > self._bounds.memory_bytes:
                self._drop_recent(next(iter(self._recent)))

    def _forget(self, response_id: str) -> None:
        self._fresh.pop(response_id, None)
        self._drop_recent(response_id)

    def _drop_recent(self, response_id: str) -> None:
        if (old := self._recent.pop(response_id, None)) is not None:
            self._recent_bytes -= len(old.content)

    def _drop_where(self, gone: Callable[[Link], bool]) -> None:
        """Nothing else is dropped: what is not yet committed can be read from here alone."""
        with self._lock:
            for response_id in [link.id for link in self._recent.values() if gone(link)]:
                self._drop_recent(response_id)

    # What follows runs in the writer thread.

    def _begin(self, connection: sqlite3.Connection) -> None:
        self._count, self._bytes = response_totals(connection)
        self._trim(connection)

    def _keep(self, connection: sqlite3.Connection, response_id: str, fresh: _Fresh) -> None:
        if (old := head(connection, response_id)) is not None:
            # A service that uses an id twice: what continued the first response does not continue this one.
            chain, depth = old.chain, old.depth
            forget_from(connection, old)
            self._drop_where(lambda link: link.chain == chain and (link.depth > depth or link.id == response_id))
        try:
            link = self._placed(connection, response_id, fresh)
        except (WireError, orjson.JSONEncodeError) as error:  # what no client could send back either
            log.warning("the response %.100s is not remembered: %s", response_id, error)
            link = None
        if link is not None:
            write_link(connection, link)
            self._count += 1
            self._bytes += len(link.content)
            if self._trim_is_due():
                self._trim(connection)
            self._hold(link)
        with self._lock:
            if self._fresh.get(response_id) is fresh:
                del self._fresh[response_id]

    def _placed(self, connection: sqlite3.Connection, response_id: str, fresh: _Fresh) -> Link | None:
        if fresh.previous_id:
            parent, new = head(connection, fresh.previous_id), fresh.input
            if parent is None:
                return None  # it was forgotten meanwhile: what comes after it alone is of no use
        else:
            parent, done = _continued(connection, fresh.input)
            new = fresh.input[done:]
        depth = parent.depth + 1 if parent else 0
        if depth >= self._bounds.max_depth:
            return None
        content = orjson.dumps({"input": new, "output": fresh.output})
        if len(content) > self._bounds.max_expanded_bytes:
            return None
        return Link(
            id=response_id,
            previous_id=parent.id if parent else "",
            chain=parent.chain if parent else response_id,
            depth=depth,
            fingerprint=fingerprint([*new, *fresh.output], parent.fingerprint if parent else EMPTY),
            provider=fresh.origin.provider,
            token_id=fresh.origin.token_id,
            session=fresh.origin.session,
            used_at=fresh.at,
            content=zstandard.ZstdCompressor(level=3).compress(content),
            item_ids=tuple(_ids(fresh.output)),
        )

    def _trim_is_due(self) -> bool:
        over = self._count > self._bounds.max_count or self._bytes > self._bounds.max_bytes
        return over or self._clock.now() - self._trimmed_at > TRIM_INTERVAL_S

    def _trim(self, connection: sqlite3.Connection) -> None:
        bounds = self._bounds
        self._trimmed_at = self._clock.now()
        before = self._trimmed_at - bounds.max_age_s
        forgotten = trim_responses(connection, max_count=bounds.max_count, max_bytes=bounds.max_bytes, before=before)
        self._count, self._bytes = response_totals(connection)
        if forgotten:
            self._drop_where(lambda link: link.chain in forgotten)


def _continued(connection: sqlite3.Connection, items: list[Any]) -> tuple[Head | None, int]:
    """The known response with the longest conversation that these items begin with, and how many items that is."""
    after = {value: number for number, value in enumerate(fingerprints(items), 1)}
    wanted = list(reversed(after))  # the longest first
    for start in range(0, len(wanted), _MOST_ASKED):
        if found := heads_with(connection, wanted[start : start + _MOST_ASKED]):
            best = max(found, key=lambda h: after[h.fingerprint])
            return best, after[best.fingerprint]
    return None, 0


@dataclass(frozen=True, slots=True)
class _Opened:
    input: list[Any]
    output: list[Any]
    size: int


def _opened(link: Link, max_bytes: int) -> _Opened | None:
    try:
        size = zstandard.frame_content_size(link.content)
        if not 0 <= size <= max_bytes:
            log.warning("the response %.100s is too large to be opened", link.id)
            return None
        content = orjson.loads(zstandard.ZstdDecompressor().decompress(link.content))
        return _Opened(content["input"], content["output"], size)
    except (zstandard.ZstdError, orjson.JSONDecodeError, KeyError, TypeError) as error:
        log.error("the stored response %.100s is damaged: %s", link.id, error)
        return None


def _ids(items: list[Any]) -> list[str]:
    ids = (item.get("id") for item in items if isinstance(item, dict))
    return [id_ for id_ in ids if isinstance(id_, str) and id_]


def _with_id(items: list[Any], item_id: str) -> JsonObject | None:
    return next((item for item in items if isinstance(item, dict) and item.get("id") == item_id), None)
