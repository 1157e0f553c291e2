"""`/api/health`: whether all is well inside: providers, writers, databases, the event loop."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from addons.api.endpoint import Answer, Endpoint, View
from addons.api.inside import breaker_of, client_connections, database_sizes, providers_in_use, token_states
from addons.runtime import Runtime
from router_core import __version__
from router_core.home import Home
from router_core.store.database import open_read_only
from router_core.store.finished import last_success


class BreakerView(View):
    """Whether a provider's host is left alone, because it has failed again and again."""

    host: str
    failures: int
    """In a row."""
    open_for_s: float | None
    """It is asked again after so many seconds; null: it may be asked now."""
    because: str


class ProviderHealth(View):
    """One enabled provider that has a token."""

    name: str
    breaker: BreakerView
    last_success_at: int | None
    """Epoch milliseconds; null: none that is still kept."""
    tokens: dict[str, int]
    """How many are in each state."""


class FileSize(View):
    """One database."""

    name: str
    bytes: int
    log_bytes: int
    """Of its write-ahead log."""


class LagView(View):
    """How late the event loop is; every request waits as long."""

    last_ms: float
    most_ms: float
    """In the last minute."""


class Health(View):
    """The inside of the router."""

    version: str
    pid: int
    uptime_s: float
    ok: bool
    """No provider is left alone, no writer is behind, the loop is on time."""
    warnings: list[str]
    providers: list[ProviderHealth]
    writers: dict[str, int]
    """Name → writes that are not on the disk yet."""
    databases: list[FileSize]
    event_loop: LagView
    connections: int
    """Of clients."""
    in_flight: int
    """Requests under way."""
    event_readers: int


MOST_PENDING = 5000
MOST_LAG_MS = 500.0


class HealthPage:
    """Looks at the parts of this router."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        said = "Providers, writers, databases and the event loop"
        return [Endpoint("GET", "/api/health", self.answer, said, Health, tag="router")]

    async def answer(self) -> Answer:
        runtime = self.runtime
        runtime.pool.refresh()
        now = runtime.clock.now()
        names = providers_in_use(runtime)
        last, databases = await asyncio.to_thread(_of_disk, runtime.home, names)
        told: dict[str, Any] = {
            "providers": [
                {
                    "name": name,
                    "breaker": breaker_of(runtime, name),
                    "last_success_at": last[name],
                    "tokens": token_states(runtime, name, now),
                }
                for name in names
            ],
            "writers": runtime.unwritten(),
            "databases": databases,
            "event_loop": {"last_ms": runtime.lag.last_ms, "most_ms": runtime.lag.most_ms},
        }
        warnings = _warnings(told)
        return Answer(
            {
                "version": __version__,
                "pid": os.getpid(),
                "uptime_s": round(now - runtime.started_at, 1),
                "ok": not warnings,
                "warnings": warnings,
                **told,
                "connections": client_connections(),
                "in_flight": sum(len(runtime.pool.leases.held(token.id, now)) for token in runtime.pool.all()),
                "event_readers": runtime.events.readers,
            }
        )


def _warnings(told: dict[str, Any]) -> list[str]:
    """What is not as it should be."""
    said = []
    for provider in told["providers"]:
        breaker = provider["breaker"]
        if breaker["open_for_s"] is not None:
            said.append(f"{provider['name']} is left alone for {breaker['open_for_s']} s: {breaker['because']}")
        if not provider["tokens"]["healthy"]:
            said.append(f"{provider['name']} has no token that can pay now")
    said += [f"{name}: {count} writes wait" for name, count in told["writers"].items() if count > MOST_PENDING]
    if (lag := told["event_loop"]["most_ms"]) > MOST_LAG_MS:
        said.append(f"the event loop was {lag} ms late within the last minute")
    return said


def _of_disk(home: Home, providers: Sequence[str]) -> tuple[dict[str, int | None], list[dict[str, Any]]]:
    traces = open_read_only(home.traces_db)
    with closing(traces.conn):
        last = {name: last_success(traces, name) for name in providers}
    return last, database_sizes(home)
