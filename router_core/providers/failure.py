"""The words for how an attempt can fail. The closed set that `failover.judge` decides on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

type JsonObject = dict[str, Any]


class FailureKind(StrEnum):
    """What a failed attempt means; each kind has its row in `failover.judge`."""

    WINDOW_EXHAUSTED = "window_exhausted"
    """A quota window of the whole token is used up."""
    QUOTA_EXHAUSTED = "quota_exhausted"
    """Usage limit, billing or credit: the token is used up for long."""
    RATE_LIMITED = "rate_limited"
    """Too many requests for the moment; the provider said how long to wait."""
    MODEL_LIMITED = "model_limited"
    """Only this model (or a beta) is limited for this token."""
    REQUEST_LIMITED = "request_limited"
    """429 with neither window nor `retry-after`: it is about this one request."""
    MODEL_UNAVAILABLE = "model_unavailable"
    """This token does not have the model that was asked for; another one may."""
    CREDENTIAL_REFUSED = "credential_refused"
    """The token is not accepted."""
    TOKEN_UNUSABLE = "token_unusable"  # noqa: S105 - a word, not a secret
    """The account behind the token cannot do this at all (plan, disabled organisation)."""
    OVERLOADED = "overloaded"
    """The provider has no capacity for this model now."""
    SERVER_ERROR = "server_error"
    """5xx, or an answer that is not the provider's."""
    CONNECT_FAILED = "connect_failed"
    """No connection to the provider's host."""
    CONNECTION_CLOSED = "connection_closed"
    """The connection broke before the answer was complete."""
    TIMED_OUT = "timed_out"
    """Silence for longer than a configured timeout."""
    CLIENT_ERROR = "client_error"
    """The request itself is wrong: the client must see it unchanged."""


class Broken(StrEnum):
    """How the transport failed, when there is no answer to read."""

    CONNECT = "connect"
    CLOSED = "closed"
    CONNECT_TIMEOUT = "connect_timeout"
    FIRST_BYTE_TIMEOUT = "first_byte_timeout"
    IDLE_TIMEOUT = "idle_timeout"
    TOTAL_TIMEOUT = "total_timeout"
    INVALID = "invalid_response"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back from one attempt that is not a usable answer."""

    status: int | None = None
    """HTTP status; None when no response headers came."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Response headers, names in lower case."""
    error: JsonObject | None = None
    """The JSON error body, or the data of the error event inside a 200 stream."""
    text: str = ""
    """The body as text, bounded, when it is not JSON."""
    in_stream: bool = False
    """The error came as an event inside a 200 stream."""
    broken: Broken | None = None
    detail: str = ""
    """mitmproxy's words for a transport failure."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt, understood."""

    kind: FailureKind
    message: str
    """What the provider said, short; no secret, no control characters."""
    rest_until: float | None = None
    """Epoch seconds the provider named; None: it named none."""
    rest_model_only: bool = False
    status: int | None = None
    code: str = ""
    """The provider's own word for it (`code`, else `type` or `status`)."""
