"""What usage is added up of, and by: the columns of the usage tables."""

from router_core.store.trace_rows import USAGE

HOUR_MS = 3_600_000
SUMMED = ("requests", "failures", *USAGE, "cost_nano_usd", "metered_nano_usd")
"""Sums that every one of the tables has."""
TIMES = ("ttft_ms", "ttft_count", "total_ms", "total_count")
DAILY = ("day", "provider", "token", "model", "session")
HOURLY = ("provider", "token", "model", "project", "client", "client_key", "scenario")
PATHS = ("path", "status")
PATH_HOURLY = (*PATHS, *HOURLY)
LAST = ("provider", "model", "project", "client")
