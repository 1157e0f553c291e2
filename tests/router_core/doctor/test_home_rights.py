"""The home folder's owner, rights and room."""

import os
from pathlib import Path

import pytest

from router_core.doctor import home_rights
from router_core.doctor.home_rights import room
from router_core.errors import HomeError
from router_core.home import Home
from tests.router_core.doctor.conftest import Examine


def test_a_home_of_ones_own_is_well(examine: Examine) -> None:
    examined = examine()
    examined.home.gateway_token()
    assert {finding.verdict for finding in home_rights.check(examined)} == {"ok"}


@pytest.mark.parametrize("name", ["tokens.db", "gateway.token", "admin.token", "tokens.key", "config.toml", "."])
def test_what_others_can_open_is_named_and_can_be_closed(examine: Examine, name: str) -> None:
    examined = examine()
    opened = examined.home.path / name
    if name != ".":
        opened.write_bytes(b"x")
    opened.chmod(0o755 if name == "." else 0o640)
    (found,) = [finding for finding in home_rights.check(examined) if finding.check == "rights"]
    assert found.verdict == "problem"
    assert ("the folder itself" if name == "." else name) in found.says
    assert found.mend is not None
    assert found.mend().startswith("closed to others")
    assert opened.stat().st_mode & 0o077 == 0
    assert [f.verdict for f in home_rights.check(examined) if f.check == "rights"] == ["ok"]


def test_a_home_that_is_not_there_yet_is_no_problem(examine: Examine, tmp_path: Path) -> None:
    (finding,) = home_rights.check(examine(home=Home(tmp_path / "not yet")))
    assert (finding.verdict, finding.remedy) == ("warning", "The first start makes it: mitmrouter start")


def test_a_file_in_its_place_is_a_problem(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (finding,) = home_rights.check(examine(home=Home(tmp_path / "file")))
    assert (finding.verdict, "is no folder" in finding.says) == ("problem", True)


def test_a_home_of_somebody_else_is_a_problem(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    finding = next(iter(home_rights.check(examine())))
    assert finding.verdict == "problem"
    assert "chown -R 4711" in finding.remedy


def test_a_home_that_cannot_be_written_is_a_problem(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    finding = next(iter(home_rights.check(examine())))
    assert (finding.verdict, "cannot be written" in finding.says) == ("problem", True)
    assert finding.remedy == f"Give yourself the right: chmod 700 {examine().home.path}"


@pytest.mark.parametrize(("megabytes", "verdict"), [(10, "problem"), (200, "warning"), (5000, "ok")])
def test_a_disk_that_is_nearly_full_is_named(tmp_path: Path, megabytes: int, verdict: str) -> None:
    assert room(tmp_path, megabytes * 1024 * 1024).verdict == verdict


def test_a_folder_for_everybody_is_never_closed_to_others(examine: Examine, tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    (finding,) = home_rights.check(examine(home=Home(shared)))
    assert (finding.verdict, finding.mend, "for everybody" in finding.says) == ("problem", None, True)
    with pytest.raises(HomeError, match="for everybody"):
        Home(shared).ensure()
    assert shared.stat().st_mode & 0o7777 == 0o1777
    assert Home(Path("/")).is_shared()
