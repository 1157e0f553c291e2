"""`/api/lock`: what all routing is pinned to, for programs to set and let go; as `mitmrouter model lock` does."""

from typing import Any

from mitmproxy import http
from pydantic import BaseModel, ConfigDict, ValidationError

from addons.answers import answer_json
from addons.runtime import Runtime
from router_core.errors import Refused
from router_core.routing.lock import LockFile, LockUnreadable, lock_of


class LockChange(BaseModel):
    """Body of `PUT /api/lock`: `provider/model`, `provider`, or null to let go."""

    model_config = ConfigDict(extra="forbid", strict=True)
    target: str | None


class LockApi:
    """Reads and changes the lock of this router's home."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def show(self, flow: http.HTTPFlow) -> None:
        answer_json(flow, self.view())

    def change(self, flow: http.HTTPFlow) -> None:
        try:
            target = LockChange.model_validate_json(flow.request.raw_content or b"{}").target
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            raise Refused(400, "bad_request", f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None
        file = self._file()
        if target is None:
            file.release()
        else:
            file.set(lock_of(target, self.runtime.config, self.runtime.clock.now()))
        self.show(flow)

    async def targets(self, flow: http.HTTPFlow) -> None:
        """What it can be pinned to: the providers that have a token, and their models as far as they are known."""
        runtime = self.runtime
        runtime.pool.refresh()
        sources = runtime.model_sources()
        models = await runtime.models.models(sources)
        answer_json(
            flow,
            {
                "providers": [source.name for source in sources],
                "models": list(dict.fromkeys(f"{info.provider}/{info.id}" for info in models)),
            },
        )

    def locked_to(self) -> str:
        """What all routing is pinned to, "" when it is free; where that cannot be read, why."""
        try:
            return str(self._file().read() or "")
        except LockUnreadable as error:
            return error.message

    def view(self) -> dict[str, Any]:
        """`target` null: routing is not locked."""
        lock = self._file().read()
        return {
            "target": None if lock is None else str(lock),
            "since_ms": None if lock is None else round(lock.since * 1000),
        }

    def _file(self) -> LockFile:
        return LockFile(self.runtime.home.model_lock)
