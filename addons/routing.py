"""A request to `/v1/…` or `/v1beta/…`: the routing rules choose provider and model; its notes begin here."""

import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

from mitmproxy import http

from addons.flowstate import FlowState, find_state, note
from addons.guard import CLIENT_KEY
from addons.header_map import header, header_map
from addons.hooks import async_request_hook, request_hook
from addons.owners_function import OwnersFunction
from addons.runtime import Runtime
from addons.target_lists import has_lists, why_not_allowed
from router_core.asked import read_asked
from router_core.asked_for import AskedFor
from router_core.client import asker_of, session_key, thread_of
from router_core.config.routing import SCENARIOS, RoutingConfig
from router_core.config.schema import Config
from router_core.errors import Refused
from router_core.outgoing import safe_query
from router_core.routing.auto_place import auto_for
from router_core.routing.beginnings import NOTHING, Beginning
from router_core.routing.custom import CustomAnswer
from router_core.routing.decide import Auto, NoRoute, Route, decide
from router_core.routing.entrance import Entrance, entrance_of
from router_core.routing.facts import Facts
from router_core.routing.measured import Measured
from router_core.routing.names import Serves
from router_core.routing.tags import may_have_tag, take_tag
from router_core.routing.target import RouteTarget
from router_core.text import printable
from router_core.tokens.affinity import Asker
from router_core.trace.record import BodyRecord, TraceRecord
from router_core.trace.writer import new_trace_id
from router_core.wire.encoding import inflate
from router_core.wire.format import Call

_CONTINUES = b'"previous_response_id"'


@dataclass(slots=True)
class Placing:
    """A request that has been read and is to be placed."""

    entrance: Entrance
    facts: Facts
    tag: str
    config: Config
    """As it was when the request came, whatever it has to wait for."""
    measured: Measured | None = None
    """The last turn of this line of work."""
    custom: CustomAnswer | None = None
    """What the owner's function answered."""
    client_key: str = ""
    """Name of the key that the client gave."""
    ask_function: bool = False
    """No rule before it has decided: it must be asked."""


