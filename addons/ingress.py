"""What a request asks for: provider, wire format, model, session. The body is read here, once."""

import time
from typing import Any

from mitmproxy import http

from addons.flowstate import FlowState, note
from addons.header_map import header_map
from addons.hooks import request_hook
from addons.runtime import Runtime
from router_core.asked import read_asked
from router_core.asked_for import AskedFor
from router_core.client import client_name, session_key
from router_core.config.schema import ProviderConfig
from router_core.errors import Refused
from router_core.outgoing import safe_query
from router_core.routing.decide import decide
from router_core.routing.entrance import Entrance, entrance_of
from router_core.trace.record import TraceRecord
from router_core.trace.writer import new_trace_id
from router_core.wire.encoding import inflate
from router_core.wire.format import Call, call_of

ROUTED = ("/v1/", "/v1beta/")


class Ingress:
    """Begins the notes of each request that will go upstream."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @request_hook
    def request(self, flow: http.HTTPFlow) -> None:
        request = flow.request
        config = self.runtime.config
        if (entrance := entrance_of(request.method, request.path)) is not None:
            self._routed(flow, entrance)
            return
        name, provider, rest = self._provider(request.path)
        call = call_of(provider.kind, rest)
        headers = header_map(request.headers)
        if "websocket" in headers.get("upgrade", "").lower():
            # 426 makes Codex fall back to HTTP at once; any other refusal it retries for seconds
            raise Refused(426, "no_websocket", "WebSocket is not served here; use HTTP.")
        body = self._body(request, headers) if call.inference else None
        now = self.runtime.clock.now()
        client = client_name(headers)
        record = TraceRecord(
            id=new_trace_id(now),
            started_at=now,
            method=request.method,
            path=request.path.partition("?")[0],
            format=call.format,
            client=client,
            user_agent=headers.get("user-agent", "")[:200],
            session=session_key(headers, body),
            streamed=bool(body and body.get("stream")),
            provider=name,
            model=_text(body, "model"),
            because=f"path /{name}/",
        )
        state = FlowState(
            config=config,
            provider_name=name,
            provider=provider,
            rest=rest,
            call=call,
            record=record,
            client_headers=list(request.headers.fields),
            is_codex=client == "codex",
            received_at=time.monotonic(),
        )
        note(flow, state)
        flow.metadata["mitmrouter.trace"] = record.id

    def _routed(self, flow: http.HTTPFlow, entrance: Entrance) -> None:
        """A request to `/v1/…` or `/v1beta/…`: the routing rules choose its target."""
        request, config = flow.request, self.runtime.config
        headers = header_map(request.headers)
        limit = 2 * config.server.max_body_bytes
        content = inflate(request.raw_content or b"", headers.get("content-encoding", ""), limit)
        if content is None:
            raise Refused(400, "bad_encoding", "The body is not what its Content-Encoding says, or far too large.")
        session = session_key(headers, read_asked(content))
        asked = AskedFor(entrance, content, headers, safe_query(request.path.partition("?")[2]), session)
        pool = self.runtime.pool
        pool.refresh()
        route = decide(asked.model, config, has_token=lambda name: bool(pool.of(name)), serves=lambda *_: False)
        target, client = route.targets[0], client_name(headers)
        now = self.runtime.clock.now()
        record = TraceRecord(
            id=new_trace_id(now),
            started_at=now,
            method=request.method,
            path=request.path.partition("?")[0],
            format=entrance.format,
            client=client,
            user_agent=headers.get("user-agent", "")[:200],
            session=session,
            streamed=asked.stream,
            provider=target.provider,
            model=target.model[:200],
            asked_model=asked.model[:200],
            because=route.because,
        )
        state = FlowState(
            config=config,
            provider_name=target.provider,
            provider=config.providers[target.provider],
            rest="",
            call=Call(entrance.format, entrance.operation == "generate"),
            record=record,
            client_headers=list(request.headers.fields),
            is_codex=client == "codex",
            received_at=time.monotonic(),
            asked=asked,
            route=route,
        )
        note(flow, state)
        flow.metadata["mitmrouter.trace"] = record.id

    def _provider(self, path: str) -> tuple[str, ProviderConfig, str]:
        name, slash, rest = path.removeprefix("/").partition("/")
        providers = self.runtime.config.providers
        provider = providers.get(name)
        if provider is not None and provider.enabled:
            return name, provider, slash + rest
        known = ", ".join(f"/{key}" for key, value in providers.items() if value.enabled)
        if path.startswith(ROUTED):
            raise Refused(
                404,
                "not_found",
                f"Nothing is routed at {path.partition('?')[0]!r}: put a provider before it ({known}).",
            )
        raise Refused(404, "unknown_provider", f"No provider {name.partition('?')[0]!r}. Known: {known}.")

    def _body(self, request: http.Request, headers: dict[str, str]) -> dict[str, Any] | None:
        """What the body says of itself; None when there is none, or nothing readable."""
        content = request.raw_content
        if not content:
            return None
        opened = inflate(content, headers.get("content-encoding", ""), 2 * self.runtime.config.server.max_body_bytes)
        return read_asked(opened) if opened else None


def _text(body: dict[str, Any] | None, key: str) -> str:
    value = body.get(key) if body else None
    return value[:200] if isinstance(value, str) else ""
