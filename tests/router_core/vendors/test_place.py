import fcntl
import os
import stat
from pathlib import Path

import pytest

from router_core.vendors import place
from router_core.vendors.login import StoreChanged, VendorStoreError
from router_core.vendors.place import SIZE_LIMIT_BYTES, TRIES, FilePlace
from tests.router_core.vendors.logins import put


def test_what_another_program_writes_in_between_is_kept(tmp_path: Path) -> None:
    path = put(tmp_path / "file", "theirs 1, ours 1")
    seen: list[str] = []

    def edit(text: str) -> str:
        seen.append(text)
        if len(seen) == 1:
            put(path, "theirs 2, ours 1 ")
        return text.replace("ours 1", "ours 2")

    FilePlace(path).change(edit)
    assert seen == ["theirs 1, ours 1", "theirs 2, ours 1 "]
    assert path.read_text() == "theirs 2, ours 2 "
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_file_that_never_comes_to_rest_is_left_alone(tmp_path: Path) -> None:
    path = put(tmp_path / "file", "0")
    seen: list[str] = []

    def edit(text: str) -> str:
        seen.append(text)
        put(path, "x" * (len(seen) + 1))
        return "ours"

    with pytest.raises(StoreChanged, match="another program"):
        FilePlace(path).change(edit)
    assert len(seen) == TRIES
    assert path.read_text() == "x" * (TRIES + 1)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_an_error_of_the_edit_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = put(tmp_path / "file", "as it was")

    def refuse(text: str) -> str:
        raise StoreChanged("no")

    with pytest.raises(StoreChanged):
        FilePlace(path).change(refuse)
    assert path.read_text() == "as it was"
    assert len(list(tmp_path.iterdir())) == 1


def test_no_change_is_no_write(tmp_path: Path) -> None:
    path = put(tmp_path / "file", "same")
    before = path.stat()
    FilePlace(path).change(lambda text: text)
    after = path.stat()  # reading it may change the time of the last look
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )


def test_while_it_is_written_nobody_else_may_read_it_and_it_is_whole_on_the_disk_before_it_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "file", "old")
    steps: list[str] = []
    rename, fsync = Path.rename, os.fsync

    def seen_rename(self: Path, target: Path) -> Path:
        assert stat.S_IMODE(self.stat().st_mode) == 0o600
        assert self.read_text() == "new"
        steps.append("renamed")
        return rename(self, target)

    def seen_fsync(descriptor: int) -> None:
        steps.append("synced")
        fsync(descriptor)

    monkeypatch.setattr(Path, "rename", seen_rename)
    monkeypatch.setattr(os, "fsync", seen_fsync)
    FilePlace(path).change(lambda _text: "new")
    assert steps == ["synced", "renamed", "synced"]
    assert path.read_text() == "new"


@pytest.mark.parametrize("exists", [True, False])
def test_the_vendor_s_own_lock_is_held_while_its_file_is_written(tmp_path: Path, exists: bool) -> None:
    path, lock = put(tmp_path / "auth.json", "old"), tmp_path / "auth.lock"
    if exists:
        put(lock, "")
    seen: list[bool] = []

    def edit(text: str) -> str:
        if exists:
            with lock.open("a+") as file, pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        seen.append(True)
        return "new"

    FilePlace(path, lock).change(edit)
    assert (seen, path.read_text()) == ([True], "new")
    assert lock.exists() == exists, "no lock is made where the program has none"
    if exists:
        with lock.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_file_that_its_program_is_writing_is_waited_for_and_then_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "LOCK_WAIT_S", 0.1)
    path, lock = put(tmp_path / "auth.json", "old"), put(tmp_path / "auth.lock", "")
    with lock.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(StoreChanged, match="another program"):
            FilePlace(path, lock).change(lambda _text: "new")
    assert path.read_text() == "old"


def test_what_is_no_file_of_logins_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(SIZE_LIMIT_BYTES + 1)
    with pytest.raises(VendorStoreError, match="larger"):
        FilePlace(large).text()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(VendorStoreError, match="no text"):
        FilePlace(tmp_path / "bytes").text()
    with pytest.raises(VendorStoreError, match="cannot be read"):
        FilePlace(tmp_path).text()
    assert FilePlace(large / "below a file").text() is None
