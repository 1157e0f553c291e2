"""The process behind the portal, with a small program in the app's place."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from router_core.portal.sidecar import REMAINING_HEADER, SECRET_HEADER, SESSION_HEADER, Orders
from tui.portal.server import PortalServer

ECHO = r"""
import sys, os
out = sys.stdout.buffer
def say(text): out.write(b"D" + len(text).to_bytes(4, "big") + text); out.flush()
out.write(b"__GANGLION__\n"); out.flush()
say(b"size " + os.environ["COLUMNS"].encode() + b"x" + os.environ["ROWS"].encode())
while head := sys.stdin.buffer.read(5):
    body = sys.stdin.buffer.read(int.from_bytes(head[1:], "big"))
    if b'"quit"' in body or body == b"q": break
    say(head[:1] + body)
"""
DEAF = ECHO + "\nimport time, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)"
SECRET = "the-secret"
OWN = {SECRET_HEADER: SECRET, SESSION_HEADER: "label", REMAINING_HEADER: "60"}


class Served:
    """A running one."""

    def __init__(self, server: PortalServer, client: TestClient[Any, Any]) -> None:
        self.server, self.client = server, client

    async def open(self, **headers: str) -> ClientWebSocketResponse:
        socket = await self.client.ws_connect("/ws?width=91&height=30", headers={**OWN, **headers})
        return socket


@asynccontextmanager
async def serving(
    program: str = ECHO, now: Callable[[], float] | None = None, *, isolated: bool = True
) -> AsyncIterator[Served]:
    orders = Orders(SECRET, "/nowhere", 2)
    command = [sys.executable, *(["-S"] if isolated else []), "-c", program]
    server = PortalServer(orders, command, now) if now else PortalServer(orders, command)
    async with TestClient(TestServer(server.application())) as client:
        yield Served(server, client)


async def end_of(socket: ClientWebSocketResponse) -> int | None:
    while (await asyncio.wait_for(socket.receive(), 10)).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
        pass
    return socket.close_code


async def test_keys_and_sizes_reach_the_app_and_what_it_paints_comes_back() -> None:
    async with serving() as served:
        socket = await served.open()
        assert await socket.receive_bytes(timeout=10) == b"size 91x30"
        await socket.send_str('["stdin", "\u00e4"]')
        assert await socket.receive_bytes(timeout=10) == b"D\xc3\xa4"
        await socket.send_str('["resize", {"width": 5000000, "height": -3}]')
        told = json.loads((await socket.receive_bytes(timeout=10))[1:])
        assert told == {"type": "resize", "width": 1000, "height": 2}
        await socket.send_str('["ping", "7"]')
        assert await socket.receive_str(timeout=10) == '["pong","7"]'
        for name in ("blur", "focus"):
            await socket.send_str(json.dumps([name]))
            assert json.loads((await socket.receive_bytes(timeout=10))[1:]) == {"type": name}
        await socket.send_str('["stdin", "q"]')
        assert await end_of(socket) == 1000, "the app has ended by itself"


@pytest.mark.parametrize("headers", [{}, {SECRET_HEADER: ""}, {SECRET_HEADER: "the-secre"}, {SECRET_HEADER: "\u00e4"}])
async def test_nobody_is_answered_without_the_secret(headers: dict[str, str]) -> None:
    async with serving() as served:
        for path in ("/", "/ws", "/download/x", "/static/js/textual.js", "/nothing"):
            assert (await served.client.get(path, headers=headers)).status == 403
        assert (await served.client.post("/end/label", headers=headers)).status == 403
        with pytest.raises(WSServerHandshakeError):
            await served.client.ws_connect("/ws", headers=headers)


@pytest.mark.parametrize(
    ("message", "code"),
    [("no JSON", 1000), ('["stdin", 7]', 1000), ('{"a": 1}', 1000), (json.dumps(["stdin", "x" * 1_100_000]), 1009)],
    ids=["no JSON", "no text", "no list", "too long"],
)
async def test_message_that_is_none_ends_the_page(message: str, code: int) -> None:
    async with serving() as served:
        socket = await served.open()
        await socket.send_str(message)
        assert await end_of(socket) == code


async def test_pages_are_bounded_in_number() -> None:
    async with serving() as served:
        pages = [await served.open() for _ in range(2)]
        assert await end_of(await served.open()) == 1013
        await pages[0].close()
        await asyncio.sleep(0)
        while len(served.server._open) > 1:
            await asyncio.sleep(0.01)
        assert (await (await served.open()).receive_bytes(timeout=10)).startswith(b"size")


async def test_session_ends_its_pages_and_no_others() -> None:
    async with serving() as served:
        mine, other = await served.open(), await served.open(**{SESSION_HEADER: "other"})
        ended = asyncio.create_task(end_of(mine))
        answer = await served.client.post("/end/label", headers=OWN)
        assert await answer.json() == {"ended": 1}
        assert await ended == 4001
        assert (await other.receive_bytes(timeout=10)).startswith(b"size")


@pytest.mark.parametrize("remaining", ["0.2", "", "x"])
async def test_page_ends_with_its_session(remaining: str) -> None:
    async with serving() as served:
        assert await end_of(await served.open(**{REMAINING_HEADER: remaining})) == 4001


async def test_app_that_does_not_start_closes_its_page() -> None:
    async with serving("raise SystemExit('broken')") as served:
        assert await end_of(await served.open()) == 1000


async def test_app_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUIT_TIMEOUT_S", "KILL_TIMEOUT_S"):
        monkeypatch.setattr(f"tui.portal.apps.{name}", 0.2)
    async with serving(DEAF) as served:
        socket = await served.open()
        await socket.receive_bytes(timeout=10)
        await socket.close()
        while served.server._open:
            await asyncio.sleep(0.01)


async def test_it_is_idle_when_nobody_looks() -> None:
    now = [100.0]
    async with serving(now=lambda: now[0]) as served:
        now[0] += 7
        assert served.server.idle_s == 7
        socket = await served.open()
        assert served.server.idle_s == 0
        await socket.close()
        while served.server._open:
            await asyncio.sleep(0.01)
        now[0] += 3
        assert served.server.idle_s == 3


HANDS_OUT = """
import io
from textual.app import App
class Small(App):
    def on_mount(self):
        self.deliver_text(io.StringIO("a;b\\n1;2\\n"), save_filename="numbers.csv")
Small().run()
"""


async def test_file_that_an_app_hands_out_can_be_fetched_by_the_router_once() -> None:
    async with serving(HANDS_OUT, isolated=False) as served:
        socket = await served.open()
        while (message := await socket.receive(timeout=20)).type is not WSMsgType.TEXT:
            pass
        kind, key = json.loads(message.data)
        assert kind == "deliver_file_start"
        assert key.isalnum()
        async with served.client.get(f"/download/{key}", headers=OWN) as answer:
            assert (answer.status, await answer.text()) == (200, "a;b\n1;2\n")
            assert "numbers.csv" in answer.headers["content-disposition"]
        async with served.client.get(f"/download/{key}", headers=OWN) as again:
            assert again.status == 404


async def test_a_page_for_pictures_has_an_app_that_hides_names() -> None:
    async with serving(ECHO.replace('b"size "', 'repr(sys.argv[1:]).encode() + b" "')) as served:
        for more, arguments in (("", b"[]"), ("&sanitized=1", b"['--sanitized']"), ("&sanitized=--help", b"[]")):
            socket = await served.client.ws_connect(f"/ws?width=91&height=30{more}", headers=OWN)
            assert await socket.receive_bytes(timeout=10) == arguments + b" 91x30"
            await socket.close()
