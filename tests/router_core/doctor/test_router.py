"""The router: not running, not answering, of another version, elsewhere, somebody else's, gone, complaining."""

import os
import signal
import socket
from collections.abc import Iterator
from datetime import datetime

import pytest

from router_core import __version__
from router_core.doctor import router
from router_core.doctor.router import log_findings
from router_core.home import Home
from router_core.running import Running, announce
from tests.router_core.doctor.conftest import NOW, Examine
from tests.support.router import Router, free_port, running_router


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    """A real one."""
    with running_router(Home(tmp_path_factory.mktemp("router") / "home").ensure(), {}) as running:
        yield running


def set_port(home: Home, port: int) -> None:
    home.config.write_text(f"[server]\nport = {port}\n")


def test_one_that_answers_where_it_should_is_well(examine: Examine, started: Router) -> None:
    set_port(started.home, started.port)
    (finding,) = router.check(examine(home=started.home))
    assert (finding.verdict, started.url in finding.says) == ("ok", True)


def test_one_that_runs_and_does_not_answer_is_a_problem(
    examine: Examine, started: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router_core.processes.HEALTH_TIMEOUT_S", 0.2)
    started.process.send_signal(signal.SIGSTOP)  # its port still takes connections
    try:
        (finding,) = router.check(examine(home=started.home))
    finally:
        started.process.send_signal(signal.SIGCONT)
    assert finding.verdict == "problem"
    assert finding.says == f"runs (pid {started.process.pid}) and does not answer at {started.url}"
    assert finding.remedy == f"Replace it: mitmrouter restart; if it hangs: kill -9 {started.process.pid}"


def test_one_of_another_version_is_named_with_the_version_that_is_installed(examine: Examine, started: Router) -> None:
    """As after an update of the program: what runs is what was started."""
    set_port(started.home, started.port)
    as_it_was = started.home.running.read_bytes()
    announce(started.home, Running(started.process.pid, "127.0.0.1", started.port, "0.0.1"))
    _, finding = router.check(examine(home=started.home))
    started.home.running.write_bytes(as_it_was)
    assert (finding.verdict, finding.says) == ("warning", f"runs version 0.0.1, installed is {__version__}")
    assert finding.remedy.endswith("mitmrouter restart")


def test_one_on_another_port_than_configured_is_named_with_both(examine: Examine, started: Router) -> None:
    other = free_port()
    set_port(started.home, other)
    _, finding = router.check(examine(home=started.home))
    assert (finding.verdict, finding.says) == (
        "warning",
        f"listens on port {started.port}, config.toml says {other}",
    )
    assert finding.remedy == f"Move it: mitmrouter restart --port {other}"


def test_one_of_another_home_that_holds_the_port_can_be_taken_over(examine: Examine, started: Router) -> None:
    examined = examine()
    set_port(examined.home, started.port)
    (finding,) = router.check(examined)
    assert (finding.check, finding.verdict) == ("port", "problem")
    assert f"(pid {started.process.pid})" in finding.says
    assert finding.remedy == "It is a router of another home folder; take it over: mitmrouter restart"


def test_a_router_that_is_not_running_is_a_warning_and_its_port_is_free(examine: Examine) -> None:
    examined = examine()
    set_port(examined.home, free_port())
    first, second = router.check(examined)
    assert (first.verdict, first.remedy) == ("warning", "Start it: mitmrouter start")
    assert second.verdict == "ok"


def test_a_port_that_another_program_holds_is_a_problem_with_its_name(examine: Examine) -> None:
    examined = examine()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        set_port(examined.home, port)
        (finding,) = router.check(examined)
    assert finding.verdict == "problem"
    assert f"{port} is taken by" in finding.says
    assert f"(pid {os.getpid()})" in finding.says
    assert "--port" in finding.remedy


def test_an_address_that_is_not_this_machines_is_a_problem(examine: Examine) -> None:
    examined = examine()
    examined.home.config.write_text('[server]\nhost = "203.0.113.7"\n')
    (finding,) = router.check(examined)
    assert (finding.check, finding.verdict) == ("port", "problem")
    assert "Cannot listen on 203.0.113.7:8100" in finding.says
    assert finding.remedy == f"Change host or port in [server] of {examined.home.config}"


def test_an_address_that_was_left_behind_can_be_forgotten(examine: Examine) -> None:
    examined = examine()
    set_port(examined.home, free_port())
    announce(examined.home, Running(2**22 - 1, "127.0.0.1", 8100, "0.0.1"))
    finding = next(iter(router.check(examined)))
    assert (finding.verdict, finding.mend is not None) == ("warning", True)
    assert finding.mend
    finding.mend()
    assert not examined.home.running.exists()
    assert not examined.home.pid.exists()


def test_the_address_of_one_that_was_started_meanwhile_is_not_forgotten(examine: Examine) -> None:
    examined = examine()
    set_port(examined.home, free_port())
    announce(examined.home, Running(2**22 - 1, "127.0.0.1", 8100, "0.0.1"))
    finding = next(iter(router.check(examined)))
    announce(examined.home, Running(os.getpid(), "127.0.0.1", 8100, __version__))
    assert finding.mend
    finding.mend()
    assert examined.home.pid.read_text().strip() == str(os.getpid())
    assert examined.home.running.exists()


def test_errors_of_the_last_day_in_the_log_are_counted_and_the_last_is_shown(examine: Examine) -> None:
    home = examine().home

    def line(ago_s: float, text: str) -> str:
        return f"{datetime.fromtimestamp(NOW - ago_s):%Y-%m-%d %H:%M:%S}.123 {text}\n"

    home.log.write_text(
        line(100_000, "ERROR   long ago")
        + line(60, "ERROR   internal error in Routing")
        + line(5, "INFO    all is well")
    )
    (finding,) = log_findings(home, NOW)
    assert (finding.verdict, finding.says) == ("warning", "1 error within a day; the last: internal error in Routing")
    home.log.write_text(line(5, "INFO    ERROR is only a word here"))
    assert not list(log_findings(home, NOW))
