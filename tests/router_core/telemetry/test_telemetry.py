"""From finished requests to a real OTLP receiver; and what a dead one costs."""

import logging
import threading
from typing import Any

import pytest

from router_core.config.telemetry import TelemetryConfig
from router_core.errors import ConfigError
from router_core.telemetry import installed
from router_core.telemetry.installed import check_installed, install_command
from router_core.telemetry.measures import DURATION, FIRST_CHUNK, TOKENS, Measure
from router_core.telemetry.spans import Span
from router_core.telemetry.telemetry import MOST_WAITING, Telemetry
from tests.router_core.telemetry.records import kind_of, record
from tests.support.otlp_collector import attributes, collecting
from tests.support.router import free_port, wait_until

REQUEST = b'{"messages": [{"role": "user", "content": "a private question"}]}'


def bodies(request_id: str) -> list[dict[str, Any]]:
    return [{"kind": "request", "truncated": 0, "content": REQUEST}]


def config(url: str, **fields: Any) -> TelemetryConfig:
    return TelemetryConfig.model_validate({"otlp_endpoint": url, "interval_s": 0.1, **fields})


def test_request_arrives_as_spans_and_metrics_in_the_clients_trace() -> None:
    with collecting() as collector:
        telemetry = Telemetry(kind_of, bodies)
        telemetry.configure(config(collector.url, headers={"x-key": "abc"}, service_name="mine"))
        telemetry.watch("started", record())
        telemetry.watch("finished", record())
        telemetry.watch("finished", record(traceparent="", id="r2"))
        telemetry.watch("finished", record(traceparent=record().traceparent[:-1] + "0", id="not sampled"))
        telemetry.close()
        spans = collector.spans()
        assert len(spans) == 6, "the client asked not to record its third trace"
        whole = next(span for span in spans if attributes(span.attributes).get("mitmrouter.request.id") == "r1")
        assert whole.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
        assert whole.parent_span_id.hex() == "b7ad6b7169203331"
        assert (whole.name, whole.kind, whole.status.code) == ("chat opus", 2, 0)
        assert (whole.start_time_unix_nano, whole.end_time_unix_nano) == (100_000_000_000, 103_500_000_000)
        below = [span for span in spans if span.parent_span_id == whole.span_id]
        assert [(span.kind, span.status.code, span.status.message) for span in below] == [
            (3, 2, "rests for 60 s"), (3, 0, ""),
        ]  # fmt: skip
        other = next(span for span in spans if attributes(span.attributes).get("mitmrouter.request.id") == "r2")
        assert not other.parent_span_id
        assert other.trace_id != whole.trace_id
        points = {attributes(p.attributes)["gen_ai.token.type"]: p for p in collector.points(TOKENS.name)}
        assert (points["input"].count, points["input"].sum) == (3, 345)
        assert list(points["input"].explicit_bounds) == list(TOKENS.bounds)
        assert collector.points(DURATION.name)[0].sum == pytest.approx(10.5)
        assert collector.points(FIRST_CHUNK.name)[0].count == 3
        assert {resource["service.name"] for resource in collector.resources()} == {"mine"}
        assert all(headers["x-key"] == "abc" for headers in collector.headers)
        assert not any(b"private" in sent for sent in collector.raw), "content is off"


def test_content_is_sent_when_it_is_switched_on() -> None:
    with collecting() as collector:
        telemetry = Telemetry(kind_of, bodies)
        telemetry.configure(config(collector.url, content=True, metrics=False))
        telemetry.watch("finished", record())
        telemetry.close()
        (span,) = [span for span in collector.spans() if span.kind == 2]
        assert "a private question" in attributes(span.attributes)["gen_ai.input.messages"]
        assert not collector.points(TOKENS.name)


def test_change_of_the_configuration_counts_from_now_on() -> None:
    with collecting() as first, collecting() as second:
        telemetry = Telemetry(kind_of, bodies)
        telemetry.watch("finished", record(id="before"))
        for collector in (first, second):
            telemetry.configure(config(collector.url, metrics=False))
            telemetry.watch("finished", record())
        telemetry.configure(TelemetryConfig())
        assert not telemetry.on
        telemetry.watch("finished", record())
        telemetry.close()
        assert (len(first.spans()), len(second.spans())) == (3, 3)


