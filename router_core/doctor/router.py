"""The router itself: it runs and answers, or its port is free for it."""

import re
from collections.abc import Iterator
from datetime import datetime

from router_core import __version__
from router_core.demo_lock import demo_is_alive
from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding
from router_core.errors import ConfigError
from router_core.home import Home
from router_core.ports import check_port, other_port
from router_core.processes import healthy, own_router
from router_core.running import Running

LOG_TAIL_BYTES = 512 * 1024
RECENT_S = 24 * 3600.0
_ERROR_LINE = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.\d{3} ERROR\s+(.*)$")


def check(examined: Examined) -> Iterator[Finding]:
    """Whether it runs, where, of which version; what its log complains of."""
    running = own_router(examined.home)
    if running is None:
        yield from _not_running(examined)
    elif not healthy(running.host, running.port):
        yield Finding(
            "router",
            "problem",
            f"runs (pid {running.pid}) and does not answer at {running.url}",
            f"Replace it: {examined.program} restart; if it hangs: kill -9 {running.pid}",
        )
    else:
        yield from _running(examined, running)
    yield from log_findings(examined.home, examined.clock.now())


def _running(examined: Examined, running: Running) -> Iterator[Finding]:
    yield Finding("router", "ok", f"answers at {running.url} (pid {running.pid})")
    if running.version != __version__:
        yield Finding(
            "router",
            "warning",
            f"runs version {running.version}, installed is {__version__}",
            f"Take the new one into use: {examined.program} restart",
        )
    config = examined.config
    if config is not None and running.port != config.server.port and config.server.port and not _demo(examined):
        says = f"listens on port {running.port}, config.toml says {config.server.port}"
        yield Finding("router", "warning", says, f"Move it: {examined.program} restart --port {config.server.port}")


def _demo(examined: Examined) -> bool:
    return demo_is_alive(examined.home)


def _not_running(examined: Examined) -> Iterator[Finding]:
    home = examined.home
    if any(written := _written(home)):
        yield Finding(
            "router",
            "warning",
            "ended without tidying up: its address is still written down",
            f"The next start does that: {examined.program} start",
            lambda: _forget(home, written),
        )
    if examined.config is None:
        return
    server = examined.config.server
    start = f"Start it: {examined.program} start"
    try:
        holder = check_port(server.host, server.port) if server.port else None
    except ConfigError as error:
        yield Finding("port", "problem", error.message, f"Change host or port in [server] of {home.config}")
        return
    if holder is not None:
        other = f"{examined.program} start --port {other_port(server.port)}"
        remedy = f"Stop that program, or take another port: {other}"
        if holder.is_router:
            remedy = f"It is a router of another home folder; take it over: {examined.program} restart"
        yield Finding("port", "problem", f"{server.port} is taken by {holder}", remedy)
        return
    yield Finding("router", "warning", "is not running", start)
    yield Finding("port", "ok", f"{server.host}:{server.port} is free")


def _forget(home: Home, written: tuple[bytes, bytes]) -> str:
    """Only what was there when it was looked at: a router may have been started since."""
    if _written(home) != written:
        return "nothing: another router has written its address meanwhile"
    for file in (home.running, home.pid):
        file.unlink(missing_ok=True)
    return "forgotten"


def _written(home: Home) -> tuple[bytes, bytes]:
    """What the files say that lead to a running router."""
    first, second = (file.read_bytes() if file.exists() else b"" for file in (home.running, home.pid))
    return first, second


def log_findings(home: Home, now: float) -> Iterator[Finding]:
    """Errors of the last day in the process log."""
    try:
        with home.log.open("rb") as log:
            log.seek(max(0, home.log.stat().st_size - LOG_TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return
    found = [match for line in lines if (match := _ERROR_LINE.match(line))]
    recent = [match[2] for match in found if now - datetime.fromisoformat(match[1]).timestamp() < RECENT_S]
    if recent:
        count = f"{len(recent)} errors" if len(recent) != 1 else "1 error"
        says = f"{count} within a day; the last: {recent[-1]}"
        yield Finding("log", "warning", says, f"See {home.log}")
