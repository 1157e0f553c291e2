"""The unit is one that systemd itself accepts, whatever is in the paths."""

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from router_core.service.systemd import NAME, quoted, unit_text


@pytest.mark.parametrize("folder", ["/plain", "/with space", '/a"b', "/100%", "/$HOME", "/back\\slash"])
def test_odd_paths_are_quoted_and_systemd_finds_nothing_wrong(folder: str, tmp_path: Path) -> None:
    text = unit_text([sys.executable, "-m", "router_core.cli", "--home", folder, "start", "--foreground"])
    parsed = configparser.RawConfigParser(strict=True)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(text)
    assert parsed["Install"]["WantedBy"] == "default.target"
    words = shlex.split(parsed["Service"]["ExecStart"])
    assert [word.replace("%%", "%").replace("$$", "$") for word in words][4] == folder
    if analyze := shutil.which("systemd-analyze"):
        file = tmp_path / NAME
        file.write_text(text)
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
        done = subprocess.run(
            [analyze, "verify", "--user", "--man=no", str(file)], env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert NAME not in done.stderr


def test_a_plain_word_stays_as_it_is() -> None:
    assert quoted("/home/me/.venv/bin/mitmrouter") == "/home/me/.venv/bin/mitmrouter"
    assert quoted("") == '""'