class Routing:
    """Places each routed request."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._function = OwnersFunction(runtime)
        self._placing: WeakKeyDictionary[http.HTTPFlow, Placing] = WeakKeyDictionary()
        """Requests that wait for something before they can be placed."""

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """There is something to wait for only when the owner's function may choose, or when a provider's list must be
        asked who serves a model."""
        if entrance_of(flow.request.method, flow.request.path) is None:
            return None
        self._place(flow)
        if flow.response is not None or flow.error is not None:
            return None
        state = find_state(flow)
        if state is None:
            return self._place_later(flow)
        if self._is_unknown_copilot(state):
            return self._ask_where_models_answer(flow)
        return None

    def _is_unknown_copilot(self, state: FlowState) -> bool:
        return state.provider.kind == "copilot" and self.runtime.models.is_due(state.provider_name)

    @async_request_hook
    async def _ask_where_models_answer(self, flow: http.HTTPFlow) -> None:
        if (state := find_state(flow)) is not None:
            await self._learn_where_models_answer(state)

    async def _learn_where_models_answer(self, state: FlowState) -> None:
        """Copilot has several APIs, and its list says at which one a model answers: waited for while there is none."""
        for source in self.runtime.model_sources():
            if source.name == state.provider_name:
                await self.runtime.models.models_of(source)
        if state.route is not None:
            state.route = self._spelled(state.route, state.config)
            state.record.model = state.route.targets[0].model[:200]

    @async_request_hook
    async def _place_later(self, flow: http.HTTPFlow) -> None:
        placing = self._placing[flow]
        if placing.ask_function:
            placing.ask_function = False
            placing.custom = await self._function.ask(placing.facts, placing.config)
            self._begin(flow, placing, last=False)
        if find_state(flow) is None:
            await self.runtime.models.models(self.runtime.model_sources())
            self._begin(flow, placing, last=True)
        state = find_state(flow)
        if state is not None and self._is_unknown_copilot(state):
            await self._learn_where_models_answer(state)

    @request_hook
    def _place(self, flow: http.HTTPFlow) -> None:
        if (entrance := entrance_of(flow.request.method, flow.request.path)) is not None:
            placing = self._read(flow.request, entrance)
            placing.client_key = str(flow.metadata.get(CLIENT_KEY, ""))
            self._begin(flow, placing, last=False)

    def _begin(self, flow: http.HTTPFlow, placing: Placing, *, last: bool) -> None:
        """Decide, and begin the notes; without them when something must be waited for first."""
        runtime, entrance, facts = self.runtime, placing.entrance, placing.facts
        asked = facts.asked
        runtime.pool.refresh()
        try:
            route = self._route(placing, last=last)
        except NoRoute as error:
            self._write_down(flow, placing, error)
            raise
        if route is None:
            self._placing[flow] = placing
            return
        self._placing.pop(flow, None)
        route = self._spelled(route, placing.config)
        target, generates = route.targets[0], entrance.operation == "generate"
        record = _record(flow, placing, runtime.clock.now())
        record.provider, record.model = target.provider, target.model[:200]
        record.because, record.scenario, record.tier = route.because, route.scenario, route.tier
        record.decision = list(route.tried)
        state = FlowState(
            config=placing.config,
            provider_name=target.provider,
            provider=placing.config.providers[target.provider],
            rest="",
            call=Call(entrance.format, generates),
            record=record,
            client_headers=list(flow.request.headers.fields),
            is_codex=facts.client == "codex",
            asker=asker_of(asked.headers, asked.session, asked.body, record.id) if generates else Asker(),
            received_at=time.monotonic(),
            asked=asked,
            route=route,
            tag=placing.tag,
            body_replaced=asked.body is not asked.as_sent,
        )
        note(flow, state)
        flow.metadata["mitmrouter.trace"] = record.id

    def _write_down(self, flow: http.HTTPFlow, placing: Placing, error: NoRoute) -> None:
        """A request that goes nowhere is in the trace, too; as no provider is known, nothing after this looks at it."""
        now, tracer, asked = self.runtime.clock.now(), self.runtime.tracer, placing.facts.asked
        record = _record(flow, placing, now)
        record.model, record.client_key = record.asked_model, placing.client_key
        record.decision = list(error.tried)
        record.state, record.status, record.error = "refused", error.status, printable(error.message)
        tracer.started(record)
        if asked.as_sent and placing.config.trace.bodies != "off":
            limit = placing.config.trace.body_limit_bytes
            kept, size = asked.as_sent[:limit], len(asked.as_sent)
            media = header(flow.request.headers, b"content-type")
            tracer.body(BodyRecord(record.id, "request", kept, size, size > limit, media))
        record.finished_at = now
        tracer.finished(record)

    def _read(self, request: http.Request, entrance: Entrance) -> Placing:
        runtime, config = self.runtime, self.runtime.config
        headers = header_map(request.headers)
        limit = 2 * config.server.max_body_bytes
        content = inflate(request.raw_content or b"", headers.get("content-encoding", ""), limit)
        if content is None:
            raise Refused(400, "bad_encoding", "The body is not what its Content-Encoding says, or far too large.")
        query = safe_query(request.path.partition("?")[2])
        asked = AskedFor(entrance, content, headers, query, "", runtime.carried)
        tag = None
        if _needs_body(config.routing) or may_have_tag(content):
            tag = take_tag(asked)
        else:
            asked.skim(read_asked(content))
        asked.session = session_key(headers, asked.said)
        measured = runtime.measured.last(asked.session, thread_of(headers, asked.session))
        before = self._before(asked)
        facts = Facts(
            asked,
            last_input_tokens=measured.input_tokens if measured is not None else None,
            remembered=self._remembered,
            project_before=before.project,
        )
        return Placing(entrance, facts, tag.target if tag is not None else before.tag, config, measured)

    def _before(self, asked: AskedFor) -> Beginning:
        """How the conversation began, when the request continues it by a response's id."""
        if asked.entrance.format != "openai-responses" or _CONTINUES not in asked.as_sent:
            return NOTHING
        return self.runtime.beginnings.before(asked.json.get("previous_response_id"))

    def _remembered(self, response_id: str) -> Sequence[Any]:
        """The conversation up to a response, where the newest part of it is at hand: nothing waits for the disk."""
        conversations = self.runtime.conversations
        return (conversations.expand(response_id) or ()) if conversations.in_memory(response_id) else ()

    def _spelled(self, route: Route, config: Config) -> Route:
        """With Copilot's own names of models (`claude-sonnet-4.5`), where its list has one that means the same."""
        targets = tuple(self._own_name(target, config) for target in route.targets)
        if targets == route.targets:
            return route
        return replace(route, targets=targets, because=f"{route.because}, called {targets[0].model} there")

    def _own_name(self, target: RouteTarget, config: Config) -> RouteTarget:
        if config.providers[target.provider].kind != "copilot":
            return target
        own = self.runtime.models.spelling(target.provider, target.model)
        return target if own is None else RouteTarget(target.provider, own)

    def _auto(self, placing: Placing, serves: Serves) -> Auto:
        runtime, config, key = self.runtime, placing.config, placing.client_key

        def allowed(target: RouteTarget) -> bool:
            return not why_not_allowed(runtime, config, key, target)

        lists, now = has_lists(runtime, config, key), runtime.clock.now()
        return auto_for(placing.facts, config, serves, runtime.tiers, placing.measured, now, allowed if lists else None)

    def _route(self, placing: Placing, *, last: bool) -> Route | None:
        """The route; None when something must be waited for first: the owner's function, or the list of a provider
        that might serve the model."""
        runtime, facts, unasked = self.runtime, placing.facts, False
        config = placing.config

        def serves(provider: str, name: str) -> bool:
            nonlocal unasked
            offered = runtime.models.offers(provider, name)
            unasked = unasked or offered is None
            if offered is False and config.providers[provider].kind == "copilot":
                return runtime.models.spelling(provider, name) is not None
            return offered is True

        asks, lock = config.routing.custom is not None and placing.custom is None, runtime.lock.read()
        auto = None if asks else self._auto(placing, serves)
        try:
            route = decide(
                facts,
                config,
                has_token=lambda name: bool(runtime.pool.of(name)),
                serves=serves,
                lock=lock,
                tag=placing.tag,
                custom=placing.custom,
                auto=auto,
            )
        except NoRoute:
            if asks:
                placing.ask_function = True
                return None
            if last or not unasked:
                raise
            return None
        within_lock = lock is not None and not lock.model  # where all rules are tried again
        if asks and (within_lock or any(rule == "custom function" for rule, _ in route.tried)):
            placing.ask_function = True
            return None
        return route


def _record(flow: http.HTTPFlow, placing: Placing, now: float) -> TraceRecord:
    """What is known of a request before it is placed."""
    entrance, facts, asked = placing.entrance, placing.facts, placing.facts.asked
    return TraceRecord(
        id=new_trace_id(now),
        started_at=now,
        method=flow.request.method,
        path=flow.request.path.partition("?")[0],
        format=entrance.format,
        client=facts.client,
        user_agent=facts.user_agent[:200],
        session=asked.session,
        streamed=entrance.operation == "generate" and asked.stream,
        asked_model=asked.model[:200],
        project=facts.project,
        agent=facts.agent,
        estimated_input_tokens=facts.known_input_tokens,
    )


def _needs_body(routing: RoutingConfig) -> bool:
    """A rule looks at the conversation, so that the body will be parsed anyway."""
    return routing.custom is not None or any(routing.scenario(name) is not None for name in SCENARIOS)
