from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.clock import FixedClock
from router_core.oauth.lock import FOLDER_VARIABLE
from router_core.simulator import SimulatorThread
from tests.router_core.oauth.renewing import NOW, ClaudeFile, Renewing, renewing, simulator_at


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of locks without a past: the simulator gives out the same tokens in each test."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    return tmp_path / "locks"


@pytest.fixture
def simulator(clock: FixedClock) -> Iterator[SimulatorThread]:
    with simulator_at(clock) as running:
        yield running


@pytest.fixture
def at_home(tmp_path: Path, simulator: SimulatorThread, clock: FixedClock, locks: Path) -> Iterator[Renewing]:
    """A home with a simulator that renews its logins."""
    with renewing(tmp_path / "home", simulator, clock) as running:
        yield running


@pytest.fixture
def elsewhere(tmp_path: Path, simulator: SimulatorThread, clock: FixedClock, locks: Path) -> Iterator[Renewing]:
    """Another home on the same machine, with the same simulator."""
    with renewing(tmp_path / "other", simulator, clock) as running:
        yield running


@pytest.fixture
def claude_file(tmp_path: Path) -> ClaudeFile:
    return ClaudeFile(tmp_path / "user" / ".claude" / ".credentials.json")
