"""Who may speak to the router at all: Host, Origin, client token, size. Refuses before the body is kept."""

import secrets

from mitmproxy import http

from addons.flowstate import ONLY_TOKEN
from addons.header_map import header_map
from addons.hooks import request_hook
from addons.runtime import Runtime
from router_core.client import client_name
from router_core.elsewhere import elsewhere
from router_core.errors import Refused
from router_core.netloc import host_of, is_loopback
from router_core.plain_path import plain_path
from router_core.portal.cookies import cookie_values
from router_core.portal.front_doors import PORTAL, is_front_door
from router_core.portal.peer import is_strangers
from router_core.tokens.client_key import PREFIX, ClientKey
from router_core.trace import tickets

type Headers = dict[str, str]

ADMIN_PREFIX = "/api/"
ADMIN_PATHS = frozenset({"/metrics"})
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""All others only read, or are refused by every endpoint. A page cannot send a DELETE without asking first."""
OPEN_PATHS = frozenset({"/health", "/api/hello"})
"""They say that the router is there, and no more. Claude Code asks for the second one whenever it starts."""
PORTAL_OPEN = ("/portal", "/portal/", "/portal/open", "/portal/session")
"""Pages that show nothing yet, and where a session is asked for."""
PORTAL_STATIC = "/portal/static/"
PORTAL_SOCKETS = ("/portal/ws", "/portal/ws/sanitized")
READ_BY_SESSION = frozenset({"/api/docs", "/api/openapi.json"})
"""Of the admin plane, for a browser that was let into the portal: to read, never to change."""
CLIENT_KEY = "mitmrouter.client_key"
"""In the flow's metadata: the name of the key that the client gave."""


