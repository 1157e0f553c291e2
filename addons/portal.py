"""`/portal`: the app in a browser. Pages and files are answered here, what the app itself says comes from its process.

Who may ask for what is the guard's business (guard.py): the pages are open, and show nothing; the WebSocket and
downloads need a session.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from typing import Annotated
from urllib.parse import parse_qs

from mitmproxy import http
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from addons.answers import answer_json, without_body_for_head
from addons.header_map import header_map
from addons.hooks import async_request_hook
from addons.portal_process import PortalProcess
from addons.runtime import Runtime
from addons.tunnel import Tunnel, dig
from router_core.clock import to_ms
from router_core.errors import Refused, RouterError
from router_core.portal.cookies import cookie_values, set_cookies
from router_core.portal.front_doors import DOORS, PORTAL, is_front_door
from router_core.portal.pages import PAGES, PageFile, find_static, page_headers
from router_core.portal.sessions import Session
from router_core.portal.sidecar import REMAINING_HEADER, SECRET_HEADER, SESSION_HEADER, is_secret

log = logging.getLogger("mitmrouter")

HTML = "text/html; charset=utf-8"
DOWNLOAD_LIMIT_BYTES = 64 * 1024 * 1024
ASK_TIMEOUT_S = 30.0
MOST_CREDENTIALS_BYTES = 8192
"""Anybody may send them: what cannot be any is not even read."""
_OF_THE_HANDSHAKE = (
    "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions",
)  # fmt: skip
"""What the process is told of a browser's handshake; not its Host, Origin or cookies."""


class Credentials(BaseModel):
    """Body of `POST /portal/session`: one of both."""

    model_config = ConfigDict(extra="forbid", strict=True)
    code: Annotated[str, Field(max_length=200)] = ""
    admin_token: Annotated[str, Field(max_length=500)] = ""


