"""The process that renews: what ends the one that asked does not end it, and nothing secret can be seen of it."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.clock import SystemClock
from router_core.home import Home
from router_core.oauth.ensure import ensure_fresh, start_worker, wait_for
from router_core.oauth.want import Renewed, Want
from router_core.oauth.worker import renew_in
from router_core.simulator import SimulatorThread
from router_core.tokens.token import Token
from tests.router_core.oauth.processes import ASK, start
from tests.router_core.oauth.renewing import HOUR_S, Renewing, renewing
from tests.support.router import wait_until


@pytest.fixture
def at_home(tmp_path: Path, locks: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Renewing]:
    """With the machine's clock and environment: other processes have no other."""
    with SimulatorThread() as simulator, renewing(tmp_path / "home", simulator, SystemClock()) as running:
        monkeypatch.setenv("MITMROUTER__OAUTH__CLAUDE__BASE_URL", simulator.url)
        yield running


def _slow_server(at: Renewing, seconds: float = 1.0) -> None:
    at.fault("stall_before_headers", delay_s=seconds)


def _asked(at: Renewing) -> None:
    at.simulator.wait_for_requests(1, 20, finished=False)


def test_a_worker_renews_and_says_so_without_a_secret(at_home: Renewing) -> None:
    token = at_home.log_in()
    done = wait_for(at_home.home, token.id, Want())
    assert (done.state, done.generation) == ("renewed", 1)
    assert at_home.stored(token).refresh_token == at_home.chain().refresh_token


def test_killing_the_one_that_asked_does_not_end_a_renewal_under_way(at_home: Renewing) -> None:
    """Whatever ends a router, SIGKILL included: the answer is on its way, and it is stored."""
    token = at_home.log_in()
    _slow_server(at_home)
    with start(at_home, ASK, token.id) as router:
        assert router.stdout is not None
        worker = int(router.stdout.readline())
        _asked(at_home)
        router.kill()
    assert os.getsid(worker) == worker
    wait_until(lambda: at_home.stored(token).generation == 1, 10)
    assert (at_home.stored(token).refresh_token, at_home.chain().reuses) == (at_home.chain().refresh_token, 0)
    assert wait_for(at_home.home, token.id, Want()).state == "fresh"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_until_the_answer_is_stored(at_home: Renewing, number: signal.Signals) -> None:
    token = at_home.log_in()
    _slow_server(at_home)
    with start(at_home, ASK, token.id) as router:
        assert router.stdout is not None
        worker = int(router.stdout.readline())
        _asked(at_home)
        os.kill(worker, number)
        output, _ = router.communicate(timeout=30)
    assert at_home.stored(token).refresh_token == at_home.chain().refresh_token
    assert at_home.store.journal(token.id) is None
    assert b"The renewal ended with" in output  # and then it was obeyed


def test_no_secret_is_in_the_arguments_or_the_output_of_a_worker(at_home: Renewing) -> None:
    token = at_home.log_in()
    _slow_server(at_home)
    worker = start_worker(at_home.home, token.id, Want(refused=0, owner=True))
    process: subprocess.Popen[bytes] = worker._process  # type: ignore[attr-defined]
    _asked(at_home)
    if Path("/proc").is_dir():
        arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert token.id.encode() in arguments
        assert (token.refresh_token or "").encode() not in arguments
    done = worker.result(30)
    assert done is not None
    assert done.ok
    for secret in (token.access_token, token.refresh_token or "", at_home.chain().access_token):
        assert secret.encode() not in done.line()


def test_the_folder_that_a_worker_is_started_in_gives_it_no_modules(
    at_home: Renewing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = at_home.log_in()
    hostile = tmp_path / "project"
    hostile.mkdir()
    for name in ("orjson", "json", "router_core"):
        (hostile / f"{name}.py").write_text("raise SystemExit('taken over')")
    monkeypatch.chdir(hostile)
    assert wait_for(at_home.home, token.id, Want()).state == "renewed"


def test_a_home_that_cannot_be_used_is_said(at_home: Renewing, tmp_path: Path) -> None:
    at_home.home.config.write_text("nonsense")
    done = renew_in(at_home.home, "x", Want())
    assert not done.ok
    assert "config.toml" in done.because


def test_a_fault_of_ours_names_its_place_and_no_value(at_home: Renewing) -> None:
    token = at_home.log_in()

    def breaks(step: str) -> None:
        raise ValueError(token.refresh_token)

    done = renew_in(at_home.home, token.id, Want(), breaks)
    assert done.because.startswith("Internal error while renewing: ValueError at test_worker.py:")
    assert (token.refresh_token or "") not in done.because


# ---- who asks -------------------------------------------------------------------------------------------------------


class _Starts:
    """Counts the workers that would be started."""

    def __init__(self, done: Renewed | None) -> None:
        self.done = done
        self.wants: list[Want] = []

    def __call__(self, home: Home, token_id: str, want: Want) -> "_Starts":
        self.wants.append(want)
        return self

    def result(self, wait_s: float) -> Renewed | None:
        return self.done


@pytest.mark.parametrize(
    ("left_s", "want", "started"),
    [
        pytest.param(60.0, None, True, id="due"),
        pytest.param(HOUR_S, None, False, id="not-due"),
        pytest.param(HOUR_S, Want(refused=0), True, id="refused"),
        pytest.param(HOUR_S, Want(refused=7), False, id="another-generation-was-refused"),
        pytest.param(HOUR_S, Want(look_only=True), True, id="look"),
    ],
)
def test_a_worker_is_started_only_where_there_is_something_to_do(
    at_home: Renewing, left_s: float, want: Want | None, started: bool
) -> None:
    token = at_home.log_in(expires_in_s=left_s)
    starts = _Starts(Renewed("renewed", "done", 1))
    done = ensure_fresh(at_home.home, at_home.store, at_home.config, token, want, start=starts)
    assert bool(starts.wants) == started
    assert done.state == ("renewed" if started else "fresh")


def test_a_key_needs_nobody(at_home: Renewing) -> None:
    key = at_home.store.add(Token("", "key", "claude", "sk-ant-api03-x", expires_at=1.0))
    starts = _Starts(None)
    assert ensure_fresh(at_home.home, at_home.store, at_home.config, key, start=starts).ok
    assert not starts.wants


def test_a_worker_that_takes_too_long_goes_on_without_us(at_home: Renewing) -> None:
    token = at_home.log_in()
    _slow_server(at_home, 1.5)
    began = time.monotonic()
    done = wait_for(at_home.home, token.id, Want(), wait_s=0.2)
    assert time.monotonic() - began < 1.4
    assert (done.state, done.permanent) == ("failed", False)
    assert "goes on by itself" in done.because
    wait_until(lambda: at_home.stored(token).generation == 1, 15)


def test_a_worker_that_cannot_be_started_is_said(at_home: Renewing) -> None:
    def nowhere(home: Home, token_id: str, want: Want) -> _Starts:
        raise FileNotFoundError(2, "No such file")

    assert wait_for(at_home.home, "x", Want(), start=nowhere).because.startswith("The renewal could not be started")
