"""One app for one open page: textual-serve's, but started without a shell, and certain to end."""

import asyncio
import contextlib
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual_serve.app_service import AppService

from tui.portal.parent import PARENT_VARIABLE

QUIT_TIMEOUT_S = 3.0
KILL_TIMEOUT_S = 2.0


class PortalApp(AppService):
    """An app that is asked to quit, and killed if it does not.

    Args:
        program: the app's program and arguments.
    """

    def __init__(self, program: Sequence[str], **options: Any) -> None:
        super().__init__(" ".join(program), **options)
        self._program = program
        self._watch: asyncio.Task[None] | None = None

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        environment = {**self._build_environment(width=width, height=height), PARENT_VARIABLE: str(os.getpid())}
        process = await asyncio.create_subprocess_exec(
            *self._program, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
        )
        self._process, self._stdin = process, process.stdin
        return process

    def then(self, close: Callable[[], Awaitable[object]]) -> None:
        """Close the page when the app has ended by itself: one that cannot start says no goodbye."""

        async def watch() -> None:
            if self._process is not None:
                await self._process.wait()
                await close()

        self._watch = asyncio.create_task(watch(), name="end of an app")

    async def stop(self) -> None:
        """May be called twice."""
        if self._watch is not None:
            self._watch.cancel()
        with contextlib.suppress(TimeoutError, ConnectionError):
            await asyncio.wait_for(super().stop(), QUIT_TIMEOUT_S)
        process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        for end in (process.terminate, process.kill):
            try:
                await asyncio.wait_for(process.wait(), KILL_TIMEOUT_S)
                return
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    end()
        await process.wait()
