"""A new user's path in an empty home folder: from a checkout whose dependencies are there to an answer through the real
Claude Code, in two commands and a minute."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.clients import find_client, must_be_installed
from tests.support.router import ROOT, free_port

pytestmark = [pytest.mark.clients, pytest.mark.slow]

WITHIN_S = 60.0


def test_two_commands_lead_to_an_answer_through_claude_code(tmp_path: Path) -> None:
    must_be_installed("claude")
    program = find_client("claude")
    assert program is not None
    programs, home, work = (tmp_path / name for name in ("bin", "home", "work"))
    for folder in (programs, home, work):
        folder.mkdir()
    (programs / "claude").symlink_to(program)
    environment = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "HTTPS_PROXY": "http://127.0.0.1:9",  # nothing but this machine can be reached
        "MITMROUTER__SERVER__PORT": str(free_port()),  # the usual one may be somebody's
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ROOT / "scripts" / "run"), *arguments],
            cwd=work, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90,
        )  # fmt: skip

    began = time.monotonic()
    try:
        up = run("up", "--simulate", "--yes")
        assert up.returncode == 0, up.stdout + up.stderr
        answer = run("code", "-p", "hi")
        took = time.monotonic() - began
        assert (answer.returncode, answer.stdout[:13]) == (0, "You said: hi."), answer.stderr
        assert took < WITHIN_S
        assert "claude-code" in run("trace", "list", "--limit", "1").stdout
    finally:
        run("stop")
    assert sorted(path.name for path in home.iterdir() if path.name == ".mitmrouter") == [".mitmrouter"]
    assert not (home / ".claude" / "settings.json").exists(), "nothing of the client's was changed"
    assert os.listdir(work) == []
