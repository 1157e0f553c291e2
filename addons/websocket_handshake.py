"""A WebSocket handshake: which provider would speak with this client, or 426 at once.

426 makes Codex go on over HTTP without delay; any other refusal it retries for seconds. So what cannot be had is
answered 426: other paths, providers without WebSocket, handshakes that the provider refuses or that no token can pay.
A routed handshake names no model where HTTP would, but Codex tells it in a header, and the rules place it; else the
first provider that speaks WebSocket and has a token is asked. Its turns are routed one by one all the same.
"""

import time

import orjson
from mitmproxy import http

from addons.answers import answer_error
from addons.flowstate import FlowState, note
from addons.header_map import header_map
from addons.hooks import request_hook
from addons.runtime import Runtime
from addons.websocket_link import Link
from router_core.client import client_name, session_key
from router_core.errors import Refused
from router_core.outgoing import safe_query
from router_core.providers.auth import HeaderPairs
from router_core.routing.decide import NoRoute, decide
from router_core.routing.facts import facts_of_name
from router_core.routing.lock import LockUnreadable
from router_core.trace.record import TraceRecord
from router_core.trace.writer import new_trace_id
from router_core.wire.format import Call
from router_core.wire.ws_frames import accept_value

ROUTED = "/v1/responses"
METADATA = "x-codex-turn-metadata"


class WebSocketHandshake:
    """Begins the notes of a handshake that a provider may answer; refuses the others."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @request_hook
    def request(self, flow: http.HTTPFlow) -> None:
        if b"upgrade" not in {name.lower() for name, _ in flow.request.headers.fields}:
            return
        headers = header_map(flow.request.headers)
        if "websocket" not in headers.get("upgrade", "").lower():
            return
        if flow.request.method != "GET" or headers.get("sec-websocket-version") != "13":
            raise not_here("this is no handshake of version 13")
        if not headers.get("sec-websocket-key"):
            raise not_here("the handshake has no Sec-WebSocket-Key")
        runtime = self.runtime
        runtime.pool.refresh()
        name, rest = self._place(flow.request.path, headers)
        provider = runtime.config.providers[name]
        if why := runtime.websockets.why_not(name, provider):
            raise not_here(why)
        now, client = runtime.clock.now(), client_name(headers)
        record = TraceRecord(
            id=new_trace_id(now),
            started_at=now,
            method="GET",
            path=flow.request.path.partition("?")[0],
            format="openai-responses",
            client=client,
            session=session_key(headers, None),
            provider=name,
        )
        state = FlowState(
            config=runtime.config,
            provider_name=name,
            provider=provider,
            rest=rest,
            call=Call("openai-responses", False),
            record=record,
            client_headers=list(flow.request.headers.fields),
            is_codex=client == "codex",
            received_at=time.monotonic(),
            link=Link(flow.request.path, list(flow.request.headers.fields)),
            over_socket=True,
        )
        note(flow, state)

    def _place(self, path: str, headers: dict[str, str]) -> tuple[str, str]:
        """Provider and path there."""
        bare, _, query = path.partition("?")
        query = safe_query(query)
        if bare.rstrip("/") == ROUTED:
            return self._routed(headers), "/responses" + (f"?{query}" if query else "")
        name, _, rest = bare.removeprefix("/").partition("/")
        provider = self.runtime.config.providers.get(name)
        if provider is None or not provider.enabled or not rest.rstrip("/").endswith("responses"):
            raise not_here(f"there is none at {bare[:100]!r}")
        return name, f"/{rest}" + (f"?{query}" if query else "")

    def _routed(self, headers: dict[str, str]) -> str:
        runtime = self.runtime
        try:
            lock = runtime.lock.read()
        except LockUnreadable as error:  # over HTTP the client is told it in words that it shows
            raise not_here(error.message) from None
        if model := _told_model(headers):
            try:
                facts = facts_of_name(model, headers, session_key(headers, None))
                route = decide(facts, runtime.config, has_token=self._has_token, serves=self._serves, lock=lock)
            except NoRoute as error:
                raise not_here(error.message) from None
            return route.targets[0].provider
        for name, provider in runtime.config.listed_providers():
            if lock is not None and name != lock.provider:
                continue
            if provider.enabled and self._has_token(name) and not runtime.websockets.why_not(name, provider):
                return name
        raise not_here("no provider with a token speaks WebSocket")

    def _serves(self, name: str, model: str) -> bool:
        return bool(self.runtime.models.offers(name, model))

    def _has_token(self, name: str) -> bool:
        return bool(self.runtime.pool.of(name))


def accepted_handshake(request: http.Request, client_headers: HeaderPairs, upstream: http.Response) -> http.Response:
    """The 101 for the client: the provider's, for the client's own key.

    Args:
        client_headers: as they came.
        upstream: the provider's 101.
    """
    key = next((value for name, value in client_headers if name.lower() == b"sec-websocket-key"), b"")
    told = [(name, value) for name, value in upstream.headers.fields if name.lower().startswith((b"x-", b"openai-"))]
    own = [
        (b"Upgrade", b"websocket"),
        (b"Connection", b"Upgrade"),
        (b"Sec-WebSocket-Accept", accept_value(key.decode("latin-1")).encode()),
    ]
    response = upstream.copy()
    response.headers, response.http_version = http.Headers([*own, *told]), request.http_version
    return response


def not_here(why: str) -> Refused:
    """The refusal that makes clients go on over HTTP."""
    return Refused(426, "no_websocket", f"WebSocket is not served here: {why}. Use HTTP.")


def refuse_handshake(flow: http.HTTPFlow, why: str) -> None:
    """The same, once a provider has been asked."""
    refused = not_here(why)
    answer_error(flow, refused.status, refused.kind, refused.message, format="openai-responses")


def _told_model(headers: dict[str, str]) -> str:
    """The model of the session, as Codex tells it with the handshake; "" when it does not."""
    try:
        told = orjson.loads(headers.get(METADATA, ""))
    except orjson.JSONDecodeError:
        return ""
    model = told.get("model") if isinstance(told, dict) else None
    return model if isinstance(model, str) else ""
