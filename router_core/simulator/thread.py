"""A simulator in a thread of its own, with its own event loop: for tests and for `demo`."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from router_core.clock import Clock
from router_core.simulator.oauth_book import Chain, Server
from router_core.simulator.planned import PlannedReply
from router_core.simulator.script import Fault, Pace, Person, Script
from router_core.simulator.seen import SeenRequest
from router_core.simulator.server import Simulator

START_TIMEOUT_S = 10.0


class SimulatorThread:
    """Runs a `Simulator` beside the caller; every method may be called from any thread."""

    def __init__(
        self, script: Script | None = None, *, host: str = "127.0.0.1", port: int = 0, clock: Clock | None = None
    ) -> None:
        self._simulator = Simulator(script, host=host, port=port, clock=clock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._listening = threading.Event()
        self._stop: asyncio.Event | None = None
        self._failure: BaseException | None = None

    def start(self) -> None:
        """Return when it listens. Raises OSError when the port is taken."""
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)
        self._thread.start()
        if not self._listening.wait(START_TIMEOUT_S):
            raise TimeoutError("the simulator did not start")
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self) -> None:
        """Cut every connection and wait for the thread."""
        if self._loop is not None and self._stop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return self._simulator.url

    @property
    def base_urls(self) -> dict[str, str]:
        """What each provider's `base_url` is, by the provider's usual config name."""
        return self._simulator.base_urls

    @property
    def requests(self) -> list[SeenRequest]:
        """A snapshot of what was asked and answered so far."""
        return self._simulator.requests

    def set_faults(self, faults: list[Fault]) -> None:
        """Replace the fault rows; in force when this returns."""
        self._do(lambda: self._simulator.set_faults(faults))

    def plan(self, *replies: PlannedReply) -> None:
        """Answer the next accepted requests with these, one each; in force when this returns."""
        self._do(lambda: self._simulator.plan(*replies))

    def set_pace(self, pace: Pace) -> None:
        """Replace the pace; in force for replies that begin later."""
        self._do(lambda: self._simulator.set_pace(pace))

    def log_in(self, server: Server, person: Person | None = None) -> Chain:
        """A login that somebody made before: its tokens are good when this returns."""
        made: list[Chain] = []
        self._do(lambda: made.append(replace(self._simulator.log_in(server, person))))
        return made[0]

    @property
    def logins(self) -> list[Chain]:
        """A copy of every login, with how often it was renewed and how often an old refresh token came back."""
        found: list[Chain] = []
        self._do(lambda: found.extend(replace(chain) for chain in self._simulator.logins))
        return found

    def reset(self) -> None:
        """Back to the script, nothing planned, nothing seen."""
        self._do(self._simulator.reset)

    def wait_for_requests(self, count: int, timeout_s: float = 5.0, *, finished: bool = True) -> list[SeenRequest]:
        """Wait until that many requests were answered (with `finished=False`: arrived) and return all.

        Raises:
            TimeoutError: fewer came in time.
        """
        if not self._simulator.recorder.wait_for(count, timeout_s, finished=finished):
            raise TimeoutError(f"{len(self.requests)} of {count} requests within {timeout_s} s")
        return self.requests

    def _do(self, action: Callable[[], None]) -> None:
        if self._loop is None:
            raise RuntimeError("the simulator is not running")
        done = threading.Event()

        def run() -> None:
            action()
            done.set()

        self._loop.call_soon_threadsafe(run)
        if not done.wait(START_TIMEOUT_S):
            raise TimeoutError("the simulator does not respond")

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            await self._simulator.start()
        except OSError as error:
            self._failure = error
            return
        finally:
            self._listening.set()
        await self._stop.wait()
        await self._simulator.stop()
