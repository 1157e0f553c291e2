"""What has been counted is told in the text format, as the official parser reads it."""

from collections.abc import Mapping
from dataclasses import replace

from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from router_core.metrics.counts import MOST_MODELS, Histogram, RequestCounts
from router_core.metrics.exposition import exposed
from router_core.metrics.state import StateNumbers, TokenNumbers
from router_core.trace.record import AttemptRecord, TraceRecord, Usage

RECORD = TraceRecord(
    "r1", 100.0, "POST", "/v1/messages", "anthropic", provider="claude", model="sonnet", state="ok", ttft_ms=300,
    finished_at=101.5, usage=Usage(input_tokens=10, output_tokens=5, cache_read_tokens=0),
    attempts=[
        AttemptRecord(1, "claude", "sonnet", "a", "anna", "", "", 100.0, outcome="overloaded"),
        AttemptRecord(2, "claude", "sonnet", "b", "ben", "", "", 100.5, outcome="answered"),
    ],
    cost_nano_usd=3_000_000, metered_nano_usd=1_000_000,
)  # fmt: skip
QUIET = StateNumbers("1.2", 5.0, (), {}, {}, {}, 0.001, 0.002, 3, 0)


def samples(counts: RequestCounts, state: StateNumbers = QUIET) -> dict[tuple[str, Mapping[str, str]], float]:
    """(name, labels) → value, as Prometheus would read it."""
    text, media = exposed(counts.read(), state)
    assert media.startswith("text/plain")
    families = list(text_string_to_metric_families(text.decode()))
    assert all(family.documentation for family in families)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}  # type: ignore[misc]


def labels(**named: str) -> Mapping[str, str]:
    return frozenset(named.items())  # type: ignore[return-value]


def test_requests_attempts_tokens_money_and_times_are_counted() -> None:
    counts = RequestCounts()
    counts.watch("started", RECORD)
    for _ in range(3):
        counts.watch("finished", RECORD)
    found = samples(counts)
    sonnet = {"provider": "claude", "model": "sonnet"}
    assert found["mitmrouter_requests_total", labels(**sonnet, state="ok")] == 3
    assert found["mitmrouter_attempts_total", labels(provider="claude", outcome="overloaded")] == 3
    assert found["mitmrouter_tokens_total", labels(**sonnet, **{"class": "input"})] == 30
    assert ("mitmrouter_tokens_total", labels(**sonnet, **{"class": "cache_read"})) not in found
    assert found["mitmrouter_cost_usd_total", labels(**sonnet, billing="metered")] == 0.003
    assert found["mitmrouter_cost_usd_total", labels(**sonnet, billing="subscription")] == 0.006
    assert found["mitmrouter_ttft_seconds_bucket", labels(**sonnet, le="0.25")] == 0
    assert found["mitmrouter_ttft_seconds_bucket", labels(**sonnet, le="0.5")] == 3
    assert found["mitmrouter_ttft_seconds_count", labels(**sonnet)] == 3
    assert found["mitmrouter_request_duration_seconds_sum", labels(**sonnet)] == 4.5


def test_the_state_of_tokens_providers_and_the_router_is_told() -> None:
    token = TokenNumbers("claude", 'an"na\n\ud83d', "resting", 2, 60.0, {"5h": 0.5})
    state = replace(QUIET, tokens=[token], breakers={"claude": (True, 11)}, writers={"traces": 7}, databases={"a": 9})
    found = samples(RequestCounts(), state)
    anna = {"provider": "claude", "token": 'an"na '}
    assert found["mitmrouter_token_state", labels(**anna, state="resting")] == 1
    assert found["mitmrouter_token_state", labels(**anna, state="healthy")] == 0
    assert found["mitmrouter_token_window_used_ratio", labels(**anna, window="5h")] == 0.5
    assert found["mitmrouter_token_cooldown_seconds", labels(**anna)] == 60
    assert found["mitmrouter_in_flight", labels(**anna)] == 2
    assert found["mitmrouter_provider_breaker_open", labels(provider="claude")] == 1
    assert found["mitmrouter_provider_failures_in_a_row", labels(provider="claude")] == 11
    assert found["mitmrouter_writer_pending", labels(writer="traces")] == 7
    assert found["mitmrouter_event_loop_lag_seconds", labels()] == 0.001
    assert [value for (name, _), value in found.items() if name == "mitmrouter_build_info"] == [1]


def test_names_that_clients_make_up_make_no_series_without_end() -> None:
    counts = RequestCounts()
    for number in range(MOST_MODELS + 50):
        counts.watch("finished", replace(RECORD, model=f"model-{number}\ud83d"))
    found = samples(counts)
    models = {dict(named)["model"] for name, named in found if name == "mitmrouter_requests_total"}
    assert len(models) == MOST_MODELS + 1
    assert found["mitmrouter_requests_total", labels(provider="claude", model="other", state="ok")] == 50


def test_a_value_belongs_to_the_first_bound_that_is_not_below_it() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 3.0):
        histogram.add(value)
    assert histogram.buckets() == [("1.0", 2), ("2.0", 3), ("+Inf", 4)]
    assert histogram.total == 6.0


def test_the_library_s_own_registry_is_left_alone() -> None:
    before = {metric.name for metric in REGISTRY.collect()}
    samples(RequestCounts())
    assert {metric.name for metric in REGISTRY.collect()} == before
    assert not any(name.startswith("mitmrouter") for name in before)
