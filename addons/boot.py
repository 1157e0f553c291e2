"""Start and end: open the home folder, set the mitmproxy options the router needs, drop the addons it does not.

A bare `mitmdump -s addons/router.py` must be as safe and as quick as our own command.
"""

import asyncio
import gc
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader
from mitmproxy.log import LegacyLogEvents

from addons.dispatch import QuickDispatch
from addons.runtime import Runtime
from addons.web_view import RAW_OPTION
from router_core import __version__, crash_text
from router_core.errors import RouterError
from router_core.home import find_home
from router_core.log import mask_other_handlers
from router_core.running import Running, announce, withdraw
from router_core.wire.codec import load_codecs

log = logging.getLogger("mitmrouter")

OPTIONS = {
    "connection_strategy": "lazy",  # eager closes the client before any hook when the first upstream is dead
    "keep_host_header": True,  # else mitmproxy rewrites Host before the guard sees what the client sent
    "tcp_timeout": 7200,  # one timer for a whole client connection; ours (deadlines.py) are shorter
    "validate_inbound_headers": True,
    "http2": True,
}
KEPT_ADDONS = frozenset(
    {
        "core", "proxyserver", "nextlayer", "tlsconfig", "scriptloader", "errorcheck", "termlog", "keepserving",
        "clientplayback", "dnsresolver", "readfilestdin", "readfile",
        "view", "eventstore", "webaddon", "webauth", "staticviewer", "intercept", "save", "savehar", "export",
        "comment",
    }
)  # fmt: skip
"""Everything else mitmproxy brings is asked at each event of each flow, and none of it does anything here.
ClientPlayback stays because its `done` is asynchronous."""
THREADS = 32
"""Where providers are asked things beside requests, and where names are looked up for requests: by itself asyncio has
six on two processors, and six providers that do not answer would stop everything."""
ONLY_WITH_WEB = frozenset({"save", "savehar", "export", "comment"})


class Boot:
    """First in the chain: without it the others have nothing to work with."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def load(self, loader: Loader) -> None:
        loader.add_option(
            "router_home", str, "", "Home folder of the router (default: $MITMROUTER_HOME or ~/.mitmrouter)."
        )

        loader.add_option(
            RAW_OPTION, bool, False, "In mitmweb: show requests as they are, with credentials (default: masked)."
        )

    def configure(self, updated: set[str]) -> None:
        if "router_home" not in updated and self.runtime.ready:
            return
        try:
            self.runtime.open(find_home(ctx.options.router_home or None))
        except RouterError as error:
            log.error("%s", error.message)
            raise exceptions.OptionsError(error.message) from error
        mask_other_handlers(self.runtime.redactor)
        crash_text.install(self.runtime.redactor.text)
        ctx.options.update(**OPTIONS)

    def running(self) -> None:
        if not self.runtime.ready:
            ctx.master.shutdown()
            return
        self._drop_addons()
        self.runtime.dispatch = QuickDispatch(ctx.master.addons)
        self.runtime.dispatch.install()
        logging.getLogger("mitmproxy.proxy.server").setLevel(logging.WARNING)  # a record per connection and stream
        for handler in logging.getLogger().handlers:
            if isinstance(handler, LegacyLogEvents):
                handler.setLevel(logging.CRITICAL)  # an event for all addons per log line, which none of them hears
        gc.collect()
        gc.freeze()  # what is there now stays: looking through it again and again costs time, in pauses of 50 ms
        gc.set_threshold(10_000, 10, 10)  # a request makes some thousand objects that go by themselves: 3 % of its time
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="router"))
        host, port = self._address()
        self.runtime.listening = (host, port)
        announce(self.runtime.home, Running(os.getpid(), host, port, __version__))
        count = len(self.runtime.pool.all())
        log.info(
            "started: mitmrouter %s, pid %d, http://%s:%d, home %s, %d token(s)",
            __version__, os.getpid(), host, port, self.runtime.home.path, count,
        )  # fmt: skip
        threading.Thread(target=load_codecs, name="codecs", daemon=True).start()  # beside the first flows, not in them
        if self.runtime.config.server.auth == "open":
            log.warning('auth = "open": every program on this machine can use your tokens')

    async def done(self) -> None:
        if self.runtime.ready:
            self.runtime.ending = True
            self.runtime.events.close()
            await self.runtime.live.ended(timeout_s=0.5)
            await _end_connections()
            withdraw(self.runtime.home, os.getpid())
            log.info("stopped")
        self.runtime.close()

    def _address(self) -> tuple[str, int]:
        for address in ctx.master.addons.get("proxyserver").listen_addrs():
            return str(address[0]), int(address[1])
        return self.runtime.listening

    def _drop_addons(self) -> None:
        manager = ctx.master.addons
        web = "webaddon" in manager.lookup
        for addon in list(manager.chain):
            name = getattr(addon, "name", type(addon).__name__.lower())
            if name not in KEPT_ADDONS or (name in ONLY_WITH_WEB and not web):
                manager.remove(addon)


async def _end_connections() -> None:
    """Let go of clients before the loop does: what is under way is recorded as broken off, and asyncio has nothing to
    complain about."""
    connections = ctx.master.addons.get("proxyserver").connections
    for handler in list(connections.values()):
        io = handler.transports.get(handler.client)
        if io is not None and io.handler is not None:
            io.handler.cancel("the router ends")
    for _ in range(50):
        if not connections:
            return
        await asyncio.sleep(0.02)
