"""Several small writes to one connection, made while one event is handled, become one: each costs a system call.

A request's head and body, a response's head and first bytes, and above all a burst of stream chunks that came in one
read: they would leave in as many writes as there are chunks. Nothing waits for what comes later.
"""

from collections.abc import Generator
from typing import Any

from mitmproxy.proxy import commands

type Commands = Generator[commands.Command, Any, None]

LARGE_BYTES = 64 * 1024
"""What is larger goes by itself: copying it costs more than the call."""


def merged_sends(handling: Commands) -> Commands:
    """The same commands in the same order, but consecutive sends to one connection joined."""
    waiting: list[commands.SendData] = []
    reply: Any = None
    while True:
        try:
            command = handling.send(reply)
        except StopIteration:
            break
        reply = None
        if type(command) is commands.SendData and len(command.data) < LARGE_BYTES:
            if waiting and waiting[0].connection is not command.connection:
                yield _joined(waiting)
            waiting.append(command)
            continue
        if waiting:
            yield _joined(waiting)
        reply = yield command
    if waiting:
        yield _joined(waiting)


def _joined(waiting: list[commands.SendData]) -> commands.SendData:
    """All that waits, as one; leaves the list empty."""
    one = waiting[0]
    if len(waiting) > 1:
        one = commands.SendData(one.connection, b"".join(send.data for send in waiting))
    waiting.clear()
    return one
