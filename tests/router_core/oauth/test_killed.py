"""A renewal whose process is killed at each of its steps, by SIGKILL: the next process brings it to its end."""

import os
import signal
from pathlib import Path

import pytest

from router_core.clock import SystemClock
from router_core.oauth.want import Renewed
from router_core.simulator import SimulatorThread
from tests.router_core.oauth.processes import RENEW, start
from tests.router_core.oauth.renewing import ClaudeFile, Renewing, renewing

STEPS = ("locked", "read", "decided", "asked", "journaled", "noted", "stored", "cleared")
SHARED_STEPS = ("vendor read", "stored", "written back", "marked", "cleared")


@pytest.fixture
def at_home(tmp_path: Path, locks: Path):  # type: ignore[no-untyped-def]
    """With the machine's clock: other processes have no other."""
    clock = SystemClock()
    with SimulatorThread() as simulator, renewing(tmp_path / "home", simulator, clock) as running:
        yield running


def _renew(at: Renewing, token_id: str, last: str = "") -> Renewed | None:
    with start(at, RENEW, token_id, last) as process:
        output, _ = process.communicate(timeout=60)
    if last:
        assert process.returncode == -signal.SIGKILL, output
        return None
    done = Renewed.read(output)
    assert done is not None, output
    return done


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("login", ["claude", "codex"])
def test_the_login_lives_and_its_chain_was_used_once(at_home: Renewing, login: str, step: str) -> None:
    token = at_home.log_in(login)
    _renew(at_home, token.id, step)
    done = _renew(at_home, token.id)
    assert done is not None
    assert done.ok, done
    stored, chain = at_home.stored(token), at_home.chain()
    assert (stored.access_token, stored.refresh_token) == (chain.access_token, chain.refresh_token)
    assert (chain.refreshes, chain.reuses, chain.alive) == (1, 0, True)
    assert (stored.health, at_home.store.journal(token.id)) == ("healthy", None)


@pytest.mark.parametrize("step", SHARED_STEPS)
def test_a_shared_login_lives_in_both_places(at_home: Renewing, claude_file: ClaudeFile, step: str) -> None:
    chain = at_home.simulator.log_in("claude")
    claude_file.put_chain(chain, at_home.clock.now() + 60)
    token = at_home.add(chain, shared=claude_file.locator)
    _renew(at_home, token.id, step)
    _a_minute_passes(claude_file)
    done = _renew(at_home, token.id)
    assert done is not None
    assert done.ok, done
    stored, chain, held = at_home.stored(token), at_home.chain(), claude_file.held()
    assert stored.refresh_token == chain.refresh_token == held["refreshToken"]
    assert stored.access_token == chain.access_token == held["accessToken"]
    assert (chain.refreshes, chain.reuses, chain.alive, stored.write_back) == (1, 0, True, False)
    assert claude_file.document()["mcpOAuth"] == {"linear|1": {"accessToken": "mcp-made-up"}}


def test_killed_at_every_step_one_after_another_it_still_comes_to_its_end(at_home: Renewing) -> None:
    token = at_home.log_in()
    for step in ("decided", "asked", "journaled", "replayed"):
        _renew(at_home, token.id, step)
    done = _renew(at_home, token.id)
    assert done is not None
    assert done.ok
    assert at_home.stored(token).refresh_token == at_home.chain().refresh_token
    assert (at_home.chain().refreshes, at_home.chain().reuses) == (1, 0)


def test_the_one_window_that_is_left_is_told_truthfully(at_home: Renewing) -> None:
    """SIGKILL at the worker itself between the server's answer and the journal. Nothing on this side can close it: the
    server has forgotten the old refresh token, and the new one was nowhere but in that process."""
    token = at_home.log_in()
    _renew(at_home, token.id, "answered")
    done = _renew(at_home, token.id)
    assert done is not None
    assert done.permanent
    assert "its answer never arrived, so the refresh token was probably used up by it." in done.because
    assert at_home.stored(token).refresh_token == token.refresh_token


def _a_minute_passes(file: ClaudeFile) -> None:
    """For the lock folders that a killed process leaves behind in Claude Code's own way: it waits that long, too."""
    folder = file.path.parent
    for lock in (folder / ".oauth_refresh.lock", folder.with_name(folder.name + ".lock")):
        if lock.exists():
            os.utime(lock, (lock.stat().st_mtime - 61, lock.stat().st_mtime - 61))
