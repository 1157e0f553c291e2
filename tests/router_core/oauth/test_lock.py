"""The lock of a chain: one holder in all processes, whatever happens to it, in a folder that is ours alone."""

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from router_core.errors import HomeError
from router_core.oauth.lock import LockBusy, Record, chain_lock, fingerprint, lock_folder, record_of, sweep

CHAIN = fingerprint("claude", "sk-ant-ort01-made-up")
HOLD = """
import sys, time
from pathlib import Path
from router_core.oauth.lock import chain_lock
with chain_lock(sys.argv[2], Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "locks"


def test_a_second_one_waits_until_the_first_lets_go(folder: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with chain_lock(CHAIN, folder, 5):
            order.append("second")

    with chain_lock(CHAIN, folder):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.05)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_waiting_has_an_end(folder: Path) -> None:
    with chain_lock(CHAIN, folder), pytest.raises(LockBusy, match="Try again"), chain_lock(CHAIN, folder, 0.05):
        pass


def test_other_chains_are_free(folder: Path) -> None:
    with chain_lock(CHAIN, folder), chain_lock(fingerprint("codex", "sk-ant-ort01-made-up"), folder, 0):
        pass


def test_the_lock_ends_with_its_process(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder), CHAIN], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockBusy), chain_lock(CHAIN, folder, 0.05):
            pass
        holder.kill()
        with chain_lock(CHAIN, folder, 5):
            pass


def test_a_lock_file_that_was_removed_meanwhile_keeps_nobody_out_of_the_new_one(folder: Path) -> None:
    """Something that cleans up /tmp took the file away while one process waited for it."""
    entered: list[bool] = []

    def waits() -> None:
        with chain_lock(CHAIN, folder, 5), pytest.raises(LockBusy), chain_lock(CHAIN, folder, 0.02):
            entered.append(True)  # never: whoever holds it holds the file that is there now
        entered.append(False)

    with chain_lock(CHAIN, folder):
        thread = threading.Thread(target=waits)
        thread.start()
        time.sleep(0.05)
        (folder / CHAIN).unlink()
    thread.join()
    assert entered == [False]


def test_the_record_outlives_its_writer_and_can_be_read_by_others(folder: Path) -> None:
    with chain_lock(CHAIN, folder) as lock:
        assert lock.record() is None
        lock.note(Record("dead", 1_800_000_000.5, "/home/one", "a long story " * 20))
        lock.note(Record("used", 1_800_000_001.0, "/home/two"))
    assert record_of(CHAIN, folder) == Record("used", 1_800_000_001.0, "/home/two")
    with chain_lock(CHAIN, folder) as lock:
        assert lock.record() == record_of(CHAIN, folder)
        lock.note(None)
        assert lock.record() is None


def test_half_a_record_is_none(folder: Path) -> None:
    with chain_lock(CHAIN, folder):
        for text in ("", "{", "[]", '{"use":"used"}', '{"use":"used","at":"x","home":"","because":""}'):
            (folder / CHAIN).write_text(text)
            assert record_of(CHAIN, folder) is None


def test_a_fingerprint_tells_nothing_and_differs_by_login() -> None:
    assert len({CHAIN, fingerprint("claude", "x"), fingerprint("codex", "x")}) == 3
    assert "made-up" not in CHAIN


def test_folder_and_files_are_the_users_alone(folder: Path) -> None:
    with chain_lock(CHAIN, folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / CHAIN).stat().st_mode) == 0o600


def test_a_folder_that_others_may_write_is_not_trusted(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(mode=0o700)
    folder.chmod(0o770)
    with pytest.raises(HomeError, match="MITMROUTER_LOCKS"), chain_lock(CHAIN, folder):
        pass
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    with pytest.raises(HomeError, match="not a folder of yours alone"), chain_lock(CHAIN, link):
        pass


def test_a_planted_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / CHAIN).symlink_to(tmp_path / "victim")
    with pytest.raises(HomeError, match="cannot be opened"), chain_lock(CHAIN, folder):
        pass
    assert not (tmp_path / "victim").exists()


def test_the_folder_depends_on_the_user_and_not_on_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MITMROUTER_LOCKS")
    monkeypatch.setenv("TMPDIR", "/somewhere")
    monkeypatch.setenv("MITMROUTER_HOME", "/elsewhere")
    assert lock_folder() == Path(f"/tmp/mitmrouter-locks-{os.getuid()}")


def test_old_locks_are_swept_but_for_those_that_are_held(folder: Path) -> None:
    old, held, new = (fingerprint("claude", name) for name in ("old", "held", "new"))
    for chain in (old, new):
        with chain_lock(chain, folder):
            pass
    with chain_lock(held, folder):
        for chain in (old, held):
            os.utime(folder / chain, (1, 1))
        sweep(folder, time.time() - 60)
        assert sorted(path.name for path in folder.iterdir()) == sorted([held, new])
    sweep(folder / "none", 0)
