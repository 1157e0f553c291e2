"""A file is replaced whole, or stays."""

from pathlib import Path

import pytest

from router_core.put_in_place import put_in_place


def test_the_text_takes_the_place_of_the_old_one_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "some.toml"
    file.write_text("old")
    file.chmod(0o644)

    put_in_place(file, "né\r\n")

    assert file.read_bytes() == "né\r\n".encode()
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_it_gets_the_rights_that_are_asked_for(tmp_path: Path) -> None:
    put_in_place(tmp_path / "some.toml", "new", mode=0o640)

    assert (tmp_path / "some.toml").stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_written_leaves_the_old_text_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "some.toml"
    file.write_text("old")

    with pytest.raises(UnicodeEncodeError):
        put_in_place(file, "half a character: \ud800")

    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
