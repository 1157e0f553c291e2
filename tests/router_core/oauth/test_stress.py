"""2 × 8 processes that renew the same single-use token at once, round after round, with random kills: never a lost
login, never two renewals of one refresh token."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from router_core.clock import FixedClock
from router_core.simulator import SimulatorThread
from tests.router_core.oauth.processes import ASK, ROOT, environment, start
from tests.router_core.oauth.renewing import ClaudeFile, renewing
from tests.router_core.simulator.asking import claude_code_body

ROUNDS = 200
LIMIT_S = 150.0
"""It takes about half of 90 s on two cores that nobody else uses."""
STRESS = Path(__file__).with_name("stress.py")


def _serves(simulator: SimulatorThread, access_token: str) -> bool:
    headers = {
        "authorization": f"Bearer {access_token}",
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "claude-code-20250219,oauth-2025-04-20",
    }
    answer = httpx.post(f"{simulator.url}/v1/messages", json=claude_code_body(), headers=headers, trust_env=False)
    return answer.status_code == 200


@pytest.mark.parametrize("seed", [int(os.environ.get("STRESS_SEED", "20261128"))])
def test_200_rounds_of_2_times_8_processes_with_random_kills(
    tmp_path: Path, locks: Path, claude_file: ClaudeFile, seed: int
) -> None:
    clock = FixedClock(1_800_000_000.0)
    with (
        SimulatorThread() as simulator,
        renewing(tmp_path / "one", simulator, clock) as one,
        renewing(tmp_path / "two", simulator, clock) as two,
    ):
        chain = simulator.log_in("claude")
        claude_file.put_chain(chain, clock.now())
        tokens = [at.add(chain, shared=claude_file.locator, expires_in_s=0) for at in (one, two)]
        homes = [str(part) for at, token in zip((one, two), tokens, strict=True) for part in (at.home.path, token.id)]
        began = time.monotonic()
        ran = subprocess.run(
            [sys.executable, str(STRESS), simulator.url, str(ROUNDS), "16", str(seed), *homes],
            env=environment(one), cwd=ROOT, capture_output=True, text=True, timeout=3 * LIMIT_S, check=False,
        )  # fmt: skip
        took_s = time.monotonic() - began
        assert ran.returncode == 0, ran.stderr[-3000:]
        figures = json.loads(ran.stdout)
        print(f"\n{took_s:.0f} s: {figures}")
        (login,) = simulator.logins
        assert (login.reuses, login.alive) == (0, True)
        assert login.refreshes == ROUNDS  # one in each round: never two of one generation, never none
        assert figures["kills"] > ROUNDS / 2
        for at, token in zip((one, two), tokens, strict=True):
            stored = at.stored(token)
            assert (stored.access_token, stored.refresh_token) == (login.access_token, login.refresh_token)
            assert (stored.health, stored.write_back, at.store.journal(token.id)) == ("healthy", False, None)
            assert _serves(simulator, stored.access_token)
        assert claude_file.held()["refreshToken"] == login.refresh_token
        assert claude_file.document()["mcpOAuth"] == {"linear|1": {"accessToken": "mcp-made-up"}}
        assert took_s < LIMIT_S


def test_a_login_that_is_ours_alone_is_renewed_once_by_8_processes(tmp_path: Path, locks: Path) -> None:
    """Here no lock of a vendor's stands beside ours."""
    rounds, clock = 40, FixedClock(1_800_000_000.0)
    with SimulatorThread() as simulator, renewing(tmp_path / "one", simulator, clock) as one:
        token = one.log_in(expires_in_s=0)
        ran = subprocess.run(
            [sys.executable, str(STRESS), simulator.url, str(rounds), "8", "7", str(one.home.path), token.id],
            env=environment(one), cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr[-3000:]
        (login,) = simulator.logins
        assert (login.refreshes, login.reuses, login.alive) == (rounds, 0, True)
        assert one.stored(token).refresh_token == login.refresh_token
        assert _serves(simulator, one.stored(token).access_token)


def test_claude_code_that_renews_the_same_login_in_its_own_way_is_never_logged_out(
    tmp_path: Path, locks: Path, claude_file: ClaudeFile
) -> None:
    """clauth #52: two writers on one chain, and all accounts died within days."""
    rounds, clock = 30, FixedClock(1_800_000_000.0)
    with (
        SimulatorThread() as simulator,
        renewing(tmp_path / "one", simulator, clock) as one,
        renewing(tmp_path / "two", simulator, clock) as two,
    ):
        chain = simulator.log_in("claude")
        claude_file.put_chain(chain, clock.now())
        tokens = [at.add(chain, shared=claude_file.locator, expires_in_s=0) for at in (one, two)]
        homes = [str(part) for at, token in zip((one, two), tokens, strict=True) for part in (at.home.path, token.id)]
        command = [sys.executable, str(STRESS), simulator.url, str(rounds), "4", "3", *homes]
        ran = subprocess.run(
            [*command, "claude-code", str(claude_file.path)],
            env=environment(one), cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr[-3000:]
        (login,) = simulator.logins
        assert (login.refreshes, login.reuses, login.alive) == (rounds, 0, True)
        states = json.loads(ran.stdout)["states"]
        assert states["claude renewed"] > 0
        assert states["renewed"] > 0
        for at, token in zip((one, two), tokens, strict=True):
            assert at.stored(token).refresh_token == login.refresh_token
        assert claude_file.held()["refreshToken"] == login.refresh_token


def test_real_workers_of_two_homes_at_once_renew_once(tmp_path: Path, locks: Path, claude_file: ClaudeFile) -> None:
    """The same with the workers as they are started in earnest; fewer, because each is a Python of its own."""
    from router_core.clock import SystemClock

    with (
        SimulatorThread() as simulator,
        renewing(tmp_path / "one", simulator, SystemClock()) as one,
        renewing(tmp_path / "two", simulator, SystemClock()) as two,
    ):
        chain = simulator.log_in("claude")
        claude_file.put_chain(chain, time.time())
        tokens = [at.add(chain, shared=claude_file.locator, expires_in_s=0) for at in (one, two)]
        asking = [start(at, ASK, token.id) for at, token in zip((one, two), tokens, strict=True) for _ in range(4)]
        asking[0].kill()
        for process in asking:
            process.communicate(timeout=60)
        (login,) = simulator.logins
        assert (login.refreshes, login.reuses) == (1, 0)
        for at, token in zip((one, two), tokens, strict=True):
            assert at.stored(token).refresh_token == login.refresh_token
        assert claude_file.held()["refreshToken"] == login.refresh_token
