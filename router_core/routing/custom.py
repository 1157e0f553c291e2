"""`[routing] custom = "file.py:function"`: the owner's own function may choose where a request goes.

    def place(request, context):            # or: async def place(request, context)
        if context.project.endswith("/secret"):
            return "ollama/qwen3"           # or ["first/model", "then/model"], or {"primary": …, "fallback": […]}
        return None                         # the next rule decides

It has limited time, and whatever goes wrong within it leaves the decision to the next rule, with the reason in the
trace. It runs in threads of its own, so that it cannot hold up others' requests.
"""

import asyncio
import inspect
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from router_core.config.routing import TargetList, Targets
from router_core.config.schema import Config
from router_core.errors import ConfigError
from router_core.own_code import OwnCode, place_of, where_it_failed
from router_core.wire.model import Request

MOST_AT_ONCE = 16
"""Calls that run; functions that hang keep their threads, and no more than these."""
LOOK_FOR_ROOM_S = 0.005

_targets: TypeAdapter[TargetList] = TypeAdapter(Targets)


@dataclass(frozen=True, slots=True)
class CustomContext:
    """What is known of a request besides its body."""

    model: str
    """As the client wrote it."""
    input_tokens: int
    """An estimate."""
    scenario: str
    """What it would be without this function: `background`, `think`, `long_context`, `web_search`, `image`, or ""."""
    session: str
    agent: str
    """Id of a subagent; "" is the main line."""
    project: str
    """Working directory that the client names; ""."""
    client: str
    user_agent: str
    config: Config


@dataclass(frozen=True, slots=True)
class CustomAnswer:
    """What the function said."""

    targets: TargetList | None
    """None: it leaves the decision to the next rule, or it failed."""
    because: str


type Function = Callable[[Request, CustomContext], Any]


class CustomRule:
    """The function that is named in the configuration, called within its time limit."""

    def __init__(self, text: str, folder: Path, timeout_s: float) -> None:
        self._text = text
        self._code = OwnCode(place_of(text, folder))
        self._timeout_s = timeout_s
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)

    async def ask(self, request: Request, context: CustomContext) -> CustomAnswer:
        """Never raises: what went wrong is in `because`."""
        ends = time.monotonic() + self._timeout_s
        while not self._room.acquire(blocking=False):
            if time.monotonic() > ends:
                return self._nothing(f"{MOST_AT_ONCE} calls of it are still running")
            await asyncio.sleep(LOOK_FOR_ROOM_S)
        future: Future[Any] = Future()
        threading.Thread(target=self._run, args=(request, context, future), name="custom routing", daemon=True).start()
        try:
            found = await asyncio.wait_for(asyncio.wrap_future(future), max(0.0, ends - time.monotonic()))
        except TimeoutError:
            if future.done() and not future.cancelled() and (own := future.exception()) is not None:
                return self._nothing(where_it_failed(own, self._code.place.file))
            return self._nothing(f"no answer within {self._timeout_s:g} s")
        except ConfigError as error:
            return self._nothing(error.message)
        except Exception as error:  # noqa: BLE001 - whatever the owner's function raises
            return self._nothing(where_it_failed(error, self._code.place.file))
        return self._read(found)

    def _run(self, request: Request, context: CustomContext, future: "Future[Any]") -> None:
        try:
            result = self._code.get()(request, context)
            if inspect.isawaitable(result):
                result = asyncio.run(_wait_for(result))
        except BaseException as error:  # noqa: BLE001 - sys.exit() in it must not pass for silence
            _settle(future, error=error if isinstance(error, Exception) else RuntimeError(repr(error)))
        else:
            _settle(future, result=result)
        finally:
            self._room.release()

    def _read(self, found: Any) -> CustomAnswer:
        if found is None:
            return CustomAnswer(None, f"{self._text} leaves it to the next rule")
        if isinstance(found, list | tuple):
            found = {"primary": found[0], "fallback": tuple(found[1:])} if found else None
        elif hasattr(found, "provider") and hasattr(found, "model"):
            found = f"{found.provider}/{found.model}"
        elif hasattr(found, "target") and hasattr(found, "fallbacks"):  # what `route` of this package decided
            found = {"primary": str(found.target), "fallback": tuple(map(str, found.fallbacks))}
        try:
            targets = _targets.validate_python(found)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]["msg"]
            return self._nothing(f"it answered {found!r:.100}: {problem}")
        return CustomAnswer(targets, f"{self._text} says {targets.primary}")

    def _nothing(self, why: str) -> CustomAnswer:
        return CustomAnswer(None, f"{self._text} failed: {why}")


async def _wait_for(result: Any) -> Any:
    return await result


def check_function(config: Config, folder: Path) -> None:
    """Load the owner's function, if there is one.

    Args:
        folder: where config.toml is.

    Raises:
        ConfigError: it cannot be loaded, or is no function.
    """
    if config.routing.custom is None:
        return
    place = place_of(config.routing.custom, folder)
    try:
        found = OwnCode(place).get()
    except ConfigError as error:
        raise ConfigError(f"[routing] custom: {error.message}") from error
    if not callable(found):
        raise ConfigError(f"[routing] custom: {place.name} in {place.file} is no function")


def _settle(future: "Future[Any]", *, result: Any = None, error: Exception | None = None) -> None:
    if future.cancelled():  # it was too late
        return
    try:
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)
    except Exception:  # noqa: BLE001, S110 - cancelled at this moment
        pass
