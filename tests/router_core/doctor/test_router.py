"""The router: not running, running for somebody else, gone without a word, complaining in its log."""

import os
import socket
from datetime import datetime

from router_core.doctor import router
from router_core.doctor.router import log_findings
from router_core.running import Running, announce
from tests.router_core.doctor.conftest import NOW, Examine
from tests.support.router import free_port


def test_a_router_that_is_not_running_is_a_warning_and_its_port_is_free(examine: Examine) -> None:
    examined = examine()
    examined.home.config.write_text(f"[server]\nport = {free_port()}\n")
    first, second = router.check(examined)
    assert (first.verdict, first.remedy) == ("warning", "Start it: mitmrouter start")
    assert second.verdict == "ok"


def test_a_port_that_another_program_holds_is_a_problem_with_its_name(examine: Examine) -> None:
    examined = examine()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        examined.home.config.write_text(f"[server]\nport = {port}\n")
        (finding,) = router.check(examined)
    assert finding.verdict == "problem"
    assert f"{port} is taken by" in finding.says
    assert f"(pid {os.getpid()})" in finding.says
    assert "--port" in finding.remedy


def test_an_address_that_was_left_behind_can_be_forgotten(examine: Examine) -> None:
    examined = examine()
    examined.home.config.write_text(f"[server]\nport = {free_port()}\n")
    announce(examined.home, Running(2**22 - 1, "127.0.0.1", 8100, "0.0.1"))
    finding = next(iter(router.check(examined)))
    assert (finding.verdict, finding.mend is not None) == ("warning", True)
    assert finding.mend
    finding.mend()
    assert not examined.home.running.exists()
    assert not examined.home.pid.exists()


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
