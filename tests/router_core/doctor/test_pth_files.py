"""Files that run code at each start of Python."""

import base64
import hashlib
from pathlib import Path

import pytest

from router_core.doctor.pth_files import findings

CODE = "import os; os.environ.get('HOME')\n"


def install(folder: Path, file: str, content: str, *, with_hash: bool = True) -> None:
    """A package that has brought one file, as an installer writes it down."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
    info = folder / "brought-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: brought\nVersion: 1.0\n")
    recorded = f"sha256={digest},{len(content)}" if with_hash else ","
    (info / "RECORD").write_text(f"{file},{recorded}\nbrought-1.0.dist-info/METADATA,,\n")
    (folder / file).write_text(content)


def test_one_that_a_package_has_brought_is_well(tmp_path: Path) -> None:
    install(tmp_path, "brought.pth", CODE)
    (finding,) = findings([tmp_path])
    assert finding.verdict == "ok"
    assert finding.says.startswith("1 file, ")


@pytest.mark.parametrize(
    ("content", "verdict", "says"),
    [(CODE, "problem", "runs code at every start"), ("/opt/elsewhere\n", "warning", "adds folders")],
)
def test_one_that_nobody_has_brought_is_named(tmp_path: Path, content: str, verdict: str, says: str) -> None:
    install(tmp_path, "brought.pth", CODE)
    (tmp_path / "litellm_init.pth").write_text(content)
    (finding,) = findings([tmp_path])
    assert finding.verdict == verdict
    assert str(tmp_path / "litellm_init.pth") in finding.says
    assert says in finding.says
    assert "change the credentials" in finding.remedy


def test_one_that_was_changed_since_is_named(tmp_path: Path) -> None:
    install(tmp_path, "brought.pth", CODE)
    (tmp_path / "brought.pth").write_text(CODE + "import socket\n")
    (finding,) = findings([tmp_path])
    assert finding.verdict == "problem"
    assert "not as its package has brought it" in finding.says


def test_one_that_is_recorded_without_a_hash_counts_as_brought(tmp_path: Path) -> None:
    install(tmp_path, "brought.pth", CODE, with_hash=False)
    assert [finding.verdict for finding in findings([tmp_path])] == ["ok"]


def test_that_of_virtualenv_is_known_by_its_text_and_not_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "_virtualenv.pth").write_text("import _virtualenv\n")
    assert [finding.verdict for finding in findings([tmp_path])] == ["ok"]
    (tmp_path / "_virtualenv.pth").write_text("import _virtualenv; import socket\n")
    assert [finding.verdict for finding in findings([tmp_path])] == ["problem"]
