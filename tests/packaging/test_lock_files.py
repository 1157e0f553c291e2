"""The committed lock files: complete, hashed, and silent about where packages come from."""

import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LOCK_FILES = ("requirements.txt", "requirements-dev.txt")


def project() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


def pins(lock_file: str) -> dict[str, str]:
    """Package → its pinned version with its hashes."""
    text = re.sub(r"(?m)^\s*#.*$", "", (REPOSITORY / lock_file).read_text()).replace("\\\n", "")
    entries = [
        re.fullmatch(r"([a-z0-9.-]+)(?:\[[a-z0-9,-]+\])?==(\S+.*)", line.strip())
        for line in text.splitlines()
        if line.strip()
    ]
    assert all(entries), f"{lock_file} holds a line that is no pin"
    return {entry[1]: entry[2] for entry in entries if entry}


def names(requirements: list[Any]) -> set[str]:
    plain = [item for item in requirements if isinstance(item, str)]
    return {re.sub(r"[._]", "-", re.split(r"[^A-Za-z0-9._-]", item)[0].lower()) for item in plain}


@pytest.mark.parametrize("lock_file", LOCK_FILES)
def test_names_no_index_and_no_path(lock_file: str) -> None:
    text = (REPOSITORY / lock_file).read_text()
    assert "://" not in text
    assert not re.search(r"(?m)^\s*-", re.sub(r"(?m)^\s+--hash=\S+( \\)?$", "", text))
    assert not re.search(r"(?m)[\s=]/\w", text)


@pytest.mark.parametrize("lock_file", LOCK_FILES)
def test_every_package_has_a_sha256(lock_file: str) -> None:
    assert [name for name, rest in pins(lock_file).items() if not re.search(r"--hash=sha256:[0-9a-f]{64}", rest)] == []


def test_what_users_run_is_what_is_tested() -> None:
    run, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: dev.get(name) for name in run} == run


def test_lock_files_hold_everything_that_pyproject_names() -> None:
    groups = project()["dependency-groups"]
    build = project()["build-system"]["requires"]
    assert names(project()["project"]["dependencies"]) | names(groups["build"]) | names(build) <= set(
        pins("requirements.txt")
    )
    assert names(groups["dev"]) <= set(pins("requirements-dev.txt"))


def test_mitmproxy_is_in_the_one_range_that_the_retry_layer_was_tested_with() -> None:
    assert pins("requirements.txt")["mitmproxy"].startswith("12.2.")


def test_scripts_and_pyproject_agree_on_the_supported_pythons() -> None:
    supported = runpy.run_path(str(REPOSITORY / "scripts" / "prepare_venv.py"))["SUPPORTED"]
    assert supported == ("3.12", "3.13")
    assert project()["project"]["requires-python"] == ">=3.12,<3.14"
    finder = (REPOSITORY / "scripts" / "find-python").read_text()
    assert "        3.12 | 3.13) ;;" in finder
    assert "'>=3.12,<3.14'" in finder
