"""Timeouts of attempts. mitmproxy has one timeout for a whole client connection; connect, first byte, idle and total
are ours.

One task looks at all attempts under way ten times a second: a timer per request would cost more than the request.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mitmproxy import ctx
from mitmproxy.connection import Server
from mitmproxy.proxy.server import ConnectionHandler

from router_core.tokens.leases import Lease

if TYPE_CHECKING:
    from addons.winning_stream import WinningStream

log = logging.getLogger("mitmrouter")

Deadline = Literal["connect_timeout", "first_byte_timeout", "hold", "idle_timeout", "total_timeout", "keep_alive"]
TICK_S = 0.1


@dataclass(slots=True)
class _Timer:
    phase: Literal["connect", "first_byte", "hold", "relay"]
    since: float
    total_since: float
    expired: bool = False


class Deadlines:
    """Watches every attempt; an expired one is told by an event injected into its connection."""

    def __init__(self, renew: Callable[[Lease], None] | None = None) -> None:
        """
        Args:
            renew: the attempt that holds this lease lives.
        """
        self._renew = renew
        self._timers: dict[WinningStream, _Timer] = {}
        self._task: asyncio.Task[None] | None = None

    def begin(self, stream: "WinningStream") -> None:
        now = time.monotonic()
        self._timers[stream] = _Timer("connect", now, now)

    def connected(self, stream: "WinningStream") -> None:
        self._phase(stream, "first_byte")

    def answered(self, stream: "WinningStream") -> None:
        stream.last_activity = time.monotonic()
        self._phase(stream, "hold")

    def relaying(self, stream: "WinningStream") -> None:
        stream.last_activity = stream.last_sent = time.monotonic()
        self._phase(stream, "relay")

    def end(self, stream: "WinningStream") -> None:
        self._timers.pop(stream, None)

    def expired(self, stream: "WinningStream") -> bool:
        """True if the current attempt's deadline has passed."""
        timer = self._timers.get(stream)
        return timer is not None and timer.expired

    def _phase(self, stream: "WinningStream", phase: Literal["first_byte", "hold", "relay"]) -> None:
        if timer := self._timers.get(stream):
            timer.phase, timer.since = phase, time.monotonic()

    # ---- addon ------------------------------------------------------------------------------------------------------

    def running(self) -> None:
        self._task = asyncio.create_task(self._watch(), name="attempt deadlines")

    def done(self) -> None:
        if self._task:
            self._task.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            for stream, timer in list(self._timers.items()):
                try:
                    self._check(stream, timer)
                except Exception:  # one broken stream must not stop the clock for the others
                    log.exception("checking a deadline failed")
                    self._timers.pop(stream, None)

    def _check(self, stream: "WinningStream", timer: _Timer) -> None:
        if timer.expired or stream.state is None:
            return
        if (lease := stream.state.lease) is not None and self._renew is not None:
            self._renew(lease)
        deadline = self.due(stream, timer, time.monotonic())
        if deadline is None:
            return
        if deadline == "keep_alive":
            stream.last_sent = time.monotonic()
        elif deadline == "hold":
            timer.since = time.monotonic()  # only once: what follows is idle time
        else:
            timer.expired = True
        self._tell(stream, deadline)

    def due(self, stream: "WinningStream", timer: _Timer, now: float) -> Deadline | None:
        """Which deadline has passed, if any."""
        if stream.state is None:
            return None
        limits, failover = stream.state.config.timeouts, stream.state.config.failover
        if now - timer.total_since > limits.total_s:
            return "total_timeout"
        match timer.phase:
            case "connect":
                return "connect_timeout" if now - timer.since > limits.connect_s else None
            case "first_byte":
                return "first_byte_timeout" if now - timer.since > limits.first_byte_s else None
            case "hold":
                if now - stream.last_activity > limits.idle_s:
                    return "idle_timeout"
                return "hold" if now - timer.since > failover.hold_s else None
            case "relay":
                if now - stream.last_activity > limits.idle_s:
                    return "idle_timeout"
                return "keep_alive" if now - stream.last_sent > limits.keep_alive_s else None

    def _tell(self, stream: "WinningStream", deadline: Deadline) -> None:
        from addons.retry_stream import DeadlinePassed  # here: the stream imports this file

        proxyserver = ctx.master.addons.get("proxyserver")
        handler: ConnectionHandler | None = proxyserver.connections.get(stream.flow.client_conn.id)
        if handler is None:
            self._timers.pop(stream, None)
        elif deadline == "connect_timeout":
            _cancel_connecting(handler, (stream.flow.request.host, stream.flow.request.port))
        else:
            proxyserver.inject_event(DeadlinePassed(stream, stream.attempt_id, deadline))


def _cancel_connecting(handler: ConnectionHandler, address: tuple[str, int]) -> None:
    """The stream waits for the connection and takes no events: end the connecting itself, that wakes it."""
    for connection, io in list(handler.transports.items()):
        if not isinstance(connection, Server) or connection.address != address or io.handler is None:
            continue
        if not connection.connected or (connection.tls and connection.timestamp_tls_setup is None):
            with contextlib.suppress(RuntimeError):
                io.handler.cancel("connect timeout")
