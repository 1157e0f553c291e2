"""The inside of the router as several endpoints tell it."""

from pathlib import Path
from typing import Any

from mitmproxy import ctx

from addons.runtime import Runtime
from router_core.attempt import upstream_of
from router_core.errors import RouterError
from router_core.home import Home
from router_core.tokens.token import STATES


def breaker_of(runtime: Runtime, provider: str) -> dict[str, Any]:
    """Whether a provider's host is left alone, and why."""
    breakers = runtime.pool.breakers
    try:
        host = upstream_of(runtime.config.providers[provider], "/").authority
    except RouterError as error:
        return {"host": "", "failures": 0, "open_for_s": None, "because": error.message}
    seconds, because = breakers.open_for(host) or (None, "")
    waits = None if seconds is None else round(seconds, 1)
    return {"host": host, "failures": breakers.failures(host), "open_for_s": waits, "because": because}


def providers_in_use(runtime: Runtime) -> list[str]:
    """Those that are enabled and have a token."""
    named = runtime.config.providers.items()
    return [name for name, provider in named if provider.enabled and runtime.pool.of(name)]


def token_states(runtime: Runtime, provider: str, now: float) -> dict[str, int]:
    """How many of its tokens are in each state."""
    found = [token.status(now) for token in runtime.pool.of(provider)]
    return {state: found.count(state) for state in STATES}


def client_connections() -> int:
    """How many are open."""
    return len(ctx.master.addons.get("proxyserver").connections)


def database_sizes(home: Home) -> list[dict[str, Any]]:
    """Read from the disk: not in the event loop."""
    files = (home.tokens_db, home.traces_db, home.state_db, home.spend_db)
    return [
        {"name": file.name, "bytes": _size(file), "log_bytes": _size(file.with_name(f"{file.name}-wal"))}
        for file in files
        if file.exists()
    ]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
