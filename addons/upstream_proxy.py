"""The HTTP proxy between us and the providers: which attempt goes through it, and the password that it asks for.

mitmproxy's own option for that password (`upstream_auth`) would send it to the providers, too.
"""

import base64
from urllib.parse import unquote, urlsplit

from mitmproxy import http
from mitmproxy.net.server_spec import ServerSpec

from addons.runtime import Runtime
from router_core.config.schema import ServerConfig


def via_of(url: str, server: ServerConfig) -> ServerSpec | None:
    """What mitmproxy wants to know of the proxy for this URL; None: it is reached directly."""
    proxy = server.proxy_for(url)
    return _spec(proxy) if proxy else None


def _spec(proxy: str) -> ServerSpec:
    parts = urlsplit(proxy)
    if parts.scheme == "https":
        return "https", (parts.hostname or "", parts.port or 443)
    return "http", (parts.hostname or "", parts.port or 80)


class UpstreamProxy:
    """Presents the credentials of `proxy_url` when a tunnel is asked for; a provider never sees them."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def http_connect_upstream(self, flow: http.HTTPFlow) -> None:
        proxy = self.runtime.config.server.proxy_url
        parts = urlsplit(proxy or "")
        if proxy and parts.username is not None and flow.server_conn.address == _spec(proxy)[1]:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            flow.request.headers["Proxy-Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
