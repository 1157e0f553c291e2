"""Offer HTTP/2 to providers: mitmproxy mirrors the client's protocol, and our clients speak plain HTTP/1.1."""

from mitmproxy import ctx
from mitmproxy.proxy.server_hooks import ServerConnectionHookData


class Http2Upstream:
    """Sets what TLS offers to the server, before the connection is made."""

    def server_connect(self, data: ServerConnectionHookData) -> None:
        if ctx.options.http2 and data.server.tls and not data.server.alpn_offers:
            data.server.alpn_offers = (b"h2", b"http/1.1")
