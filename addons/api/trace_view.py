"""What the API says of a traced request and its attempts (router_core/trace/view.py)."""

from typing import Annotated, Literal

from pydantic import Field

from addons.api.endpoint import View

State = Literal["running", "ok", "failed", "refused", "client_closed", "broken", "lost"]
Tokens = Annotated[int | None, Field(description="As the provider counted; null: it said nothing.")]


class TraceView(View):
    """One request of a client. Times are epoch milliseconds, money is nano-USD."""

    id: str
    started_at: int
    finished_at: int | None
    """Null while it runs."""
    client: str
    user_agent: str
    session: str
    method: str
    path: str
    format: str
    """The client's wire format."""
    streamed: bool
    provider: str
    model: str
    """Of the target."""
    token: str
    """Name of the token that answered."""
    because: str
    """Why it went there."""
    state: State
    status: int | None
    attempts: int
    """How many were made."""
    ttft_ms: int | None
    """Until the first byte of content was sent to the client."""
    total_ms: int | None
    stop_reason: str
    error: str
    asked_model: str
    """As a routed request named it."""
    upstream_format: str
    """The provider's, where it is another one."""
    scenario: str
    tier: str
    project: str
    agent: str
    """A subagent; "": the main line."""
    client_key: str
    """Name of the key that the client gave; "": the gateway token."""
    estimated_input_tokens: int | None
    cost_nano_usd: int | None
    """Null: nothing was billed, or the price is not known."""
    cost_basis: str
    billing: str
    """`metered`, or `subscription`: then the cost is what it would have been at list prices."""
    metered_nano_usd: int
    """The part of the cost that is real money."""
    input_tokens: Tokens
    output_tokens: Tokens
    cache_read_tokens: Tokens
    cache_write_tokens: Tokens
    cache_write_1h_tokens: Tokens
    reasoning_tokens: Tokens


class Tried(View):
    """A rule that was tried, and what it said."""

    rule: str
    said: str


class Loss(View):
    """What the client said and the target could not be told."""

    path: str
    reason: str


class Edit(View):
    """A change that was made to what the client sent."""

    path: str
    rule: str


class AttemptView(View):
    """One try of one target with one token."""

    number: int
    provider: str
    model: str
    token_id: str
    token: str
    url: str
    because: str
    """Why this token."""
    started_at: int
    finished_at: int | None
    status: int | None
    outcome: str
    """`answered`, or the kind of failure."""
    action: str
    """What was done then: `done`, `retry`, `next_token`, `give_up` …"""
    reason: str
    first_byte_ms: int | None
    total_ms: int | None
    request_headers: list[tuple[str, str]]
    """Credentials are masked."""
    response_headers: list[tuple[str, str]]
    affinity: str
    cache_kept_tokens: int | None
    cache_lost_tokens: int | None
    cache_lost_nano_usd: int | None
    edits: list[Edit]
    connect_ms: int | None
    """How long it waited for its connection."""
    cost_nano_usd: int | None
    cost_basis: str
    billing: str


class CostLineView(View):
    """One line of a bill."""

    name: str
    amount: int | None
    """Tokens or searches; null: a sum that has no amount."""
    per_million: int | None
    """Nano-USD for a million tokens."""
    nano_usd: int


class BilledAttemptView(View):
    """An attempt that was billed before the one that answered."""

    number: int
    token: str
    nano_usd: int | None
    basis: str
    billing: str


class CostView(View):
    """How the cost of a request comes about; money in nano-USD."""

    lines: list[CostLineView]
    """They add up to the cost of the answer."""
    earlier: list[BilledAttemptView]
    """Theirs comes on top."""
    total: int | None
    """As recorded, at list prices; null: nothing was billed, or the price is not known."""
    metered: int
    """The part of it that is real money."""
    basis: str
    billing: str
    uncached: int | None
    """What the same prompt would have cost more had nothing of it been cached."""
    why_no_lines: str
