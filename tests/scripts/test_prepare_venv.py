"""scripts/prepare_venv.py: who installs, when uv is not on the PATH."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.scripts.fake_checkout import REPOSITORY

LOCKED = ["--require-hashes", "-r", "requirements.txt"]


class Steps:
    """What is run instead of pip and uv: it is noted, and ends as it is told to."""

    def __init__(self, uv: Path) -> None:
        self.uv = uv
        self.settings = ""
        self.failing: set[str] = set()
        self.seen: list[str] = []

    def __call__(
        self, lock: int, what: str, command: Sequence[str], settings: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        if "config" in command:
            return 0, self.settings
        if "requirements-setup.txt" in command:
            step = "pip fetches uv"
            assert "--require-hashes" in command
            if step not in self.failing:
                self.uv.touch()
        else:
            by_uv = command[0] == str(self.uv)
            step = f"{'uv' if by_uv else 'pip'} installs"
            assert command[-3:] == LOCKED
            assert (settings or {}).get("UV_SYSTEM_CERTS") == ("1" if by_uv else None)
        self.seen.append(step)
        return (1, "no route to host") if step in self.failing else (0, "")


@pytest.fixture
def prepare_venv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.syspath_prepend(str(REPOSITORY / "scripts"))
    module = import_module("prepare_venv")
    monkeypatch.setattr(module, "OWN_UV", tmp_path / "uv")
    monkeypatch.setattr(module, "has_pip", lambda: True)
    monkeypatch.setattr(module, "outcome", Steps(tmp_path / "uv"))
    monkeypatch.setattr("shutil.which", lambda _: None)
    return module


def installed(prepare_venv: Any) -> list[str]:
    prepare_venv.install(0, "the locked packages", LOCKED)
    seen: list[str] = prepare_venv.outcome.seen
    return seen


def test_uv_is_fetched_once_and_installs(prepare_venv: Any) -> None:
    assert installed(prepare_venv) == ["pip fetches uv", "uv installs"]
    assert installed(prepare_venv)[2:] == ["uv installs"]


@pytest.mark.parametrize("failing", ["pip fetches uv", "uv installs"])
def test_pip_installs_where_uv_cannot(prepare_venv: Any, failing: str) -> None:
    prepare_venv.outcome.failing.add(failing)
    assert installed(prepare_venv)[-2:] == [failing, "pip installs"]


@pytest.mark.parametrize("line", ["global.index-url='https://packages.example/simple'", ":env:.no-index='1'"])
def test_pip_installs_where_it_is_told_what_index_to_use(prepare_venv: Any, line: str) -> None:
    prepare_venv.outcome.settings = f"global.cert='/etc/ssl/own.pem'\n{line}\n"
    assert installed(prepare_venv) == ["pip installs"]


def test_where_nothing_can_install_it_is_said(prepare_venv: Any, capsys: pytest.CaptureFixture[str]) -> None:
    prepare_venv.outcome.failing |= {"pip fetches uv", "pip installs"}
    with pytest.raises(prepare_venv.SetupError, match="installing the locked packages failed"):
        installed(prepare_venv)
    assert "no route to host" in capsys.readouterr().err
