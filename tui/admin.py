"""The app's one way to change anything: the admin API of the running router.

Proxy settings of the environment are ignored: the router is on this machine, and the admin token must not leave it.
"""

import asyncio
import importlib
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from router_core.cli.printing import own_command
from router_core.errors import HomeError
from router_core.home import Home
from router_core.running import find_running
from router_core.text import plain
from tui.lock_choices import Targets

if TYPE_CHECKING:  # importing it takes 0.2 s: that is done beside the first picture, in a thread
    import httpx

HEALTH_TIMEOUT_S = 2.0
ACT_TIMEOUT_S = 60.0
"""A token test is a real request to the provider."""
GRACE_S = 0.5
"""So long the end of the app waits for what is under way: a connection on this machine is made by then."""


class AdminError(Exception):
    """The router did not do it; the message says why and what helps."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        """Of its answer; 0: there was none."""


@dataclass(frozen=True, slots=True)
class RouterState:
    """Whether the router answers."""

    up: bool
    address: str = ""
    """`127.0.0.1:8100`, empty when no router runs."""
    detail: str = ""


class AdminApi:
    """The requests that the keys make. One change at a time, in the order of the keys."""

    def __init__(self, home: Home, program: str = "") -> None:
        """
        Args:
            program: how the command is called; else as this home needs it.
        """
        self._home = home
        self._program = program or own_command(home)
        self._client: httpx.AsyncClient | None = None
        self._starting = asyncio.Lock()
        self._turn = asyncio.Lock()
        self._under_way: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=GRACE_S)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        if self._client:
            await self._client.aclose()

    async def state(self) -> RouterState:
        """Ask the router whether it is there."""
        address = self._address()
        if not address:
            return RouterState(False, "", "the router is not running")
        client = await self._started()
        try:
            answer = await self._unbroken(client.get(f"http://{address}/health", timeout=HEALTH_TIMEOUT_S))
        except _httpx().HTTPError:
            return RouterState(False, address, f"the router does not answer on {address}")
        if answer.status_code != 200:
            return RouterState(False, address, f"{address} answers {answer.status_code}: that is not our router")
        return RouterState(True, address)

    async def set_enabled(self, name: str, enabled: bool) -> None:
        """Raises AdminError."""
        await self.call("PATCH", f"/api/tokens/{quote(name, safe='')}", {"enabled": enabled})

    async def set_priority(self, name: str, priority: int) -> None:
        """Raises AdminError."""
        await self.call("PATCH", f"/api/tokens/{quote(name, safe='')}", {"priority": priority})

    async def test(self, name: str) -> tuple[bool, str]:
        """Whether the provider accepts the token, and what it said. Raises AdminError."""
        answer = await self.call("POST", f"/api/tokens/{quote(name, safe='')}/test", {}, in_turn=False)
        return bool(answer.get("ok")), plain(str(answer.get("detail", "")))

    async def ask_usage(self) -> tuple[int, int]:
        """Have the providers' usage endpoints asked where that is due: (asked, of how many). Raises AdminError."""
        answer = await self.call("GET", "/api/usage?refresh=1", {}, in_turn=False)
        tokens = answer.get("tokens")
        views = [view for view in tokens if isinstance(view, dict)] if isinstance(tokens, list) else []
        return sum(1 for view in views if not view.get("not_polled")), len(views)

    async def targets(self) -> Targets:
        """What the tokens reach, as the router knows it. Raises AdminError."""
        answer = await self.call("GET", "/api/targets", {}, in_turn=False)
        return Targets(_texts(answer.get("providers")), _texts(answer.get("models")))

    async def lock_to(self, target: str | None) -> str:
        """Pin all routing, or let it go (None); returns what it is pinned to now. Raises AdminError."""
        answer = await self.call("PUT", "/api/lock", {"target": target})
        return plain(str(answer.get("target") or ""))

    async def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        in_turn: bool = True,
        timeout_s: float = ACT_TIMEOUT_S,
    ) -> dict[str, Any]:
        """What the router answers to one request of the admin API, for all that has no method of its own here.

        Args:
            in_turn: a change, made after the one before; reading and waiting for a provider need no turn.

        Raises:
            AdminError: it does not answer, or refuses.
        """
        body = body or {}
        send = self._send if not in_turn else self._send_in_turn
        return await self._unbroken(send(method, path, body, timeout_s))

    async def _send_in_turn(self, method: str, path: str, body: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        async with self._turn:
            return await self._send(method, path, body, timeout_s)

    async def _send(self, method: str, path: str, body: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        address = self._address()
        if not address:
            raise AdminError(f"The router is not running. Start it: {self._program} start")
        client = await self._started()
        try:
            answer = await client.request(
                method,
                f"http://{address}{path}",
                content=orjson.dumps(body),
                headers={"authorization": f"Bearer {self._home.admin_token()}", "content-type": "application/json"},
                timeout=timeout_s,
            )
        except HomeError as error:
            raise AdminError(error.message) from error
        except _httpx().TimeoutException as error:
            raise AdminError(f"The router did not answer within {timeout_s:.0f} s.") from error
        except _httpx().HTTPError as error:
            raise AdminError(f"The router does not answer on {address}. Start it: {self._program} start") from error
        content = _json_object(answer.content)
        if answer.status_code >= 400:
            said = _message_in(content) or f"The router answered {answer.status_code}."
            raise AdminError(said, answer.status_code)
        return content

    async def _unbroken[T](self, request: Coroutine[Any, Any, T]) -> T:
        """What it returns. A caller that is cancelled stops waiting while the request goes on: anyio's `connect_tcp`
        (4.14) forgets a connection that was made in the very moment of its cancellation, and nobody closes it."""
        task = asyncio.create_task(request)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # looked at: what nobody waits for any more is not told of

    async def _started(self) -> "httpx.AsyncClient":
        async with self._starting:
            if self._client is None:
                self._client = await asyncio.to_thread(_new_client)
            return self._client

    def _address(self) -> str:
        """`host:port` of the running router, empty when there is none."""
        running = find_running(self._home)
        return running.url.removeprefix("http://") if running else ""


def _httpx() -> ModuleType:
    return importlib.import_module("httpx")


def _new_client() -> "httpx.AsyncClient":
    # the router speaks plain http on loopback: do not load the machine's certificates for it
    client: httpx.AsyncClient = _httpx().AsyncClient(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    return client


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(plain(str(each)) for each in value) if isinstance(value, list) else ()


def _message_in(content: dict[str, Any]) -> str:
    error = content.get("error")
    return plain(str(error.get("message", ""))) if isinstance(error, dict) else ""