def test_dead_collector_costs_one_warning(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router_core.telemetry.sender.TIMEOUT_S", 0.5)
    caplog.set_level(logging.INFO)
    telemetry = Telemetry(kind_of, bodies)
    telemetry.configure(config(f"http://127.0.0.1:{free_port()}", metrics=False))
    for _ in range(700):  # several batches
        telemetry.watch("finished", record())
    wait_until(lambda: "does not take traces" in caplog.text, 15)
    telemetry.close()
    assert [each.levelname for each in caplog.records] == ["WARNING"]


def test_collector_that_refuses_and_recovers_is_told_of_twice(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with collecting() as collector:
        collector.status = 400
        telemetry = Telemetry(kind_of, bodies)
        telemetry.configure(config(collector.url, traces=False))
        telemetry.watch("finished", record())
        wait_until(lambda: "does not take metrics" in caplog.text, 10)
        collector.status = 200
        wait_until(lambda: "takes metrics again" in caplog.text, 10)
        telemetry.close()
    assert len(caplog.records) == 2


class Stuck:
    """A sender that does not come back until it is let go."""

    def __init__(self) -> None:
        self.go, self.sent = threading.Event(), 0

    def send(self, span: Span, measures: list[Measure]) -> None:
        self.go.wait(10)
        self.sent += 1

    def close(self) -> None:
        """Nothing."""


def test_what_comes_too_fast_is_left_out_and_nobody_waits() -> None:
    stuck = Stuck()
    telemetry = Telemetry(kind_of, bodies, lambda _: stuck)
    telemetry.configure(config("http://127.0.0.1:1"))
    for _ in range(MOST_WAITING + 50):
        telemetry.watch("finished", record())
    assert 40 <= telemetry.left_out <= 50
    stuck.go.set()
    telemetry.close()
    assert stuck.sent + telemetry.left_out == MOST_WAITING + 50


def test_missing_packages_are_told_with_what_installs_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(installed, "NEEDED", ("opentelemetry.not_there", "nothing.of.that.name"))
    check_installed(TelemetryConfig())
    with pytest.raises(ConfigError, match=r"not installed. Install them: .*pip install"):
        check_installed(config("http://127.0.0.1:4318"))
    assert install_command(tmp_path / "none").endswith("-m pip install 'mitmrouter[otel]'")
    (tmp_path / "lock.txt").touch()
    assert install_command(tmp_path / "lock.txt").endswith(f"--require-hashes -r {tmp_path}/lock.txt")


@pytest.mark.parametrize(
    ("endpoint", "headers", "problem"),
    [
        ("localhost:4318", {}, "must be a URL"),
        ("ftp://a", {}, "must be a URL"),
        ("https://user:pw@a", {}, "must not hold"),
        ("https://a/?key=1", {}, "must not hold"),
        ("http://collector:4318", {"k": "v"}, "over https"),
    ],
)
def test_endpoint_that_cannot_be_right_is_refused(endpoint: str, headers: dict[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        config(endpoint, headers=headers)
    assert config("http://collector:4318/").otlp_endpoint == "http://collector:4318"


def test_new_settings_wait_for_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router_core.telemetry.telemetry.MOST_WAITING", 2)
    opened, release = list[str](), threading.Event()

    class Sender:
        def send(self, span: Span, measures: list[Measure]) -> None: ...

        def close(self) -> None: ...

    def slow(settings: TelemetryConfig) -> Sender:
        opened.append(settings.otlp_endpoint)
        release.wait(10)
        return Sender()

    telemetry = Telemetry(kind_of, bodies, slow)
    telemetry.configure(config("http://127.0.0.1:1"))
    wait_until(lambda: opened)
    for number in range(3):
        telemetry.watch("finished", record(id=f"r{number}"))
    changing = threading.Thread(target=telemetry.configure, args=[config("http://127.0.0.1:2")], daemon=True)
    changing.start()
    changing.join(2)
    stuck = changing.is_alive()
    release.set()
    telemetry.close()
    assert not stuck
    assert (opened, telemetry.left_out) == (["http://127.0.0.1:1", "http://127.0.0.1:2"], 2)
