"""Pick the token that pays for the next attempt and point the request at its provider, with its credentials in."""

import logging
import time

from mitmproxy import http
from mitmproxy.net.server_spec import ServerSpec

from addons.answers import respond
from addons.flowstate import FlowState, find_state
from addons.hooks import request_hook
from addons.runtime import Runtime
from router_core.attempt import upstream_headers, upstream_of
from router_core.errors import NoTokenAvailable, Refused
from router_core.text import printable
from router_core.tokens.token import Token
from router_core.trace.record import AttemptRecord
from router_core.wire.errors import error_answer, none_available_answer

log = logging.getLogger("mitmrouter")


class Aiming:
    """The last to touch a request before it goes upstream; `Failover` uses it for each further attempt."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @request_hook
    def request(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None:
            raise Refused(404, "not_found", "There is nothing at this path.")
        state.upstream = upstream_of(state.provider, state.rest)
        if resting := self.runtime.pool.breakers.open_for(state.upstream.authority):
            wait, because = resting
            self._host_rests(flow, state, wait, because)
            return
        self.runtime.pool.refresh()
        try:
            self.next_attempt(flow, state)
        except NoTokenAvailable as error:
            self.none_available(flow, state, error)

    def next_attempt(self, flow: http.HTTPFlow, state: FlowState, *, same: Token | None = None) -> None:
        """Prepare `flow.request` for the next attempt.

        Args:
            same: use this token again instead of choosing one.

        Raises:
            NoTokenAvailable: none can be used.
        """
        if same is not None:
            token, because = same, "the same token once more"
        else:
            chosen = self.runtime.pool.select(state.config, state.provider_name, state.record.model, state.tried)
            token, because = chosen.token, chosen.because
            if chosen.passed_over:
                because += "; passed over " + ", ".join(f"{name} ({why})" for name, why in chosen.passed_over)
        self._aim(flow, state, token, because)

    def _aim(self, flow: http.HTTPFlow, state: FlowState, token: Token, because: str) -> None:
        upstream = state.upstream = state.upstream or upstream_of(state.provider, state.rest)
        state.token = token
        state.tried.add(token.id)
        data = flow.request.data
        data.scheme, data.host, data.port = upstream.scheme.encode(), upstream.host, upstream.port
        data.path, data.authority = upstream.path.encode(), b""
        fields = state.client_headers
        if state.tried != {token.id}:  # routing state of the account that issued it: worthless with another one
            fields = [(name, value) for name, value in fields if name.lower() != b"x-codex-turn-state"]
        data.headers = http.Headers(upstream_headers(fields, state.provider, token, upstream))
        if proxy := state.config.server.proxy_url:
            flow.server_conn.via = _proxy(proxy)
        now = self.runtime.clock.now()
        number = len(state.record.attempts) + 1
        state.attempt = AttemptRecord(
            number=number,
            provider=state.provider_name,
            model=state.record.model,
            token_id=token.id,
            token=token.name,
            url=upstream.url,
            because=because,
            started_at=now,
            request_headers=self.runtime.redactor.headers(data.headers.fields),
        )
        state.record.attempts.append(state.attempt)
        state.record.token = token.name
        log.info(
            "%s attempt %d: token %s (%s) -> %s %s",
            state.record.id, number, token.name, printable(because, 200), flow.request.method, printable(upstream.url),
        )  # fmt: skip

    def none_available(self, flow: http.HTTPFlow, state: FlowState, error: NoTokenAvailable) -> None:
        """The final answer when no token can pay: who comes back when, in the client's own format."""
        message = printable(error.message, 1000)
        log.warning("%s refused: no token available: %s", state.record.id, message)
        state.gave_up = True
        state.record.error = message
        if not state.record.attempts:
            state.record.state = "refused"
        respond(
            flow,
            none_available_answer(
                state.call.format, message, error.retry_after_s, now=self.runtime.clock.now(), is_codex=state.is_codex
            ),
        )

    def _host_rests(self, flow: http.HTTPFlow, state: FlowState, wait_s: float, because: str) -> None:
        host = state.upstream.authority if state.upstream else ""
        message = f"{host} has failed again and again and is asked again in {wait_s:.0f} s. Last: {because}"
        log.warning("%s refused: %s", state.record.id, message)
        state.gave_up = True
        state.record.error, state.record.state = message, "refused"
        answer = error_answer(state.call.format, 503, "host_resting", message)
        answer.headers.append(("retry-after", str(max(1, round(wait_s + 0.5)))))
        respond(flow, answer)


def out_of_time(state: FlowState) -> bool:
    """No new attempt after this: the client has waited long enough."""
    return time.monotonic() - state.received_at > state.config.failover.deadline_s


def _proxy(url: str) -> ServerSpec:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme == "https":
        return "https", (parts.hostname or "", parts.port or 443)
    return "http", (parts.hostname or "", parts.port or 80)
