"""A small checkout in which the real scripts run against a fake uv: setup is tested in a second, without a network."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BASE_PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"

# Makes a real (bare) environment; "installs" what the scripts call afterwards, as programs that print their arguments.
FAKE_UV = """#!/bin/sh
echo "$*" >> "$FAKE_UV_LOG"
case "$1 $*" in
    venv*) for folder; do :; done; exec "$BASE_PYTHON" -m venv --without-pip "$folder" ;;
    *--require-hashes*)
        [ ! -p "${FAKE_UV_STOPS_AT:-/nonexistent}" ] || cat "$FAKE_UV_STOPS_AT"
        if [ -n "${FAKE_UV_FAILS:-}" ]; then echo "no route to host"; exit 2; fi ;;
    *)
        for name in mitmrouter ruff mypy; do
            printf '#!/bin/sh\\n# %s\\necho %s "$@"\\n' "$PWD/.venv" "$name" > ".venv/bin/$name"
            chmod +x ".venv/bin/$name"
        done
        for folder in .venv/lib/python3*/site-packages; do cp pytest_stand_in.py "$folder/pytest.py"; done ;;
esac
"""

PYTEST_STAND_IN = """
import os, sys
if "--collect-only" in sys.argv:
    print("tests/live/test_claude.py::test_turn[a]", "tests/live/test_claude.py::test_tool", sep=chr(10))
    print("2 tests collected")
    sys.exit(0)
print("pytest", *sys.argv[1:])
sys.exit(int(os.environ.get("PYTEST_EXITS", "0")))
"""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A copy of the scripts, with lock files that name nothing."""

    root: Path
    environment: Mapping[str, str]

    @property
    def uv_calls(self) -> list[str]:
        log = Path(self.environment["FAKE_UV_LOG"])
        return log.read_text().splitlines() if log.exists() else []

    def start(self, *command: str, stderr: int = subprocess.PIPE, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.root / command[0]), *command[1:]],
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        with self.start(*command, **environment) as process:
            out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, out, err)


def write_program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path
