"""What is written down of one request and of each of its attempts.

Times are epoch seconds here, milliseconds in the database.
"""

from dataclasses import dataclass, field, fields
from operator import attrgetter

type Headers = list[tuple[str, str]]


@dataclass(slots=True)
class Usage:
    """Tokens as the provider counted them; None where it said nothing. `input_tokens` excludes cached ones,
    `output_tokens` includes reasoning."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    reasoning_tokens: int | None = None
    web_search_requests: int | None = None
    """Searches that the provider made and charges one by one."""
    services: tuple[str, ...] | None = None
    """The provider's words for what changes the price of each token: `priority`, `flex`, `fast`, `us` …"""
    reported_nano_usd: int | None = None
    """What the provider itself says that the request has cost (OpenRouter)."""


@dataclass(slots=True)
class AttemptRecord:
    """One try of one target with one token."""

    number: int
    provider: str
    model: str
    token_id: str
    token: str
    url: str
    because: str
    started_at: float
    finished_at: float | None = None
    status: int | None = None
    outcome: str = ""
    action: str = ""
    reason: str = ""
    first_byte_ms: int | None = None
    request_headers: Headers = field(default_factory=list)
    response_headers: Headers = field(default_factory=list)
    affinity: str = ""
    """What became of the session's binding, and why; "": no session."""
    cache_kept_tokens: int | None = None
    cache_lost_tokens: int | None = None
    cache_lost_nano_usd: int | None = None
    edits: list[tuple[str, str]] = field(default_factory=list)
    """(path, rule) of each change that was made to what the client sent."""
    cost_nano_usd: int | None = None
    """None: not billed, or the price is not known."""
    cost_basis: str = ""
    """`price`, `reported` or `estimated`; "": no cost is known (router_core/spend/cost.py)."""
    billing: str = ""
    """`metered`, or `subscription`: then the cost is what it would have been at list prices. "": nothing was billed."""
    connect_ms: int | None = None
    """Until there was a connection to send on (0: one was kept from before), or none could be made."""


@dataclass(slots=True)
class TraceRecord:
    """One client request."""

    id: str
    started_at: float
    method: str
    path: str
    format: str
    client: str = ""
    user_agent: str = ""
    session: str = ""
    streamed: bool = False
    provider: str = ""
    model: str = ""
    """Of the target."""
    token: str = ""
    because: str = ""
    state: str = "running"
    status: int | None = None
    ttft_ms: int | None = None
    finished_at: float | None = None
    usage: Usage = field(default_factory=Usage)
    stop_reason: str = ""
    error: str = ""
    attempts: list[AttemptRecord] = field(default_factory=list)
    asked_model: str = ""
    """As a routed request named it."""
    upstream_format: str = ""
    """Of the last attempt, where it differs from the client's."""
    losses: list[tuple[str, str]] = field(default_factory=list)
    """(path, reason) of what the client said and the target could not be told, in the last attempt."""
    scenario: str = ""
    tier: str = ""
    """Of `auto`."""
    decision: list[tuple[str, str]] = field(default_factory=list)
    """(rule, what it said), for every rule that was tried, in order."""
    project: str = ""
    """The working directory that the client names."""
    agent: str = ""
    """Of a subagent; "" is the main line."""
    client_key: str = ""
    """Name of the key that the client gave; "" is the gateway token."""
    traceparent: str = ""
    """W3C trace context that the client sent; not kept, telemetry goes on with it."""
    estimated_input_tokens: int | None = None
    cost_nano_usd: int | None = None
    """Of all its attempts; None: nothing was billed, or the price is not known."""
    cost_basis: str = ""
    """Of the attempt that was billed last."""
    billing: str = ""
    """`metered` as soon as one attempt was; `subscription` when all were."""
    metered_nano_usd: int = 0
    """The part of the cost that is real money."""

    def copy(self) -> "TraceRecord":
        """What the writer thread gets: later changes do not reach it."""
        copy = TraceRecord(*_fields_of_record(self))
        copy.usage = Usage(*_fields_of_usage(self.usage))
        copy.attempts = [AttemptRecord(*_fields_of_attempt(attempt)) for attempt in self.attempts]
        return copy


_fields_of_record, _fields_of_usage, _fields_of_attempt = (
    attrgetter(*(each.name for each in fields(kind))) for kind in (TraceRecord, Usage, AttemptRecord)
)
"""A tenth of what `dataclasses.replace` takes, and records are copied several times for each request."""


def lasted_ms(started_at: float, until: float) -> int:
    """From one time to another; 0 where the clock was put back in between."""
    return max(0, round((until - started_at) * 1000))


@dataclass(frozen=True, slots=True)
class BodyRecord:
    """Bytes of one body as they went over the wire (decoded, redacted and compressed by the writer)."""

    request_id: str
    kind: str
    """`request` and `response` as the client saw them; `upstream-request` and `upstream-response` where those differ;
    `attempt-N` for the answer of an attempt that lost, `attempt-N-request` for what it was sent."""
    content: bytes
    size: int
    truncated: bool
    content_type: str = ""
    content_encoding: str = ""
