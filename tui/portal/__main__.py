"""`python -m tui.portal`: started by the router, with its orders on standard input; ends with it, or when idle."""

import asyncio
import os
import signal
import sys

from aiohttp import web

from router_core.portal.sidecar import read_orders
from tui.portal.server import PortalServer

LOOK_EVERY_S = 1.0
SHUTDOWN_S = 5.0


async def serve(server: PortalServer, until: asyncio.Event) -> None:
    """Serve until told to end; say on standard output which port it is."""
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    os.dup2(2, 1)  # the router has read its line and reads no other: what apps complain of goes to the log
    while not until.is_set() and server.idle_s < server.orders.idle_s:
        try:
            await asyncio.wait_for(until.wait(), LOOK_EVERY_S)
        except TimeoutError:
            continue
    await runner.cleanup()


async def main() -> None:
    loop = asyncio.get_running_loop()
    until = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, until.set)
    orders = read_orders(sys.stdin.buffer.readline())
    loop.add_reader(0, until.set)  # nothing more is said: it is the router's end
    program = [sys.executable, "-P", "-m", "tui", "--home", orders.home]
    await serve(PortalServer(orders, program), until)


if __name__ == "__main__":
    asyncio.run(main())
