"""textual-serve's server behind a secret: it has neither authentication nor a check of the Origin, so nobody but the
router may reach it. It serves the WebSocket of an app and its downloads; pages and files are the router's business.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

import orjson
from aiohttp import WSMsgType, web
from textual_serve.server import Server, to_int

from router_core.portal.sidecar import (
    MAX_MESSAGE_BYTES,
    REMAINING_HEADER,
    SECRET_HEADER,
    SESSION_HEADER,
    Orders,
    is_secret,
)
from tui.portal.apps import PortalApp

log = logging.getLogger("mitmrouter.portal")

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SMALLEST, LARGEST = 2, 1000
"""Columns and rows that a page may ask for."""
TRY_AGAIN_LATER = 1013
SESSION_OVER = 4001


class PortalServer(Server):
    """Serves apps to the router.

    Args:
        program: the app's program and arguments.
        now: monotonic seconds.
    """

    def __init__(self, orders: Orders, program: Sequence[str], now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(" ".join(program), host="127.0.0.1", port=0, title="mitmrouter")
        self.orders = orders
        self._program = program
        self._now = now
        self._open: dict[web.WebSocketResponse, str] = {}
        """Each open page's socket, and the label of its session."""
        self._idle_since = now()

    def application(self) -> web.Application:
        """What answers the router."""
        app = web.Application(middlewares=[self._only_the_router], client_max_size=MAX_MESSAGE_BYTES)
        app.add_routes(
            [
                web.get("/ws", self.handle_websocket),
                web.get("/download/{key}", self.handle_download),
                web.post("/end/{label}", self.handle_end),
            ]
        )
        app.on_shutdown.append(self.on_shutdown)
        return app

    @property
    def idle_s(self) -> float:
        """How long nobody has been looking."""
        return 0.0 if self._open else self._now() - self._idle_since

    @web.middleware
    async def _only_the_router(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_secret(request.headers.get(SECRET_HEADER, ""), self.orders.secret):
            raise web.HTTPForbidden(text="This port is for the router only.\n")
        return await handler(request)

    async def handle_end(self, request: web.Request) -> web.StreamResponse:
        """A session has ended: so does what runs for it."""
        label = request.match_info["label"]
        ended = [socket for socket, owner in self._open.items() if owner == label]
        for socket in ended:
            await socket.close(code=SESSION_OVER, message=b"logged out")
        return web.json_response({"ended": len(ended)})

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One open page, from its start to its end."""
        socket = web.WebSocketResponse(heartbeat=15, max_msg_size=MAX_MESSAGE_BYTES)
        await socket.prepare(request)
        if len(self._open) >= self.orders.most_apps:
            await socket.close(code=TRY_AGAIN_LATER, message=b"too many pages are open")
            return socket
        self._open[socket] = request.headers.get(SESSION_HEADER, "")
        app = PortalApp(
            [*self._program, *(["--sanitized"] if request.query.get("sanitized") == "1" else [])],
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=socket.close,
            download_manager=self.download_manager,
        )
        try:
            async with asyncio.timeout(_remaining(request)):
                await app.start(_size(request, "width", 80), _size(request, "height", 24))
                app.then(socket.close)
                await self._pass_on(socket, app)
        except TimeoutError:
            await socket.close(code=SESSION_OVER, message=b"the session is over")
        except (OSError, RuntimeError, ValueError) as error:  # page or app has gone, cannot start, or speaks nonsense
            log.info("a page ended: %s", type(error).__name__)
        finally:
            del self._open[socket]
            self._idle_since = self._now()
            await app.stop()
            await socket.close()
        return socket

    async def _pass_on(self, socket: web.WebSocketResponse, app: PortalApp) -> None:
        """What the page sends goes to its app. What is no message of a page's is an error."""
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            match orjson.loads(message.data):
                case ["stdin", str(text)]:
                    await app.send_bytes(text.encode("utf-8", "replace"))
                case ["resize", {"width": int(width), "height": int(height)}]:
                    await app.set_terminal_size(_bounded(width), _bounded(height))
                case ["ping", str(data)]:
                    await socket.send_str(orjson.dumps(["pong", data]).decode())
                case ["blur"]:
                    await app.blur()
                case ["focus"]:
                    await app.focus()
                case _:
                    raise ValueError("no message of a page")

    async def on_shutdown(self, app: web.Application) -> None:
        for socket in list(self._open):
            with contextlib.suppress(ConnectionError):
                await socket.close(code=1001, message=b"the router ends")


def _size(request: web.Request, name: str, otherwise: int) -> int:
    return _bounded(to_int(request.query.get(name, ""), otherwise))


def _bounded(value: int) -> int:
    return min(max(value, SMALLEST), LARGEST)


def _remaining(request: web.Request) -> float:
    try:
        return max(float(request.headers.get(REMAINING_HEADER, "")), 0.0)
    except ValueError:
        return 0.0
