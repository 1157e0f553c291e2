"""`/metrics`: numbers for Prometheus."""

import asyncio
from collections.abc import Sequence

from addons.api.endpoint import Answer, Endpoint
from addons.api.inside import breaker_of, client_connections, database_sizes, providers_in_use
from addons.runtime import Runtime
from router_core import __version__
from router_core.metrics.exposition import exposed
from router_core.metrics.state import StateNumbers, TokenNumbers
from router_core.tokens.token import Token


class Metrics:
    """What has been counted, and how the router is now."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "GET", "/metrics", self.answer, "Numbers for Prometheus", None,
                tag="statistics", media="text/plain",
                description="Counted since the router was started; a request counts when it is over. The first "
                "200 models have series of their own, all others are `other`.",
            ),
        ]  # fmt: skip

    async def answer(self) -> Answer:
        self.runtime.pool.refresh()
        text, media = await asyncio.to_thread(exposed, self.runtime.counts.read(), await self._state())
        return Answer(text, media=media)

    async def _state(self) -> StateNumbers:
        runtime, now = self.runtime, self.runtime.clock.now()
        breakers = {name: breaker_of(runtime, name) for name in providers_in_use(runtime)}
        files = await asyncio.to_thread(database_sizes, runtime.home)
        return StateNumbers(
            version=__version__,
            started_at=runtime.started_at,
            tokens=[self._token(token, now) for token in runtime.pool.all()],
            breakers={name: (each["open_for_s"] is not None, each["failures"]) for name, each in breakers.items()},
            writers=runtime.unwritten(),
            databases={file["name"]: file["bytes"] + file["log_bytes"] for file in files},
            lag_s=runtime.lag.last_ms / 1000,
            most_lag_s=runtime.lag.most_ms / 1000,
            connections=client_connections(),
            event_readers=runtime.events.readers,
        )

    def _token(self, token: Token, now: float) -> TokenNumbers:
        rest = token.cooling(now)
        return TokenNumbers(
            token.provider,
            token.name,
            token.status(now),
            len(self.runtime.pool.leases.held(token.id, now)),
            0.0 if rest is None else round(rest.until - now, 1),
            {window.name: window.used for window in token.windows if window.used is not None},
        )
