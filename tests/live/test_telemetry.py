"""A real router's requests arrive at a collector, in the client's trace, and no secret with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.router_core.telemetry.records import TRACEPARENT
from tests.support.lab import Lab, running_lab
from tests.support.otlp_collector import Collector, attributes, collecting
from tests.support.router import wait_until


@pytest.fixture
def observed(tmp_path: Path) -> Iterator[tuple[Lab, Collector]]:
    with collecting() as collector:
        env = {
            "MITMROUTER__TELEMETRY__OTLP_ENDPOINT": collector.url, "MITMROUTER__TELEMETRY__INTERVAL_S": "0.2",
            "MITMROUTER__TELEMETRY__CONTENT": "true",
        }  # fmt: skip
        with running_lab(tmp_path, env=env) as lab:
            yield lab, collector


def test_failover_is_one_trace_with_a_span_for_each_attempt(observed: tuple[Lab, Collector]) -> None:
    lab, collector = observed
    lab.fresh("anthropic")
    lab.faults(lab.fault("rate_limit"))
    question = f"my key is {lab.secrets['second']}"
    asked = {"messages": [{"role": "user", "content": question}], "stream": True}
    assert lab.ask("anthropic", headers={"traceparent": TRACEPARENT}, **asked).status_code == 200
    spans = wait_until(
        lambda: [span for span in collector.spans() if span.trace_id.hex() == TRACEPARENT.split("-")[1]], 15
    )
    whole, *_ = [span for span in spans if span.kind == 2]
    told = attributes(whole.attributes)
    assert whole.parent_span_id.hex() == TRACEPARENT.split("-")[2]
    assert (told["gen_ai.provider.name"], told["gen_ai.operation.name"]) == ("anthropic", "chat")
    assert told["gen_ai.usage.output_tokens"] > 0
    assert "my key is [redacted]" in told["gen_ai.input.messages"]
    assert '"role":"assistant"' in told["gen_ai.output.messages"]
    below = sorted((span for span in spans if span.kind == 3), key=lambda span: span.start_time_unix_nano)
    assert [attributes(span.attributes)["mitmrouter.token"] for span in below] == ["first", "second"]
    assert [span.status.code for span in below] == [2, 0]
    assert attributes(below[0].attributes)["server.address"] == "127.0.0.1"
    points = wait_until(lambda: collector.points("gen_ai.client.operation.time_to_first_chunk"), 10)
    assert points[0].count >= 1
    sent = b"".join(collector.raw)
    assert not [name for name, secret in lab.secrets.items() if secret.encode() in sent]
    assert lab.router.home.gateway_token().encode() not in sent