class Portal:
    """Pages, sessions, and the way to the process that runs the apps."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.process = PortalProcess(runtime)
        self._ahead: asyncio.Task[None] | None = None

    async def done(self) -> None:
        await self.process.end()

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Nothing to wait for unless the path is the portal's."""
        path = flow.request.path.partition("?")[0]
        if path in DOORS and flow.response is None and self.runtime.config.portal.enabled:
            if is_front_door(flow.request.method, path, header_map(flow.request.headers)):
                flow.response = http.Response.make(302, b"", {"location": PORTAL, "cache-control": "no-store"})
            return None
        return self._answer(flow) if path == "/portal" or path.startswith("/portal/") else None

    @async_request_hook
    async def _answer(self, flow: http.HTTPFlow) -> None:
        method, path = flow.request.method, flow.request.path.partition("?")[0]
        match "GET" if method == "HEAD" else method, path.removeprefix("/portal").removeprefix("/").split("/"):
            case "GET", [""]:
                await self._page(flow)
            case "GET", ["open"]:
                await self._file(flow, PageFile(PAGES["open"], HTML))
            case "GET", ["static", name] if (file := find_static(name)) is not None:
                await self._file(flow, file)
            case "GET", ["ws"]:
                await self._connect(flow)
            case "GET", ["ws", "sanitized"]:
                await self._connect(flow, "&sanitized=1")
            case "GET", ["download", key]:
                await self._download(flow, key)
            case "POST", ["session"]:
                self._log_in(flow)
            case "POST", ["logout"]:
                await self._log_out(flow)
            case _:
                raise Refused(404, "not_found", "The portal has no such page.")

    # ---- pages ------------------------------------------------------------------------------------------------------

    async def _page(self, flow: http.HTTPFlow) -> None:
        if self._session(flow) is None:
            await self._file(flow, PageFile(PAGES["login"], HTML), 401)
            return
        await self._file(flow, PageFile(PAGES["app"], HTML))
        self._ahead = asyncio.create_task(self._start_ahead(), name="portal process")

    async def _start_ahead(self) -> None:
        """Beside the page: its WebSocket comes a moment later."""
        try:
            await self.process.started()
        except RouterError as error:
            log.warning("%s", error.message)

    async def _file(self, flow: http.HTTPFlow, file: PageFile, status: int = 200) -> None:
        content = await asyncio.to_thread(file.path.read_bytes)
        headers = page_headers(file.media, flow.request.headers.get("host", ""))
        flow.response = http.Response.make(status, content, headers)
        without_body_for_head(flow)

    # ---- sessions ---------------------------------------------------------------------------------------------------

    def _session(self, flow: http.HTTPFlow) -> Session | None:
        cookies = header_map(flow.request.headers).get("cookie", "")
        return self.runtime.portal.find(cookie_values(cookies, self.runtime.listening[1]))

    def _log_in(self, flow: http.HTTPFlow) -> None:
        runtime = self.runtime
        content = flow.request.raw_content or b""
        try:
            given = Credentials.model_validate_json(content if len(content) <= MOST_CREDENTIALS_BYTES else b"")
        except ValidationError:
            raise Refused(400, "bad_request", 'Send {"code": …} or {"admin_token": …}.') from None
        if given.code and not runtime.portal.redeem(given.code):
            raise Refused(
                403, "bad_link", "This link was used already, or is too old. Run mitmrouter portal again for a new one."
            )
        if not given.code and not is_secret(given.admin_token, runtime.admin_token):
            raise Refused(403, "bad_admin_token", "That is not the token in the home folder's admin.token.")
        lifetime_s = runtime.config.portal.session_hours * 3600
        value, session = runtime.portal.begin(lifetime_s)
        log.info("portal: a browser was let in by %s", "a link" if given.code else "the admin token")
        answer_json(flow, {"expires_at_ms": to_ms(session.expires_at)})
        self._hand_out(flow, value, lifetime_s)

    async def _log_out(self, flow: http.HTTPFlow) -> None:
        session = self._session(flow)
        if session is not None:
            self.runtime.portal.end(session)
            if (place := self.process.running()) is not None:
                with contextlib.suppress(Refused):  # if it is gone, so are its apps
                    await self._ask("POST", f"http://127.0.0.1:{place.port}/end/{session.label}", place.secret)
        answer_json(flow, {})
        self._hand_out(flow, "", 0)

    def _hand_out(self, flow: http.HTTPFlow, value: str, lifetime_s: float) -> None:
        secure = flow.request.headers.get("origin", "").startswith("https://")
        cookies = set_cookies(value, self.runtime.listening[1], lifetime_s, secure=secure)
        if flow.response is not None:
            flow.response.headers.set_all("set-cookie", cookies)

    # ---- the app ----------------------------------------------------------------------------------------------------

    async def _connect(self, flow: http.HTTPFlow, how: str = "") -> None:
        session = self._session(flow)
        headers = header_map(flow.request.headers)
        if session is None or headers.get("upgrade", "").lower() != "websocket":
            raise Refused(426, "no_websocket", "The portal's app is spoken to by WebSocket.")
        place = await self.process.started()
        size = parse_qs(flow.request.path.partition("?")[2])
        query = "&".join(f"{name}={_number(size.get(name, ['0'])[0])}" for name in ("width", "height"))
        told = {name: headers[name] for name in _OF_THE_HANDSHAKE if name in headers}
        told |= {
            "host": f"127.0.0.1:{place.port}",
            SECRET_HEADER: place.secret,
            SESSION_HEADER: session.label,
            REMAINING_HEADER: f"{session.expires_at - self.runtime.clock.now():.3f}",
        }
        request = http.Request.make(
            "GET",
            f"http://127.0.0.1:{place.port}/ws?{query}{how}",
            b"",
            [(name.encode(), value.encode("latin-1")) for name, value in told.items()],
        )
        del request.headers["content-length"]
        dig(flow, Tunnel(place.port, request))

    async def _download(self, flow: http.HTTPFlow, key: str) -> None:
        """A file that the app hands to its page."""
        place = self.process.running()
        if place is None or not key.isalnum():
            raise Refused(404, "not_found", "There is no such download.")
        status, media, name, content = await self._ask(
            "GET", f"http://127.0.0.1:{place.port}/download/{key}", place.secret
        )
        if status != 200:
            raise Refused(404, "not_found", "There is no such download.")
        headers = page_headers(media, "") | {"content-disposition": f'attachment; filename="{name}"'}
        flow.response = http.Response.make(200, content, headers)
        without_body_for_head(flow)

    async def _ask(self, method: str, url: str, secret: str) -> tuple[int, str, str, bytes]:
        """Status, media type, file name, content."""
        import httpx  # here: most routers never show a portal

        try:
            async with (
                httpx.AsyncClient(trust_env=False, timeout=ASK_TIMEOUT_S) as client,
                client.stream(method, url, headers={SECRET_HEADER: secret}) as answer,
            ):
                content = bytearray()
                async for piece in answer.aiter_bytes():
                    content += piece
                    if len(content) > DOWNLOAD_LIMIT_BYTES:
                        raise Refused(502, "too_large", "The file is too large to be handed out.")
        except httpx.HTTPError as error:
            raise Refused(502, "portal_failed", f"The portal's own process does not answer ({error!r}).") from error
        media = answer.headers.get("content-type", "application/octet-stream")
        given = answer.headers.get("content-disposition", "").partition("filename=")[2]
        name = (
            "".join(letter for letter in given if letter.isascii() and (letter.isalnum() or letter in "._- "))[:150]
            or "download"
        )
        return answer.status_code, media, name, bytes(content)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0