class Guard:
    """Runs before everything else that sees a request."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._masked: set[bytes] = set()
        """Digests of the client keys that are masked wherever they turn up."""

    @request_hook
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if not self.runtime.ready:
            raise Refused(503, "starting", "The router is not ready yet. Try again in a moment.")
        request = flow.request
        headers = header_map(request.headers)
        self._check_host(headers)
        if (plain := plain_path(request.path)) != request.path:
            request.path = plain
        path = request.path.partition("?")[0]
        self._check_origin(headers, path)
        if path not in OPEN_PATHS:
            if path == PORTAL or path.startswith(PORTAL + "/"):
                self._check_portal(flow, headers, path)
            elif path in READ_BY_SESSION and request.method in ("GET", "HEAD") and self._in_session(flow, headers):
                pass
            elif path.startswith(ADMIN_PREFIX) or path in ADMIN_PATHS:
                self._check_admin(request.method, headers)
            elif is_front_door(request.method, path, headers) and self.runtime.config.portal.enabled:
                pass  # the portal sends the browser on, and says nothing
            elif (said := elsewhere(path)) and path.split("/")[1] not in self.runtime.config.providers:
                raise Refused(404, "not_found", said)
            else:
                self._check_client(flow, headers, path)
                if tickets.HEADER in headers:
                    self._take_ticket(flow, headers[tickets.HEADER])
        self._check_size(headers)

    def _check_host(self, headers: Headers) -> None:
        """A page that rebinds its own name to 127.0.0.1 still sends that name here."""
        named = headers.get("host", "")
        host = host_of(named) if "," not in named else ""  # a comma: two Host headers
        if not is_loopback(host) and host not in self.runtime.config.server.allowed_hosts:
            raise Refused(
                403,
                "bad_host",
                "The Host header names another machine. Use 127.0.0.1, or add the name to [server] allowed_hosts.",
            )

    def _check_origin(self, headers: Headers, path: str) -> None:
        origin = headers.get("origin")
        host = headers.get("host", "").lower()
        cross_site = headers.get("sec-fetch-site", "none").lower() in ("cross-site", "same-site")
        # a link to it may stand on any page: it has no content
        opens = path == "/portal/open" and headers.get("sec-fetch-mode") == "navigate"
        if (origin is not None and not _is_own(origin, host)) or (cross_site and not opens):
            raise Refused(403, "foreign_origin", "Requests from web pages of other origins are refused.")

    def _check_client(self, flow: http.HTTPFlow, headers: Headers, path: str) -> None:
        given = presented(headers)
        if any(_same(each, self.runtime.gateway_token) for each in given):
            return
        if (key := self._key(given)) is not None:
            self._check_key(key, path, headers)
            flow.metadata[CLIENT_KEY] = key.name
            return
        if self.runtime.config.server.auth == "open" and is_loopback(str(flow.client_conn.peername[0])):
            return  # by the socket's peer: a Host header proves nothing
        raise Refused(
            403,  # not 401: Claude Code retries a 401 for minutes
            "bad_client_token",
            'The gateway token is missing or wrong. In your shell: eval "$(mitmrouter activate)", '
            "or start the client with mitmrouter code / mitmrouter codex.",
        )

    def _take_ticket(self, flow: http.HTTPFlow, ticket: str) -> None:
        """Who holds the admin token may say which token pays; the ticket goes no further than here."""
        runtime = self.runtime
        del flow.request.headers[tickets.HEADER]
        token_id = runtime.tickets.take(ticket, runtime.admin_token, runtime.clock.now())
        if token_id is None:
            raise Refused(403, "bad_ticket", "The ticket for a token is none of this router, too old, or was used.")
        flow.metadata[ONLY_TOKEN] = token_id

    def _key(self, given: list[str]) -> ClientKey | None:
        """The client key among what was presented."""
        if not any(each.startswith(PREFIX) for each in given):
            return None
        pool, keys = self.runtime.pool, self.runtime.keys
        for at_once in (False, True):  # one that is not known may have been made a moment ago
            pool.refresh(at_once=at_once)
            keys.refresh(pool.edition)
            for each in given:
                if (key := keys.find(each)) is not None:
                    if key.digest not in self._masked:
                        self._masked.add(key.digest)
                        self.runtime.redactor.know([each])
                    return key
        return None

    def _check_key(self, key: ClientKey, path: str, headers: Headers) -> None:
        state = key.state(self.runtime.clock.now())
        if state != "valid":
            status = 400 if client_name(headers) == "codex" else 403  # Codex asks again at a 403
            raise Refused(
                status, f"client_key_{state}", f"The client key {key.name!r} is {state}. Ask for another one."
            )
        if path == "/status":
            raise Refused(403, "not_for_client_keys", "/status takes the gateway token, no client key.")

    def _check_admin(self, method: str, headers: Headers) -> None:
        given = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not _same(given, self.runtime.admin_token):
            raise Refused(
                403, "bad_admin_token", "The admin API takes the token in the home folder's admin.token as Bearer."
            )
        bare = "content-type" not in headers and headers.get("content-length", "0") == "0"
        if method in CHANGING and not (method == "DELETE" and bare and "transfer-encoding" not in headers):
            self._check_json(headers)

    def _check_portal(self, flow: http.HTTPFlow, headers: Headers, path: str) -> None:
        """A page is anybody's; a session is for whom it was made, and only from our own page."""
        if not self.runtime.config.portal.enabled:
            raise Refused(404, "not_found", "The portal is switched off: [portal] enabled.")
        method = flow.request.method
        if (method == "POST" or path in PORTAL_SOCKETS) and "origin" not in headers:
            raise Refused(403, "no_origin", "This is for the portal's own pages: a browser names their origin.")
        if method == "POST":
            self._check_json(headers)
        if path == "/portal/session" and self._is_strangers(flow):
            raise Refused(403, "another_user", "This router belongs to another user of this machine.")
        is_open = path in PORTAL_OPEN or path.startswith(PORTAL_STATIC)
        if not is_open and not self._in_session(flow, headers):
            raise Refused(401, "no_session", "The session is over, or never began. Run mitmrouter portal.")

    def _in_session(self, flow: http.HTTPFlow, headers: Headers) -> bool:
        cookies = cookie_values(headers.get("cookie", ""), self.runtime.listening[1])
        return self.runtime.portal.find(cookies) is not None and not self._is_strangers(flow)

    def _is_strangers(self, flow: http.HTTPFlow) -> bool:
        peer, own = flow.client_conn.peername, flow.client_conn.sockname
        return is_strangers((str(peer[0]), int(peer[1])), (str(own[0]), int(own[1])))

    def _check_json(self, headers: Headers) -> None:
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":  # a page can send other types without asking first
            raise Refused(415, "not_json", "Changes are application/json only.")

    def _check_size(self, headers: Headers) -> None:
        declared = headers.get("content-length", "0")
        limit = self.runtime.config.server.max_body_bytes
        if declared.isdigit() and int(declared) > limit:
            raise Refused(
                413, "request_too_large", f"The request body has {declared} bytes; at most {limit} are accepted."
            )


def presented(headers: Headers) -> list[str]:
    """Every credential a client gave: Claude Code sends two headers at once when both of its variables are set."""
    given = [headers.get("authorization", "").removeprefix("Bearer ").strip()]
    given += [headers.get(name, "").strip() for name in ("x-api-key", "x-goog-api-key")]
    return [value for value in given if value]


def _is_own(origin: str, host: str) -> bool:
    """Whether a page's origin is this router; https: with something in front of it that speaks TLS."""
    return bool(host) and origin.lower() in (f"http://{host}", f"https://{host}")


def _same(given: str, expected: str) -> bool:
    return bool(expected) and secrets.compare_digest(given.encode(), expected.encode())
