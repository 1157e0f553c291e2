"""The clock, by what providers have said of the time."""

from email.utils import formatdate

import orjson
import pytest

from router_core.clock import to_ms
from router_core.doctor import clock
from router_core.doctor.clock import clock_finding, off_by
from router_core.home import Home
from router_core.store.traces import open_traces, write_trace
from router_core.trace.record import AttemptRecord, TraceRecord
from tests.router_core.doctor.conftest import NOW, Examine


def write(home: Home, *, at: float, said: float | None) -> None:
    """One request that a provider has answered, which thought it was `said`."""
    headers = [] if said is None else [("Date", formatdate(said, usegmt=True))]
    attempt = AttemptRecord(1, "claude", "m", "id", "work", "", "", at, response_headers=headers)
    attempt.finished_at = at
    record = TraceRecord("r1", at, "POST", "/v1/messages", "anthropic", state="ok", finished_at=at, attempts=[attempt])
    database = open_traces(home)
    with database.conn:
        write_trace(database.conn, record)
    database.conn.close()


@pytest.mark.parametrize(("off", "verdict"), [(0, "ok"), (-59, "ok"), (-120, "warning"), (-4000, "problem"),
                                              (5 * 3600, "problem")])  # fmt: skip
def test_how_far_it_is_off_is_told_by_the_last_answer(examine: Examine, off: float, verdict: str) -> None:
    write(examine().home, at=NOW, said=NOW - off)
    (finding,) = clock.check(examine())
    assert finding.verdict == verdict
    if verdict != "ok":
        assert ("ahead of" if off > 0 else "behind") in finding.says
        assert "timedatectl" in finding.remedy


def test_without_an_answer_it_cannot_be_told(examine: Examine) -> None:
    assert [finding.verdict for finding in clock.check(examine())] == ["skipped"]
    write(examine().home, at=NOW, said=None)
    assert [finding.verdict for finding in clock.check(examine())] == ["skipped"]


def test_a_clock_that_was_set_back_is_a_problem(examine: Examine) -> None:
    write(examine().home, at=NOW + 7200, said=NOW + 7200)
    (finding,) = clock.check(examine())
    assert (finding.verdict, "was set back" in finding.says) == ("problem", True)


def test_an_answer_that_ran_for_minutes_says_nothing_against_the_clock() -> None:
    headers = orjson.dumps([["date", formatdate(NOW, usegmt=True)]]).decode()
    assert off_by(to_ms(NOW + 900), headers) == 0.0
    assert clock_finding(0.0).verdict == "ok"
