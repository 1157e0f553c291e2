"""`/api/lock`: what all routing is pinned to, for programs to set and let go; as `mitmrouter model lock` does."""

from collections.abc import Sequence

from addons.api.endpoint import Change, Endpoint, View
from addons.runtime import Runtime
from router_core.routing.lock import lock_of, lock_view


class LockChange(Change):
    """What routing shall be pinned to."""

    target: str | None
    """`provider/model`, `provider`, or null to let go."""


class LockView(View):
    """What routing is pinned to."""

    target: str | None
    """Null: routing is not locked."""
    since_ms: int | None


class Targets(View):
    """What routing can be pinned to."""

    providers: list[str]
    """Those that have a token."""
    models: list[str]
    """`provider/model`, as far as they are known."""


class Lock:
    """Reads and changes the lock of this router's home."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint("GET", "/api/lock", self.show, "What all routing is pinned to", LockView, tag="routing"),
            Endpoint(
                "PUT", "/api/lock", self.change, "Pin all routing to a target, or let it go", LockView,
                body=LockChange, tag="routing", example={"target": None},
            ),
            Endpoint("GET", "/api/targets", self.targets, "What routing can be pinned to", Targets, tag="routing"),
        ]  # fmt: skip

    async def show(self) -> LockView:
        return LockView(**lock_view(self.runtime.lock.read()))

    async def change(self, body: LockChange) -> LockView:
        file = self.runtime.lock
        if body.target is None:
            file.release()
        else:
            file.set(lock_of(body.target, self.runtime.config, self.runtime.clock.now()))
        return await self.show()

    async def targets(self) -> Targets:
        runtime = self.runtime
        runtime.pool.refresh()
        sources = runtime.model_sources()
        models = await runtime.models.models(sources)
        return Targets(
            providers=[source.name for source in sources],
            models=list(dict.fromkeys(f"{info.provider}/{info.id}" for info in models)),
        )
