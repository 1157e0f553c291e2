"""What usage is added up of, and by: the columns of the usage tables."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class AddedUp:
    """Finished requests, added up: the sums that every one of the tables has."""

    requests: int
    failures: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    reasoning_tokens: int
    cost_nano_usd: int
    """At list prices."""
    metered_nano_usd: int
    """The part of it that is real money."""


HOUR_MS = 3_600_000
SUMMED = tuple(field.name for field in fields(AddedUp))
TIMES = ("ttft_ms", "ttft_count", "total_ms", "total_count")
DAILY = ("day", "provider", "token", "model", "session")
HOURLY = ("provider", "token", "model", "project", "client", "client_key", "scenario")
PATHS = ("path", "status")
PATH_HOURLY = (*PATHS, *HOURLY)
LAST = ("provider", "model", "project", "client")
