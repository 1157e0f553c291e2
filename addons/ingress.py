"""A request to `/{provider}/…`: that provider only. What it asks for, as far as the trace needs to know."""

import time
from typing import Any
from urllib.parse import unquote

from mitmproxy import http

from addons.flowstate import FlowState, find_state, note
from addons.header_map import header_map
from addons.hooks import request_hook
from addons.runtime import Runtime
from router_core.asked import read_asked
from router_core.client import asker_of, client_name, session_key, thread_of
from router_core.config.schema import ProviderConfig
from router_core.errors import Refused
from router_core.nearly_right import base_url_hint
from router_core.outgoing import safe_query
from router_core.routing.entrance import entrance_of
from router_core.routing.project import project_of
from router_core.routing.unplaced import provider_for_unplaced
from router_core.tokens.affinity import Asker
from router_core.trace.record import TraceRecord
from router_core.trace.writer import new_trace_id
from router_core.wire.encoding import inflate
from router_core.wire.format import Call, call_of, model_of_path

ROUTED = ("/v1/", "/v1beta/")


class Ingress:
    """Begins the notes of each request that will go upstream."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @request_hook
    def request(self, flow: http.HTTPFlow) -> None:
        request = flow.request
        config = self.runtime.config
        if find_state(flow) is not None:
            return  # a routed request: its notes have begun
        headers = header_map(request.headers)
        name, provider, rest = self._provider(request.method, request.path, headers)
        call = call_of(provider.kind, rest)
        content = self._content(request, headers) if call.inference else None
        body = read_asked(content) if content else None
        now = self.runtime.clock.now()
        client = client_name(headers)
        session = session_key(headers, body)
        record = TraceRecord(
            id=new_trace_id(now),
            started_at=now,
            method=request.method,
            path=request.path.partition("?")[0],
            format=call.format,
            client=client,
            user_agent=headers.get("user-agent", "")[:200],
            session=session,
            streamed=bool(body and body.get("stream")) or ":stream" in rest.partition("?")[0],
            provider=name,
            model=_model(call, rest, body),
            because=_because(request.path, name),
            project=self._project(client, headers, content, body),
            agent=thread_of(headers, session),
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
            asker=asker_of(headers, record.session, content, record.id) if call.inference else Asker(),
            received_at=time.monotonic(),
        )
        note(flow, state)
        flow.metadata["mitmrouter.trace"] = record.id

    def _provider(self, method: str, path: str, headers: dict[str, str]) -> tuple[str, ProviderConfig, str]:
        name, slash, rest = path.removeprefix("/").partition("/")
        providers = self.runtime.config.providers
        if name not in providers and (hint := base_url_hint(path.partition("?")[0])):
            raise Refused(404, "not_found", f"Nothing is at {path.partition('?')[0]!r}. {hint}")
        if path.startswith(ROUTED):
            self.runtime.pool.refresh()
            bare = path.partition("?")[0]
            if entrance_of(method, unquote(bare)) is not None:  # never past the rules: `/v1/chat%2Fcompletions`
                raise Refused(400, "bad_path", f"Write the path {bare!r} without %2F: its requests are routed.")
            lock = self.runtime.lock.read()
            client = client_name(headers)
            found = provider_for_unplaced(bare, headers, client, self.runtime.config, self._has_token, lock)
            if found is not None:
                name, slash, rest = found, "", path
            elif lock is not None:
                raise Refused(
                    404,
                    "not_found",
                    f"{bare!r} can go nowhere: all routing is locked to {lock} (`mitmrouter model unlock`).",
                )
        provider = providers.get(name)
        if provider is not None and provider.enabled:
            path_, mark, query = rest.partition("?")
            if mark:  # Gemini's clients may give their key there
                rest = path_ + (f"?{kept}" if (kept := safe_query(query)) else "")
            return name, provider, slash + rest
        known = ", ".join(f"/{key}" for key in self._nearest())
        if path.startswith(ROUTED):
            raise Refused(
                404,
                "not_found",
                f"Nothing is routed at {path.partition('?')[0]!r}, and no provider with a token speaks this client's "
                f"protocol: put a provider before the path ({known}).",
            )
        raise Refused(404, "unknown_provider", f"No provider {name.partition('?')[0]!r}. Known: {known}.")

    def _project(self, client: str, headers: dict[str, str], content: bytes | None, body: dict[str, Any] | None) -> str:
        """What the client names, now or at the beginning of a conversation that it continues by a response's id."""
        named = project_of(client, headers, content or b"")
        return named or self.runtime.beginnings.before(body.get("previous_response_id") if body else None).project

    def _has_token(self, provider: str) -> bool:
        return bool(self.runtime.pool.of(provider))

    def _nearest(self) -> list[str]:
        """Providers worth naming: those with a token, else the best known ones."""
        enabled = sorted(((p.order, name) for name, p in self.runtime.config.providers.items() if p.enabled))
        names = [name for _, name in enabled]
        return [name for name in names if self.runtime.pool.of(name)] or [*names[:9], "…"]

    def _content(self, request: http.Request, headers: dict[str, str]) -> bytes | None:
        """The body, decompressed; None when there is none, or nothing readable."""
        content = request.raw_content
        if not content:
            return None
        return inflate(content, headers.get("content-encoding", ""), 2 * self.runtime.config.server.max_body_bytes)


def _because(path: str, name: str) -> str:
    if path.startswith(ROUTED):
        return f"nothing is routed at this path: {name} is the first provider of this client's protocol"
    return f"path /{name}/"


def _model(call: Call, rest: str, body: dict[str, Any] | None) -> str:
    """Whom the provider will ask: where its path names a model nobody reads what the body says."""
    if not call.inference:
        return ""
    last = unquote(rest.partition("?")[0]).rpartition("/")[2]
    if ":" in last and not call.wrapped:  # `MODEL:generateContent`
        return model_of_path(rest)[:200]
    return _text(body, "model")


def _text(body: dict[str, Any] | None, key: str) -> str:
    value = body.get(key) if body else None
    return value[:200] if isinstance(value, str) else ""
