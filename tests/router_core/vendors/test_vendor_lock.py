import os
import time
from pathlib import Path

import pytest

from router_core.vendors import vendor_lock as module
from router_core.vendors.vendor_lock import vendor_lock

LOCKS = (".claude/.oauth_refresh.lock", ".claude.lock")


@pytest.fixture
def locator(tmp_path: Path) -> str:
    (tmp_path / ".claude").mkdir()
    return f"claude-file:{tmp_path / '.claude' / '.credentials.json'}"


@pytest.mark.parametrize("name", LOCKS)
def test_claude_code_finds_its_own_lock_taken_and_given_back(tmp_path: Path, locator: str, name: str) -> None:
    lock = tmp_path / name
    with vendor_lock(locator) as held:
        assert held
        assert lock.is_dir()
    assert not lock.exists()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_that_claude_code_holds_is_respected_and_not_removed(tmp_path: Path, locator: str, name: str) -> None:
    lock = tmp_path / name
    lock.mkdir()
    os.utime(lock, (time.time() - 50, time.time() - 50))  # its holder may have been asleep: it counts for a minute
    with vendor_lock(locator, wait_s=0) as held:
        assert not held
    assert lock.is_dir()
    assert [path for path in map(tmp_path.joinpath, LOCKS) if path.exists()] == [lock]


@pytest.mark.parametrize("age_s", [61, -4 * 3600])
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_that_a_dead_process_or_a_wrong_clock_left_behind_is_taken_over(
    tmp_path: Path, locator: str, name: str, age_s: float
) -> None:
    lock = tmp_path / name
    lock.mkdir()
    os.utime(lock, (time.time() - age_s, time.time() - age_s))
    with vendor_lock(locator, wait_s=1) as held:
        assert held
    assert not lock.exists()


def test_a_held_lock_does_not_look_abandoned(tmp_path: Path, locator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOUCH_S", 0.01)
    lock = tmp_path / ".claude.lock"
    with vendor_lock(locator):
        os.utime(lock, (1, 1))
        until = time.monotonic() + 5
        while lock.stat().st_mtime < 2 and time.monotonic() < until:
            time.sleep(0.01)
        assert lock.stat().st_mtime > 2


def test_the_lock_is_beside_the_real_folder(tmp_path: Path) -> None:
    (tmp_path / "dotfiles" / "claude").mkdir(parents=True)
    (tmp_path / ".claude").symlink_to(tmp_path / "dotfiles" / "claude")
    with vendor_lock(f"claude-file:{tmp_path}/.claude/.credentials.json"):
        assert (tmp_path / "dotfiles" / "claude.lock").is_dir()


def test_where_the_vendor_has_no_lock_nothing_is_made(tmp_path: Path) -> None:
    with vendor_lock(f"codex-file:{tmp_path / 'auth.json'}") as held:
        assert held
    assert list(tmp_path.iterdir()) == []
    with vendor_lock(f"claude-file:{tmp_path / 'gone' / 'x' / 'file'}") as held:
        assert held
