"""HTTP/2 to the provider: a second mitmdump with TLS stands in front of the simulator and speaks h2 to our router."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from router_core.simulator import Pace, SimulatorThread
from tests.support.lab import Lab, running_lab
from tests.support.router import free_port, mitmdump, wait_until

# What the front notes of each request, and streaming switched on, which mitmproxy leaves off by itself.
NOTE_REQUESTS = """
import pathlib
FILE = pathlib.Path(__file__).with_name("requests")

def request(flow):
    with FILE.open("a") as file:
        file.write(f"{flow.request.http_version} {flow.client_conn.id} {flow.request.path}\\n")

def responseheaders(flow):
    flow.response.stream = True
"""


@dataclass
class Front:
    """The TLS end of the provider."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def ca(self) -> Path:
        return self.folder / "conf" / "mitmproxy-ca-cert.pem"

    def requests(self) -> list[tuple[str, str]]:
        """(HTTP version, connection) of each request for an answer of a model, in order."""
        lines = [line.split() for line in (self.folder / "requests").read_text().splitlines()]
        return [
            (version, connection) for version, connection, path in lines if path.endswith(("messages", "responses"))
        ]

    def clear(self) -> None:
        (self.folder / "requests").write_text("")


@contextlib.contextmanager
def running_front(folder: Path, port: int, simulator_port: int) -> Iterator[Front]:
    (folder / "note_requests.py").write_text(NOTE_REQUESTS)
    command = [
        mitmdump(), "-q", "-s", str(folder / "note_requests.py"), "--set", f"confdir={folder / 'conf'}",
        "--mode", f"reverse:http://127.0.0.1:{simulator_port}@127.0.0.1:{port}",
    ]  # fmt: skip
    with (folder / "out").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    front = Front(folder, port)
    try:
        with contextlib.suppress(AssertionError):
            wait_until(lambda: _answers(front), timeout_s=15)
        assert front.ca.exists(), (folder / "out").read_text()
        front.clear()
        yield front
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)


def _answers(front: Front) -> bool:
    try:
        return httpx.head(f"http://127.0.0.1:{front.port}/api/hello", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def fronted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Front]]:
    folder = tmp_path_factory.mktemp("front")
    port = free_port()
    url = f"https://localhost:{port}"
    ca = folder / "conf" / "mitmproxy-ca-cert.pem"
    options = ("--set", f"ssl_verify_upstream_trusted_ca={ca}")
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(SimulatorThread())
        front = stack.enter_context(running_front(folder, port, int(simulator.url.rsplit(":", 1)[1])))
        urls = {"claude": url, "codex": f"{url}/backend-api/codex"}
        lab = stack.enter_context(
            running_lab(tmp_path_factory.mktemp("lab"), simulator=simulator, base_urls=urls, arguments=options)
        )
        yield lab, front


@pytest.mark.parametrize("fault", ["overloaded_529", "error_in_stream"])
def test_a_failover_stays_on_one_http2_connection(fault: str, fronted: tuple[Lab, Front]) -> None:
    lab, front = fronted
    lab.fresh("anthropic")
    front.clear()
    lab.faults(lab.fault(fault))
    answer = lab.ask("anthropic", stream=True)
    assert (answer.status_code, answer.content) == (200, lab.seen()[-1].response_bytes)
    assert lab.paid() == ["first", "second"]
    (first_version, first), (second_version, second) = front.requests()
    assert (first_version, second_version) == ("HTTP/2.0", "HTTP/2.0")
    assert first == second


def test_an_http2_stream_arrives_as_it_is_sent(fronted: tuple[Lab, Front]) -> None:
    lab, front = fronted
    lab.fresh("codex")
    front.clear()
    lab.simulator.set_pace(Pace(delay_s=0.02))
    times, received, began = [], b"", time.monotonic()
    with lab.stream("codex") as answer:
        for piece in answer.iter_raw():
            times.append(time.monotonic() - began)
            received += piece
    assert received == lab.seen()[0].response_bytes
    assert len(times) > 30
    assert times[0] < 0.4 * times[-1]
    assert front.requests()[0][0] == "HTTP/2.0"


def test_an_http2_stream_that_is_reset_after_content_ends_with_an_error_event(fronted: tuple[Lab, Front]) -> None:
    lab, _ = fronted
    lab.fresh("anthropic")
    lab.faults(lab.fault("cut_stream", at_event=4))
    lab.simulator.set_pace(Pace(delay_s=0.005))
    answer = lab.ask("anthropic", stream=True)
    assert "event: error" in answer.text
    assert "message_stop" not in answer.text
    assert lab.rows()[0]["state"] == "broken"


def test_a_client_that_leaves_cancels_its_http2_stream(fronted: tuple[Lab, Front]) -> None:
    lab, _ = fronted
    lab.fresh("anthropic")
    lab.simulator.set_pace(Pace(delay_s=0.03))
    with lab.stream("anthropic") as answer:
        next(answer.iter_raw())
    assert lab.simulator.wait_for_requests(1)[0].outcome == "client_closed"
    assert lab.rows()[0]["state"] == "client_closed"


def test_a_certificate_that_nobody_vouches_for_is_no_connection(fronted: tuple[Lab, Front], tmp_path: Path) -> None:
    """No token may be sent to whoever answers at the provider's address."""
    lab, front = fronted
    with running_lab(tmp_path, simulator=lab.simulator, base_urls={"claude": front.url}) as trusting_nobody:
        trusting_nobody.add("first", "anthropic")
        front.clear()
        lab.simulator.reset()
        answer = trusting_nobody.ask("anthropic")
        assert answer.status_code == 502
        assert "certificate" in answer.json()["error"]["message"].lower()
        assert front.requests() == []
        assert lab.simulator.requests == []
