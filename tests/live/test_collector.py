"""A real router tells a real collector, that somebody else wrote; what it sends on is what it understood."""

from pathlib import Path
from typing import Any

import httpx

from tests.router_core.telemetry.records import TRACEPARENT
from tests.support.lab import running_lab
from tests.support.otlp_collector import attributes, collecting
from tests.support.rotel import MARK, rotel
from tests.support.router import wait_until


def test_collector_has_each_attempt_below_its_request(tmp_path: Path) -> None:
    with collecting() as reader, rotel(reader.url, tmp_path / "rotel") as collector:
        env = {"MITMROUTER__TELEMETRY__OTLP_ENDPOINT": collector, "MITMROUTER__TELEMETRY__INTERVAL_S": "0.2"}
        with running_lab(tmp_path / "lab", env=env) as lab:
            lab.fresh("anthropic")
            lab.faults(lab.fault("rate_limit"))
            assert lab.ask("anthropic", headers={"traceparent": TRACEPARENT}).status_code == 200
            row = lab.rows()[0]
            whole, first, second = wait_until(lambda: _spans_of(reader.spans(), TRACEPARENT.split("-")[1]), 15)
            points = wait_until(lambda: reader.points("gen_ai.client.token.usage"), 10)

    assert all(headers[MARK[0]] == MARK[1] for headers in reader.headers)
    assert {told["service.name"] for told in reader.resources()} == {"mitmrouter"}
    assert whole.parent_span_id.hex() == TRACEPARENT.split("-")[2]
    assert {first.parent_span_id, second.parent_span_id} == {whole.span_id}
    assert whole.start_time_unix_nano <= first.start_time_unix_nano < first.end_time_unix_nano
    assert first.end_time_unix_nano <= second.start_time_unix_nano < second.end_time_unix_nano

    told = attributes(whole.attributes)
    assert (told["mitmrouter.request.id"], told["mitmrouter.attempts"]) == (row["id"], 2)
    assert (told["gen_ai.provider.name"], told["gen_ai.request.model"]) == ("anthropic", row["model"])
    assert told["gen_ai.usage.output_tokens"] == row["output_tokens"] > 0
    assert [attributes(span.attributes)["mitmrouter.token"] for span in (first, second)] == ["first", "second"]
    assert [attributes(span.attributes)["http.response.status_code"] for span in (first, second)] == [429, 200]
    assert [span.status.code for span in (whole, first, second)] == [0, 2, 0]
    assert {attributes(point.attributes)["gen_ai.token.type"] for point in points} == {"input", "output"}


def test_the_collector_refuses_what_is_no_otlp(tmp_path: Path) -> None:
    headers = {"content-type": "application/x-protobuf"}
    with collecting() as reader, rotel(reader.url, tmp_path / "rotel") as collector:
        answer = httpx.post(f"{collector}/v1/traces", content=b"\xff" * 40, headers=headers, trust_env=False)
    assert answer.status_code == 400, answer.text
    assert not reader.spans()


def _spans_of(spans: list[Any], trace_id: str) -> list[Any] | None:
    """The request's span and those of its two attempts, in order; None: not all are there yet."""
    own = [span for span in spans if span.trace_id.hex() == trace_id]
    whole = [span for span in own if span.kind == 2]
    below = sorted((span for span in own if span.kind == 3), key=lambda span: span.start_time_unix_nano)
    return [*whole, *below] if (len(whole), len(below)) == (1, 2) else None
