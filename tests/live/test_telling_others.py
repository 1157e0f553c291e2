"""What a real router tells others: its requests to a collector, in the client's trace; of a dead token its owner."""

import json
from collections.abc import Iterator

import pytest

from tests.router_core.telemetry.records import TRACEPARENT
from tests.support.lab import Lab, running_lab
from tests.support.otlp_collector import Collector, attributes, collecting
from tests.support.router import wait_until
from tests.support.webhook import Webhook, listening

type Observed = tuple[Lab, Collector, Webhook]


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    with collecting() as collector, listening() as hook:
        env = {
            "MITMROUTER__TELEMETRY__OTLP_ENDPOINT": collector.url, "MITMROUTER__TELEMETRY__INTERVAL_S": "0.2",
            "MITMROUTER__TELEMETRY__CONTENT": "true", "MITMROUTER__NOTIFY__WEBHOOK": hook.url,
            "MITMROUTER__NOTIFY__DESKTOP": "false",
        }  # fmt: skip
        with running_lab(tmp_path_factory.mktemp("observed"), env=env) as lab:
            yield lab, collector, hook


def test_failover_is_one_trace_with_a_span_for_each_attempt(observed: Observed) -> None:
    lab, collector, _ = observed
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


def test_owner_is_told_once_that_a_token_died(observed: Observed) -> None:
    lab, _, hook = observed
    lab.fresh("anthropic")
    lab.faults(lab.fault("unauthorized_401"))
    assert lab.ask("anthropic").status_code == 200
    wait_until(lambda: hook.bodies, 15)
    told = [json.loads(body) for body in hook.bodies]
    assert [(each["event"], each["subject"]["token"]) for each in told] == [("token_died", "first")]
    assert not any(secret.encode() in body for secret in lab.secrets.values() for body in hook.bodies)
    assert "token_died: claude refuses first" in lab.router.log()
