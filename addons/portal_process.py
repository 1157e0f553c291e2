"""The process that runs the portal's apps: started at the first visit, ended with the router."""

import asyncio
import contextlib
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path

from addons.runtime import Runtime
from router_core.errors import RouterError
from router_core.portal.sidecar import Orders, new_secret

log = logging.getLogger("mitmrouter")

START_TIMEOUT_S = 20.0
END_TIMEOUT_S = 5.0
ROOT = str(Path(__file__).resolve().parents[1])
PROGRAM = (sys.executable, "-P", "-m", "tui.portal")
"""-P: the folder that the router was started in may hold a `tui` of its own."""


class PortalFailed(RouterError):
    """The process did not start; the message says where it tells why."""

    status = 502
    kind = "portal_failed"


@dataclass(frozen=True, slots=True)
class Place:
    """Where it listens, and what it wants to be told before it answers."""

    port: int
    secret: str


class PortalProcess:
    """Knows whether it runs."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._process: Process | None = None
        self._place: Place | None = None
        self._starting = asyncio.Lock()

    def running(self) -> Place | None:
        """None: there is none at the moment."""
        return self._place if self._process is not None and self._process.returncode is None else None

    async def started(self) -> Place:
        """Where it listens; it is started if need be.

        Raises:
            PortalFailed: it does not start.
        """
        async with self._starting:
            return self.running() or await self._start()

    async def _start(self) -> Place:
        home, secret = self.runtime.home, new_secret()
        self.runtime.redactor.know([secret])
        file = home.path / "logs" / "portal.log"
        inherited = os.environ.get("PYTHONPATH")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([ROOT, inherited]) if inherited else ROOT}
        try:
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:  # noqa: ASYNC230 - opened once
                process = await asyncio.create_subprocess_exec(
                    *PROGRAM, stdin=PIPE, stdout=PIPE, stderr=out, env=environment, start_new_session=True
                )
        except OSError as error:
            said = f"{error.filename or PROGRAM[0]}: {error.strerror or error}"
            raise PortalFailed(f"The portal's own process cannot be started ({said}).") from error
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without pipes")
        orders = Orders(secret, str(home.path), self.runtime.config.portal.max_apps)
        line = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            process.stdin.write(orders.line())
            await process.stdin.drain()
            line = await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)
        if not line.strip().isdigit():
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            raise PortalFailed(f"The portal's own process did not start. It says why in {file}.")
        self._process, self._place = process, Place(int(line), secret)
        log.info("the portal's process runs: pid %d, port %d", process.pid, self._place.port)
        return self._place

    async def end(self) -> None:
        """With its apps; it is killed if it does not end by itself."""
        process, self._process = self._process, None
        if process is None or process.stdin is None or process.returncode is not None:
            return
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), END_TIMEOUT_S)
        except TimeoutError:
            process.kill()
            await process.wait()
