"""The rows of the databases as the app holds them, every text already harmless (see `plain.py`)."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, replace
from typing import Any, ClassVar, Self

import orjson

from router_core.text import plain
from router_core.tokens.token import Token

_SHAPES: set[tuple[type[Any], ...]] = set()
"""Of the rows that were met and have in each column what belongs there: nearly all have one of a few."""


@dataclass(frozen=True, slots=True)
class _Row:
    __match_args__: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From a row of the public schema; of an older one, before a router has brought it up to date, the newest
        columns are missing."""
        values = [row[name] if name in row else _default(cls, name) for name in cls.__match_args__]
        shape = cls, *[value.__class__ for value in values]
        if shape not in _SHAPES:
            mended = [_mended(*each) for each in zip(values, fields(cls), strict=True)]
            if [value.__class__ for value in mended] == [*shape[1:]]:
                _SHAPES.add(shape)
            values = mended
        return cls(*[_harmless(value) if value.__class__ in (str, list) else value for value in values])


@dataclass(frozen=True, slots=True)
class RequestRow(_Row):
    """One client request; times in epoch milliseconds."""

    row_number: int
    id: str
    started_at: int
    finished_at: int | None
    client: str
    user_agent: str
    session: str
    method: str
    path: str
    format: str
    streamed: int
    provider: str
    model: str
    token: str
    because: str
    state: str
    status: int | None
    attempts: int
    ttft_ms: int | None
    total_ms: int | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    cache_write_1h_tokens: int | None
    reasoning_tokens: int | None
    stop_reason: str
    cost_nano_usd: int | None
    error: str
    asked_model: str = ""
    upstream_format: str = ""
    losses: str = "[]"
    cost_basis: str = ""
    billing: str = ""
    scenario: str = ""
    tier: str = ""
    decision: str = "[]"
    project: str = ""
    agent: str = ""
    client_key: str = ""
    estimated_input_tokens: int | None = None
    metered_nano_usd: int = 0

    @property
    def lost(self) -> list[tuple[str, str]]:
        """(path, reason) of what the client said and the provider's format cannot say."""
        return [(plain(str(path)), plain(str(reason))) for path, reason in orjson.loads(self.losses or "[]")]

    @property
    def decided(self) -> list[tuple[str, str]]:
        """(rule, what it said), for every rule that was tried, in order."""
        return [(plain(str(rule)), plain(str(said))) for rule, said in orjson.loads(self.decision or "[]")]

    @property
    def running(self) -> bool:
        return self.state == "running"

    @property
    def prompt_tokens(self) -> int | None:
        """All that was sent: fresh, read from the cache, and written to it."""
        parts = (self.input_tokens, self.cache_read_tokens, self.cache_write_tokens, self.cache_write_1h_tokens)
        known = [part for part in parts if part is not None]
        return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class AttemptRow(_Row):
    """One attempt; `request_headers` and `response_headers` are pairs, redacted when they were written."""

    number: int
    provider: str
    model: str
    token: str
    url: str
    because: str
    started_at: int
    finished_at: int | None
    status: int | None
    outcome: str
    action: str
    reason: str
    first_byte_ms: int | None
    total_ms: int | None
    request_headers: list[list[str]]
    response_headers: list[list[str]]
    affinity: str = ""
    cache_kept_tokens: int | None = None
    cache_lost_tokens: int | None = None
    cache_lost_nano_usd: int | None = None
    edits: Sequence[list[str]] = ()
    """(path, rule) of each."""
    cost_nano_usd: int | None = None
    cost_basis: str = ""
    billing: str = ""
    connect_ms: int | None = None


@dataclass(frozen=True, slots=True)
class BodyRow(_Row):
    """One body, decompressed; its bytes are made harmless when they become lines."""

    kind: str
    size: int
    truncated: int
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Trace:
    """All that is known of one request."""

    request: RequestRow
    attempts: list[AttemptRow]
    bodies: list[BodyRow]


def _default(row: type[Any], name: str) -> Any:
    return next("" if field.default is MISSING else field.default for field in fields(row) if field.name == name)


def _mended(value: Any, field: "Field[Any]") -> Any:
    """The value; of a damaged file (SQLite keeps anything in any column) what can be shown in its place."""
    if field.type is str:
        return value if isinstance(value, str) else "" if value is None else str(value)
    if field.type is int or field.type == int | None:
        return value if isinstance(value, int | float | None) else None if field.type == int | None else 0
    return value


def _harmless(value: Any) -> Any:
    """A text, or a list of them (headers are lists of pairs)."""
    return [_harmless(part) for part in value] if isinstance(value, list) else plain(str(value))


def harmless(token: Token) -> Token:
    """The token, its texts fit for a terminal."""
    return replace(
        token,
        name=plain(token.name),
        provider=plain(token.provider),
        health_because=plain(token.health_because),
        cooldowns=tuple(
            replace(c, because=plain(c.because), model=plain(c.model), kind=plain(c.kind)) for c in token.cooldowns
        ),
        windows=tuple(replace(w, name=plain(w.name), status=plain(w.status)) for w in token.windows),
    )
