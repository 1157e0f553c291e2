"""A restart forgets nothing: not a proper one, and not one after a crash."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from router_core.simulator import Pace
from tests.support.lab import Lab, restarted, running_lab
from tests.support.router import wait_until


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with running_lab(tmp_path) as running:
        yield running


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_rests_and_bad_health_outlive_the_process(how: str, lab: Lab) -> None:
    lab.fresh("oauth", tokens=("refused", "used-up", "good"))
    lab.faults(lab.fault("unauthorized_401", "refused"), lab.fault("window_exhausted", "used-up", retry_after_s=900))
    assert lab.ask("oauth").status_code == 200
    assert lab.paid() == ["refused", "used-up", "good"]
    before = {name: lab.token(name) for name in ("refused", "used-up")}
    lab.rows(1)  # written: a crash may lose the last tenth of a second
    if how == "kill":
        lab.router.kill()
    else:
        lab.router.stop()
    with restarted(lab) as after:
        after.simulator.reset()  # no fault is left: only memory keeps the router from the first two
        assert after.ask("oauth").status_code == 200
        assert after.paid() == ["good"]
        assert after.token("refused").health_because == before["refused"].health_because
        assert after.token("used-up").cooldowns == before["used-up"].cooldowns
        assert {window.name for window in after.token("used-up").windows} >= {"5h", "7d"}
        first, second = after.rows(2)
        assert (first["state"], first["attempts"], second["state"]) == ("ok", 3, "ok")


def test_stopping_in_the_middle_of_a_stream_leaves_a_row_that_says_so(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.simulator.set_pace(Pace(delay_s=0.05))
    with contextlib.suppress(httpx.HTTPError), lab.stream("anthropic") as answer:
        chunks = answer.iter_bytes()
        next(chunks)
        lab.router.stop()
        list(chunks)
    row = lab.rows()[0]
    assert (row["state"], row["error"]) == ("lost", "the router was stopped while this was running")
    assert "Traceback" not in (lab.router.home.path / "mitmdump.out").read_text()


def test_a_crash_in_the_middle_of_a_stream_leaves_a_row_that_says_so(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.simulator.set_pace(Pace(delay_s=0.05))
    with contextlib.suppress(Exception), lab.stream("anthropic") as answer:
        next(answer.iter_bytes())
        query = "select state from requests where path like '%/messages'"
        wait_until(lambda: [row["state"] for row in lab.router.traces().query(query)] == ["running"])
        lab.router.kill()
    lab.simulator.set_pace(Pace())
    with restarted(lab) as after:
        began = time.monotonic()
        assert after.ask("anthropic").status_code == 200
        assert time.monotonic() - began < 2
        rows = wait_until(lambda: (found := after.router.requests()) and found[-1]["finished_at"] and found)
        assert [row["state"] for row in rows if row["path"].endswith("/messages")] == ["lost", "ok"]
        assert after.router.traces().execute("pragma integrity_check").fetchone() == ("ok",)
        assert after.store.database.execute("pragma integrity_check").fetchone() == ("ok",)
