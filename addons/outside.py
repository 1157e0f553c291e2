"""Waiting for somebody outside, a provider that may hang, without holding up the end of the router.

Threads of asyncio's own pool are few and look up names for requests, and the end of the program waits for them; a
daemon thread is not waited for.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable


async def ask_outside[**P, T](call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the call returns or raises, made in a thread of its own; when nobody waits any more it comes to nothing."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if answer.done():  # cancelled meanwhile
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(value)  # type: ignore[arg-type]  # None only where that is what the call returns

    def run() -> None:
        value, problem = None, None
        try:
            value = call(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - whoever waits is told
            problem = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, value, problem)

    threading.Thread(target=run, name="outside", daemon=True).start()
    return await answer
