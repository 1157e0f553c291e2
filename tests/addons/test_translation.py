"""Of a translated request what needs no network: headers, what is noted of a refusal, ways back, fail closed."""

from typing import Any, cast

import orjson
import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from addons.aiming import Aiming
from addons.answers import answer_error
from addons.failover import Failover
from addons.flowstate import FlowState, find_state, note
from addons.runtime import Runtime
from addons.spending import Spending
from addons.translation import translated_response
from router_core.config.schema import Config, ProviderConfig
from router_core.providers.failure import FailureKind
from router_core.routing.decide import Route
from router_core.routing.target import RouteTarget
from router_core.trace.record import AttemptRecord, TraceRecord
from router_core.wire.format import Call

CLAUDE = ProviderConfig(kind="anthropic", base_url="https://api.anthropic.com")
GEMINI = ProviderConfig(kind="gemini", base_url="https://generativelanguage.googleapis.com/v1beta")


@pytest.fixture
def flow() -> http.HTTPFlow:
    made = tflow.tflow()
    made.request.path = "/v1/messages"
    note(made, state_of())
    return made


def state_of() -> FlowState:
    config = Config.model_validate({"providers": {"claude": CLAUDE, "gemini": GEMINI}})
    targets = (RouteTarget("claude", "claude-opus-5"), RouteTarget("gemini", "gemini-2.5-flash"))
    record = TraceRecord("id", 0.0, "POST", "/v1/messages", "anthropic", provider="claude", model="claude-opus-5")
    return FlowState(
        config, "claude", CLAUDE, "", Call("anthropic", True), record, [], False, 0.0, route=Route(targets, "because")
    )


def noted(flow: http.HTTPFlow) -> FlowState:
    state = find_state(flow)
    assert state is not None
    return state


def test_of_a_providers_headers_only_those_stay_that_every_client_understands() -> None:
    fields = {
        "content-type": "text/event-stream", "content-encoding": "gzip", "content-length": "5", "set-cookie": "a=b",
        "anthropic-ratelimit-requests-limit": "5", "x-codex-turn-state": "state", "transfer-encoding": "chunked",
        "request-id": "req_1", "retry-after": "3", "server": "cloudflare",
    }  # fmt: skip
    upstream = http.Response.make(200, b"hello", fields)
    response = translated_response(upstream, "application/json")
    names = {name.lower() for name in response.headers}
    assert names == {"request-id", "retry-after", "content-type", "cache-control"}
    assert response.headers["content-type"] == "application/json"
    assert upstream.headers["content-type"] == "text/event-stream"  # mitmproxy frames the provider's body by it


def test_a_refusal_is_noted_as_one(flow: http.HTTPFlow) -> None:
    answer_error(flow, 400, "bad", "messages: must be a list")
    record = noted(flow).record
    assert (record.state, record.error, noted(flow).gave_up) == ("refused", "messages: must be a list", True)


def test_a_refusal_after_an_attempt_is_a_failure(flow: http.HTTPFlow) -> None:
    state = noted(flow)
    state.record.attempts.append(AttemptRecord(1, "claude", "m", "id", "t", "url", "because", 0.0))
    answer_error(flow, 502, "upstream_failed", "gone")
    assert state.gave_up
    assert state.record.state != "refused"


def test_the_next_target_begins_anew_and_the_way_back_restores_all() -> None:
    state = state_of()
    state.tried.add("token-1")
    state.failures.append(FailureKind.SERVER_ERROR)
    state.repaired, state.record.losses = True, [("seed", "no such thing")]
    go_back = state.place()
    assert state.next_target()
    state.record.losses = []
    assert (state.provider_name, state.record.model) == ("gemini", "gemini-2.5-flash")
    assert (state.tried, state.failures, state.repaired) == (set(), [], False)
    assert not state.next_target()
    go_back()
    assert (state.provider_name, state.provider, state.target_index) == ("claude", CLAUDE, 0)
    assert (state.tried, state.failures, state.repaired) == ({"token-1"}, [FailureKind.SERVER_ERROR], True)
    assert (state.record.model, state.record.losses) == ("claude-opus-5", [("seed", "no such thing")])


class Broken:
    """Stands for any fault of ours: whatever is asked of it raises."""

    tracer: Any

    def __init__(self) -> None:
        self.tracer = self

    def changed(self, record: TraceRecord) -> None:
        """The only thing that works."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_a_fault_of_ours_in_judging_leaves_an_error_in_the_clients_format(flow: http.HTTPFlow) -> None:
    flow.response = http.Response.make(429, b'{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}')
    runtime = cast(Runtime, Broken())
    Failover(runtime, cast(Aiming, Broken()), cast(Spending, Broken())).upstream_failed(flow)
    state = noted(flow)
    assert (state.retry, state.gave_up) == (False, True)
    assert flow.response is not None
    assert flow.response.status_code == 502
    body = orjson.loads(flow.response.content or b"")
    assert (body["type"], body["error"]["type"]) == ("error", "api_error")
