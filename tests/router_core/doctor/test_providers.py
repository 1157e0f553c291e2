"""Providers that can be reached, and such as cannot."""

import http.server
import ssl
import threading
from pathlib import Path

from router_core.demo_lock import DemoLock
from router_core.doctor import providers
from router_core.simulator import SimulatorThread
from tests.router_core.doctor.conftest import Examine
from tests.support.authority import own_certificate
from tests.support.router import free_port

NAMED = '[providers.claude]\napi_key = "sk-ant-api03-1"\nbase_url = "{0}"\n'


def test_one_that_answers_is_well_and_one_that_does_not_is_a_problem(examine: Examine) -> None:
    with SimulatorThread() as simulator:
        for url, verdict in ((simulator.url, "ok"), (f"http://127.0.0.1:{free_port()}", "problem")):
            examine().home.config.write_text(NAMED.format(url))
            first, *_ = providers.check(examine())
            assert (first.check, first.verdict) == ("provider claude", verdict)
        assert "sk-ant" not in repr(simulator.requests)


def test_a_name_that_nobody_knows_is_explained(examine: Examine) -> None:
    examine().home.config.write_text(NAMED.format("https://provider.invalid"))
    (finding,) = providers.check(examine())
    assert finding.verdict == "problem"
    assert "DNS" in finding.remedy


def test_a_certificate_that_nobody_vouches_for_is_explained(examine: Examine, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate(tmp_path / "server.pem"))
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        examine().home.config.write_text(NAMED.format(f"https://127.0.0.1:{server.server_port}"))
        (finding,) = providers.check(examine())
        thread.join()
    assert finding.verdict == "problem"
    assert "CERTIFICATE_VERIFY_FAILED" in finding.says
    assert "opens TLS" in finding.remedy


def test_a_clock_that_is_off_shows_by_the_answers_date(examine: Examine) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        examine().home.config.write_text(NAMED.format(f"http://127.0.0.1:{server.server_port}/not-there"))
        *_, last = providers.check(examine())  # the fixed clock is not this server's
        thread.join()
    assert (last.check, last.verdict) == ("clock", "problem")


def test_those_of_a_demo_are_not_asked(examine: Examine) -> None:
    examine().home.config.write_text(NAMED.format("https://provider.invalid"))
    with DemoLock(examine().home):
        (finding,) = providers.check(examine())
    assert (finding.verdict, "the demo's are simulated" in finding.says) == ("skipped", True)


def test_nothing_is_asked_offline_or_without_a_token(examine: Examine) -> None:
    assert [finding.verdict for finding in providers.check(examine())] == ["skipped"]
    examine().home.config.write_text(NAMED.format("https://provider.invalid"))
    assert [finding.verdict for finding in providers.check(examine(offline=True))] == ["skipped"]
