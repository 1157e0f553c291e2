"""How answers travel: pace, chunks, compression, compressed requests, and the record of it all."""

import gzip
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import brotli
import httpx
import pytest
import zstandard

from router_core.clock import FixedClock
from router_core.simulator import Fault, Pace, Script, SimulatorThread
from tests.router_core.simulator.asking import ANTHROPIC_HEADERS, ask, message_body


def test_two_runs_of_the_same_requests_are_byte_identical(start: Any, http: httpx.Client) -> None:
    def run() -> list[tuple[bytes, list[tuple[str, str]]]]:
        sim = start(clock=FixedClock())
        answers = []
        for provider in ("anthropic", "oauth", "chat", "responses", "codex", "anthropic"):
            for stream in (True, None):
                answer = ask(http, sim, provider, stream=True if provider == "codex" else stream)
                answers.append((answer.content, list(answer.headers.items())))
        return answers

    first = run()
    assert first == run()
    assert first[0] != first[-2]  # asking again is a new reply with new ids


def test_concurrent_streams_are_recorded_as_they_were_sent(simulator: SimulatorThread) -> None:
    def one(number: int) -> str:
        with httpx.Client(trust_env=False, timeout=20) as http:
            turn = {"role": "user", "content": f"number {number}"}
            return hashlib.sha256(ask(http, simulator, "anthropic", stream=True, messages=[turn]).content).hexdigest()

    with ThreadPoolExecutor(8) as pool:
        received = list(pool.map(one, range(40)))
    seen = simulator.wait_for_requests(40)
    assert sorted(received) == sorted(request.response_sha256 for request in seen)
    assert {request.outcome for request in seen} == {"complete"}


def test_pace_spaces_the_chunks(start: Any, http: httpx.Client) -> None:
    sim = start(Script(pace=Pace(delay_s=0.02, first_delay_s=0.05), reply_words=8))
    began, arrivals = time.monotonic(), []
    with http.stream("POST", f"{sim.url}/v1/messages", json=message_body(stream=True), headers=ANTHROPIC_HEADERS) as r:
        for _ in r.iter_raw():
            arrivals.append(time.monotonic() - began)
    assert arrivals[0] >= 0.05
    assert len(arrivals) >= 8
    assert arrivals[-1] - arrivals[0] >= 0.02 * 8


@pytest.mark.parametrize("pace", [Pace(chunk_bytes=7), Pace(events_per_chunk=5), Pace(chunk_bytes=100_000)])
def test_cutting_does_not_change_the_stream(pace: Pace, start: Any, http: httpx.Client) -> None:
    plain = ask(http, start(clock=FixedClock()), "codex").content
    assert ask(http, start(Script(pace=pace), clock=FixedClock()), "codex").content == plain


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
@pytest.mark.parametrize("stream", [True, None])
def test_answers_are_compressed_when_both_sides_want_it(encoding: str, stream: bool | None, start: Any) -> None:
    with httpx.Client(trust_env=False, headers={"accept-encoding": encoding}) as http:
        plain = ask(http, start(), "anthropic", stream=stream)
        assert "content-encoding" not in plain.headers
        packed = ask(http, start(Script(compress=True)), "anthropic", stream=stream)
    assert packed.headers["content-encoding"] == encoding
    assert packed.content == plain.content


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.ZstdCompressor().compress)],
)
def test_compressed_requests_are_read(encoding: str, pack: Any, simulator: SimulatorThread, http: httpx.Client) -> None:
    body = pack(httpx.Request("POST", "http://x", json=message_body()).content)
    headers = ANTHROPIC_HEADERS | {"content-encoding": encoding}
    assert http.post(f"{simulator.url}/v1/messages", content=body, headers=headers).status_code == 200
    broken = http.post(f"{simulator.url}/v1/messages", content=b"not packed", headers=headers)
    assert broken.status_code == 400


def test_record_holds_what_was_asked_and_sent(simulator: SimulatorThread, http: httpx.Client) -> None:
    answer = http.post(
        f"{simulator.url}/v1/messages?beta=true", json=message_body(), headers=ANTHROPIC_HEADERS | {"X-Case": "kept"}
    )
    seen = simulator.wait_for_requests(1)[0]
    assert (seen.method, seen.path, seen.model) == ("POST", "/v1/messages?beta=true", "claude-sonnet-5")
    assert seen.token == ANTHROPIC_HEADERS["x-api-key"]
    assert seen.header("x-case") == "kept"
    assert seen.body_size == len(seen.body) > 0
    assert seen.response_bytes == answer.content
    assert seen.response_sha256 == hashlib.sha256(answer.content).hexdigest()


def test_running_requests_are_visible_before_they_end(start: Any) -> None:
    sim = start(Script(pace=Pace(first_delay_s=30)))
    with ThreadPoolExecutor(1) as pool, httpx.Client(trust_env=False, timeout=5) as http:
        asking = pool.submit(ask, http, sim, "anthropic")
        seen = sim.wait_for_requests(1, finished=False)
        assert seen[0].outcome == "running"
        with pytest.raises(TimeoutError):
            sim.wait_for_requests(1, timeout_s=0.01)
        sim.stop()
        with pytest.raises(httpx.TransportError):
            asking.result()


def test_steering_over_http(simulator: SimulatorThread, http: httpx.Client) -> None:
    control = f"{simulator.url}/_simulator"
    assert http.post(f"{control}/faults", json=[{"fault": "overloaded_529", "times": 0}]).json() == {"ok": True}
    assert ask(http, simulator, "anthropic").status_code == 529
    wrong = http.post(f"{control}/faults", json=[{"fault": "overloaded", "color": 1}])
    assert wrong.status_code == 400
    assert "0.color: unknown key" in wrong.json()["error"]
    assert http.post(f"{control}/pace", json={"delay_s": 0.001}).json() == {"ok": True}
    seen = http.get(f"{control}/requests").json()
    assert [(entry["status"], entry["fault"]) for entry in seen] == [(529, "overloaded_529")]
    assert "hello" in seen[0]["body"]
    http.post(f"{control}/reset")
    assert http.get(f"{control}/requests").json() == []
    assert ask(http, simulator, "anthropic").status_code == 200
    assert http.get(f"{control}/nothing").status_code == 404


def test_faults_and_pace_can_be_set_from_another_thread(simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.set_faults([Fault(fault="server_error_500")])
    assert ask(http, simulator, "anthropic").status_code == 500
    simulator.set_pace(Pace(events_per_chunk=100))
    simulator.reset()
    assert simulator.requests == []


def test_port_that_is_taken_is_an_os_error(simulator: SimulatorThread) -> None:
    port = int(simulator.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        SimulatorThread(port=port).start()


def test_probe_needs_no_key(simulator: SimulatorThread, http: httpx.Client) -> None:
    assert http.head(f"{simulator.url}/api/hello").status_code == 200
