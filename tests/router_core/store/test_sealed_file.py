"""Files that carry secrets out of the home folder."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from router_core.store.sealed_file import SealedFileError, read_sealed, write_sealed

SECRET = "sk-ant-CANARY-0123456789"
CONTENT = {"tokens": [{"name": "ä", "access_token": SECRET}]}
PASSPHRASE = "a long passphrase"
CHEAP = 2**10


def never() -> str:
    raise AssertionError("nobody should be asked")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_sealed(tmp_path / "out.json", "tokens", CONTENT, PASSPHRASE, CHEAP)
    return tmp_path / "out.json"


def test_it_opens_with_its_passphrase_and_shows_nothing_without(file: Path) -> None:
    assert read_sealed(file, lambda: PASSPHRASE) == ("tokens", CONTENT)
    assert SECRET.encode() not in file.read_bytes()
    assert PASSPHRASE.encode() not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["out.json"]


def test_another_passphrase_does_not_open_it(file: Path) -> None:
    with pytest.raises(SealedFileError, match="passphrase is wrong"):
        read_sealed(file, lambda: "another passphrase")


def test_in_plain_it_is_private_and_nobody_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "plain.json"
    write_sealed(file, "backup", CONTENT, None)
    assert read_sealed(file, never) == ("backup", CONTENT)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("mine")
    with pytest.raises(SealedFileError, match="exists already"):
        write_sealed(file, "tokens", CONTENT, PASSPHRASE, CHEAP)
    assert file.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SealedFileError, match="cannot be written"):
        write_sealed(tmp_path / "none" / "out.json", "tokens", CONTENT, None)


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SealedFileError, match="too short"):
        write_sealed(tmp_path / "out.json", "tokens", CONTENT, "short", CHEAP)
    assert list(tmp_path.iterdir()) == []


def changed(file: Path, **changes: Any) -> None:
    document = json.loads(file.read_text())
    document["encryption"] |= changes.pop("encryption", {})
    file.write_text(json.dumps(document | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mitmrouter": "backup"}, "does not open"),
        ({"version": 2}, "version 2"),
        ({"version": "1"}, "version '1'"),
        ({"content": "AAAA"}, "does not open"),
        ({"content": "%"}, "does not know, or is damaged"),
        ({"content": None}, "damaged|does not"),
        ({"encryption": {"n": 2**30}}, "does not know"),
        ({"encryption": {"n": 1000}}, "does not know"),
        ({"encryption": {"n": 2**11}}, "does not open"),
        ({"encryption": {"cipher": "none"}}, "does not know"),
        ({"encryption": {"salt": 5}}, "does not"),
    ],
    ids=str,
)
def test_what_was_changed_is_refused(file: Path, changes: dict[str, Any], said: str) -> None:
    changed(file, **changes)
    with pytest.raises(SealedFileError, match=said):
        read_sealed(file, lambda: PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b'{"mitmrouter": "else"}', b"[" * 100_000])
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other"
    file.write_bytes(content)
    with pytest.raises(SealedFileError, match="is no export or backup"):
        read_sealed(file, never)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SealedFileError, match="cannot be read"):
        read_sealed(tmp_path / "none", never)


def test_encryption_cannot_be_taken_off(file: Path) -> None:
    document = json.loads(file.read_text())
    file.write_text(json.dumps({**document, "encryption": None}))
    with pytest.raises(SealedFileError, match="no content"):
        read_sealed(file, never)
