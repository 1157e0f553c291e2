"""THE ordered list of addons: `mitmdump -s addons/router.py --mode reverse:http://router.invalid@127.0.0.1:8100`.

mitmproxy runs each hook from top to bottom: the order is the architecture.
"""

import gc
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a bare mitmdump knows nothing of this project
gc.disable()  # what is imported stays, and looking for garbage in it is a tenth of the start

from addons.aiming import Aiming
from addons.boot import Boot
from addons.budgets import Budgets
from addons.config_reload import ConfigReload
from addons.counting import Counting
from addons.deadlines import Deadlines
from addons.failover import Failover
from addons.google_projects import GoogleProjects
from addons.guard import Guard
from addons.http2_upstream import Http2Upstream
from addons.ingress import Ingress
from addons.local_api import LocalApi
from addons.loops import Loops
from addons.models_api import ModelsApi
from addons.notices import Notices
from addons.parent_watch import ParentWatch
from addons.portal import Portal
from addons.refreshing import Refreshing
from addons.response import Response
from addons.responses_state import ResponsesState
from addons.retry_layer import RetryLayerAddon
from addons.routing import Routing
from addons.runtime import Runtime
from addons.spending import Spending
from addons.target_lists import TargetLists
from addons.tracing import Tracing
from addons.upstream_proxy import UpstreamProxy
from addons.web_view import WebView
from addons.websocket_handshake import WebSocketHandshake
from addons.websocket_turns import WebSocketTurns
from router_core.tokens.leases import Lease

gc.enable()
runtime = Runtime()
budgets = Budgets(runtime)


def lives(lease: Lease) -> None:
    """An attempt is under way: what is held for it is kept."""
    runtime.pool.leases.renew(lease, runtime.clock.now())
    budgets.lives(lease.owner)


deadlines = Deadlines(lives)
aiming = Aiming(runtime, budgets)
loops = Loops(runtime)
spending = Spending(runtime, budgets, loops)
failover = Failover(runtime, aiming, spending)

addons = [
    Boot(runtime),  # opens the home folder; sets options; drops mitmproxy's unneeded addons
    RetryLayerAddon(runtime, deadlines),  # next_layer: our HTTP layer, which can send a failed attempt again
    deadlines,  # connect, first byte, idle and total timeouts of each attempt
    UpstreamProxy(runtime),  # http_connect_upstream: the credentials of the proxy on the way to providers
    Http2Upstream(),  # server_connect: offer h2 to providers
    runtime.lag,  # running: how late the event loop is
    ParentWatch(),  # a router that another program started ends with it
    ConfigReload(runtime),  # swap in a new configuration, or keep the old one
    Guard(runtime),  # requestheaders: Host, Origin, client token, size; refuse before the body is kept
    LocalApi(runtime, budgets),  # request: our own paths, never forwarded
    Portal(runtime),  # request: /portal, the app in a browser
    ModelsApi(runtime),  # request: /v1/models, from what the providers offer
    WebSocketHandshake(runtime),  # request: an upgrade: which provider may answer it, or 426
    Routing(runtime),  # request: /v1/… and /v1beta/…: which provider and model
    Ingress(runtime),  # request: /{provider}/…: that provider only
    WebSocketTurns(runtime),  # request: one response.create of a WebSocket
    TargetLists(runtime),  # request: whose it is, and which targets it may use
    ResponsesState(runtime),  # request, response: previous_response_id for any target
    Counting(runtime),  # request: token counts, by the provider or estimated here
    GoogleProjects(runtime),  # request: the project behind a Google login, before its first use
    budgets,  # responseheaders: says what is nearly used up; renews reservations
    loops,  # request: is its session running away
    aiming,  # request: which token pays; the last to touch the request
    Refreshing(runtime, aiming),  # request: waits for a token that has run out; in the background: renews ahead
    WebView(runtime),  # request, upstream_failed, response: what mitmweb shows, masked
    failover,  # upstream_failed: judge, prepare the next attempt or the final answer
    Response(runtime),  # responseheaders: windows, health
    Notices(runtime, budgets, loops),  # beside the requests: tells the owner what needs one
    Tracing(runtime, failover),  # request, response, error: only looks; sees what the client saw
]
