"""One client's WebSocket, the provider's socket behind it, and the turns that go from the one to the other.

To mitmproxy's HTTP machinery a WebSocket is here one more version of HTTP, at both edges: each `response.create` of the
client is a POST (websocket_client.py), each attempt of such a POST may go over a provider's WebSocket
(websocket_upstream.py). So routing, translation, failover, deadlines and traces are the same code for both, a turn may
win over HTTP where no socket can be had, and closing either side is mitmproxy's business as ever. The other ways would
have meant all of that a second time: mitmproxy's own WebSocket layer ties one client to one server.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mitmproxy import http

from router_core.providers.auth import HeaderPairs
from router_core.tokens.token import Token
from router_core.wire.model import JsonObject

if TYPE_CHECKING:
    from addons.websocket_upstream import UpstreamSocket

FRESH_DEATHS = 2
"""So many new sockets in a row closed without a word: something on the way to the provider kills them."""


@dataclass(eq=False, slots=True)
class Link:
    """What belongs to one client's WebSocket. It has one provider's socket at most: the conversation is there."""

    path: str
    """Of the handshake, with query."""
    headers: HeaderPairs
    """Of the handshake as the client sent it: its credentials and its session hold for every turn."""
    upstream: "UpstreamSocket | None" = None
    fresh_deaths: int = 0

    def is_open_for(self, token: Token) -> bool:
        """The open socket was made with this very credential: a token that was renewed since then gets a new one."""
        upstream = self.upstream
        return upstream is not None and (upstream.token_id, upstream.secret) == (token.id, token.access_token)

    def knows(self, token: Token, response_id: str) -> bool:
        """The open socket of that token made this response: only there it can be continued by its id."""
        return self.is_open_for(token) and self.upstream is not None and response_id in self.upstream.made

    def provider_knows(self, provider: str, response_id: str) -> bool:
        """The same for whichever token of that provider has the socket."""
        return self.upstream is not None and self.upstream.provider == provider and response_id in self.upstream.made

    @property
    def only_http(self) -> bool:
        """No further socket is worth trying for this client."""
        return self.fresh_deaths >= FRESH_DEATHS


@dataclass(eq=False, slots=True)
class Turn:
    """One `response.create`. `fields`: as the client sent it, without `type`."""

    link: Link
    fields: JsonObject = field(default_factory=dict)

    @property
    def is_warm_up(self) -> bool:
        """The prompt shall be read, and nothing said."""
        return self.fields.get("generate") is False


class TurnRequest(http.Request):
    """The POST that a turn is; no client can make one by its headers."""

    turn: Turn
