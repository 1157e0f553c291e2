"""What a real router tells others: its requests to a collector, in the client's trace; of a dead token its owner."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.simulator import Account, Script
from router_core.simulator.script import Window
from tests.router_core.telemetry.records import TRACEPARENT
from tests.support.lab import Lab, running_lab
from tests.support.otlp_collector import Collector, attributes, collecting
from tests.support.router import wait_until
from tests.support.webhook import Webhook, listening

NEARLY_FULL = "sk-ant-oat01-nearly-full-000001"
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


def test_owner_is_told_what_nears_its_end_and_who_runs_in_circles(tmp_path: Path) -> None:
    window = Window(name="5h", length_s=18_000, used=0.85, reset_in_s=3600)
    script = Script(accounts=[Account(token=NEARLY_FULL, kind="anthropic_oauth", plan="max", windows=[window])])
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home" / "config.toml").write_text("[spend.per_day]\nrequests = 5\n[spend.loops]\nsame_call = 3\n")
    with listening() as hook, running_lab(tmp_path, script, env={"MITMROUTER__NOTIFY__WEBHOOK": hook.url}) as lab:
        lab.fresh()
        lab.add("work", "oauth", secret=NEARLY_FULL)
        for _ in range(4):
            assert lab.ask("oauth", headers={"x-claude-code-session-id": "round"}).status_code == 200
        wait_until(lambda: len(hook.bodies) == 3, 15)
    told = {event["event"]: event for event in map(json.loads, hook.bodies)}
    assert set(told) == {"quota", "budget", "loop"}
    assert (told["quota"]["subject"]["token"], told["quota"]["subject"]["window"]) == ("work", "5h")
    assert "80%" in told["budget"]["text"]
    assert told["loop"]["subject"]["session"] == "round"
