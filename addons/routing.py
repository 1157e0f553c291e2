"""A request to `/v1/…` or `/v1beta/…`: the routing rules choose provider and model; its notes begin here."""

import time
from collections.abc import Awaitable

from mitmproxy import http

from addons.flowstate import FlowState, find_state, note
from addons.header_map import header_map
from addons.hooks import async_request_hook, request_hook
from addons.runtime import Runtime
from router_core.asked import read_asked
from router_core.asked_for import AskedFor
from router_core.client import asker_of, client_name, session_key
from router_core.errors import Refused
from router_core.outgoing import safe_query
from router_core.routing.decide import NoRoute, Route, decide
from router_core.routing.entrance import Entrance, entrance_of
from router_core.routing.target import RouteTarget
from router_core.tokens.affinity import Asker
from router_core.trace.record import TraceRecord
from router_core.trace.writer import new_trace_id
from router_core.wire.encoding import inflate
from router_core.wire.format import Call


class Routing:
    """Places each routed request."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """There is something to wait for only when a provider's list must be asked who serves a model."""
        if entrance_of(flow.request.method, flow.request.path) is None:
            return None
        self._place(flow)
        if flow.response is not None or flow.error is not None:
            return None
        state = find_state(flow)
        if state is None:
            return self._place_by_listing(flow)
        if state.provider.kind == "copilot" and self.runtime.models.is_due(state.provider_name):
            return self._ask_where_models_answer(flow)
        return None

    @async_request_hook
    async def _ask_where_models_answer(self, flow: http.HTTPFlow) -> None:
        """Copilot has several APIs, and its list says at which one a model answers: waited for while there is none."""
        if (state := find_state(flow)) is None:
            return
        for source in self.runtime.model_sources():
            if source.name == state.provider_name:
                await self.runtime.models.models_of(source)
        if state.route is not None:
            state.route = self._spelled(state.route)
            state.record.model = state.route.targets[0].model[:200]

    @async_request_hook
    async def _place_by_listing(self, flow: http.HTTPFlow) -> None:
        await self.runtime.models.models(self.runtime.model_sources())
        self._begin(flow, last=True)

    @request_hook
    def _place(self, flow: http.HTTPFlow) -> None:
        self._begin(flow, last=False)

    def _begin(self, flow: http.HTTPFlow, *, last: bool) -> None:
        """Decide, and begin the notes; without them when the providers' lists must be asked first."""
        runtime, entrance = self.runtime, entrance_of(flow.request.method, flow.request.path)
        if entrance is None:
            return
        headers = header_map(flow.request.headers)
        asked = self._read(flow.request, entrance, headers)
        runtime.pool.refresh()
        route = self._route(asked.model, last=last)
        if route is None:
            return
        route = self._spelled(route)
        target, client, now = route.targets[0], client_name(headers), runtime.clock.now()
        generates = entrance.operation == "generate"
        record = TraceRecord(
            id=new_trace_id(now),
            started_at=now,
            method=flow.request.method,
            path=flow.request.path.partition("?")[0],
            format=entrance.format,
            client=client,
            user_agent=headers.get("user-agent", "")[:200],
            session=asked.session,
            streamed=generates and asked.stream,
            provider=target.provider,
            model=target.model[:200],
            asked_model=asked.model[:200],
            because=route.because,
        )
        state = FlowState(
            config=runtime.config,
            provider_name=target.provider,
            provider=runtime.config.providers[target.provider],
            rest="",
            call=Call(entrance.format, generates),
            record=record,
            client_headers=list(flow.request.headers.fields),
            is_codex=client == "codex",
            asker=asker_of(headers, asked.session, asked.body, record.id) if generates else Asker(),
            received_at=time.monotonic(),
            asked=asked,
            route=route,
        )
        note(flow, state)
        flow.metadata["mitmrouter.trace"] = record.id

    def _read(self, request: http.Request, entrance: Entrance, headers: dict[str, str]) -> AskedFor:
        limit = 2 * self.runtime.config.server.max_body_bytes
        content = inflate(request.raw_content or b"", headers.get("content-encoding", ""), limit)
        if content is None:
            raise Refused(400, "bad_encoding", "The body is not what its Content-Encoding says, or far too large.")
        query = safe_query(request.path.partition("?")[2])
        session = session_key(headers, read_asked(content))
        return AskedFor(entrance, content, headers, query, session, self.runtime.carried)

    def _spelled(self, route: Route) -> Route:
        """With Copilot's own names of models (`claude-sonnet-4.5`), where its list has one that means the same."""
        targets = tuple(self._own_name(target) for target in route.targets)
        if targets == route.targets:
            return route
        return Route(targets, f"{route.because}, called {targets[0].model} there")

    def _own_name(self, target: RouteTarget) -> RouteTarget:
        if self.runtime.config.providers[target.provider].kind != "copilot":
            return target
        own = self.runtime.models.spelling(target.provider, target.model)
        return target if own is None else RouteTarget(target.provider, own)

    def _route(self, model: str, *, last: bool) -> Route | None:
        """The route; None when a provider that has not been asked yet might serve the model."""
        runtime, unasked = self.runtime, False

        def serves(provider: str, name: str) -> bool:
            nonlocal unasked
            offered = runtime.models.offers(provider, name)
            unasked = unasked or offered is None
            if offered is False and runtime.config.providers[provider].kind == "copilot":
                return runtime.models.spelling(provider, name) is not None
            return offered is True

        try:
            return decide(model, runtime.config, has_token=lambda name: bool(runtime.pool.of(name)), serves=serves)
        except NoRoute:
            if last or not unasked:
                raise
            return None
