"""scripts/clients: installs once, repairs what was cut, and fails loudly. A fake npm stands in for the download."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.scripts.fake_checkout import REPOSITORY, write_program

FAKE_NPM = """#!/bin/sh
echo "$*" >> "$NPM_LOG"
if [ -n "${NPM_FAILS:-}" ]; then echo "npm error network ENOTFOUND" >&2; exit 1; fi
while [ "$1" != --prefix ]; do shift; done
folder=$2/node_modules
for last; do :; done
case $last in
    @anthropic-ai/*)
        mkdir -p "$folder/@anthropic-ai/claude-code-other-libc" "$folder/@anthropic-ai/claude-code-this-machine"
        program="$folder/@anthropic-ai/claude-code-this-machine/claude"
        printf '#!/bin/sh\\nexit 127\\n' > "$folder/@anthropic-ai/claude-code-other-libc/claude"
        chmod +x "$folder/@anthropic-ai/claude-code-other-libc/claude" ;;
    *) mkdir -p "$folder/.bin"; program="$folder/.bin/codex" ;;
esac
printf '#!/bin/sh\\necho 1.0\\n' > "$program"
[ -n "${NPM_LEAVES_NO_PROGRAM:-}" ] || chmod +x "$program"
"""


@dataclass(frozen=True, slots=True)
class Machine:
    root: Path

    @property
    def npm_calls(self) -> list[str]:
        log = self.root / "npm.log"
        return log.read_text().splitlines() if log.exists() else []

    def clients(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {
            "PATH": f"{self.root / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.root),
            "NPM_LOG": str(self.root / "npm.log"),
            "MITMROUTER_CLIENTS_DIR": str(self.root / "clients"),
        }
        return subprocess.run(
            [REPOSITORY / "scripts" / "clients", *arguments],
            env={**own, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "bin").mkdir()
    write_program(tmp_path / "bin" / "npm", FAKE_NPM)
    write_program(tmp_path / "bin" / "node", "#!/bin/sh\n")
    return Machine(tmp_path)


def test_installs_both_pinned_without_install_scripts_and_prints_where(machine: Machine) -> None:
    done = machine.clients()
    paths = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert list(paths) == ["claude", "codex"], done.stderr
    assert all(os.access(path, os.X_OK) for path in paths.values())
    assert "this-machine" in paths["claude"]
    assert [call.split()[-1] for call in machine.npm_calls] == [
        "@anthropic-ai/claude-code@2.1.329",
        "@openai/codex@0.169.0",
    ]
    assert all("--ignore-scripts" in call for call in machine.npm_calls)


def test_second_time_downloads_nothing(machine: Machine) -> None:
    first = machine.clients()
    calls = machine.npm_calls
    assert machine.clients().stdout == first.stdout
    assert machine.npm_calls == calls


def test_only_the_named_client(machine: Machine) -> None:
    assert machine.clients("codex").stdout.startswith("codex=")
    assert len(machine.npm_calls) == 1


def test_damaged_installation_is_repaired(machine: Machine) -> None:
    program = Path(machine.clients("codex").stdout.strip().split("=", 1)[1])
    program.write_text("")
    program.chmod(0o644)
    assert machine.clients("codex").returncode == 0
    assert os.access(program, os.X_OK)


def test_failed_download_is_loud_and_leaves_nothing(machine: Machine) -> None:
    done = machine.clients("claude", NPM_FAILS="1")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "npm could not install @anthropic-ai/claude-code@2.1.329" in done.stderr.splitlines()[-1]
    assert list((machine.root / "clients").iterdir()) == []


def test_package_without_a_program_for_this_platform_is_an_error(machine: Machine) -> None:
    done = machine.clients("claude", NPM_LEAVES_NO_PROGRAM="1")
    assert done.returncode == 1
    assert "no program that runs on this platform" in done.stderr


def test_missing_npm_says_what_to_install(machine: Machine, tmp_path: Path) -> None:
    basics = tmp_path / "basics"
    basics.mkdir()
    for name in ("bash", "env"):
        found = next(path for path in (Path("/bin") / name, Path("/usr/bin") / name) if path.exists())
        (basics / name).symlink_to(found)
    done = machine.clients(PATH=str(basics))
    assert done.returncode == 1
    assert "npm not found: install Node.js" in done.stderr


def test_installed_asks_without_installing(machine: Machine) -> None:
    assert machine.clients("--installed").returncode == 1
    assert machine.npm_calls == []
    machine.clients("codex")
    assert machine.clients("--installed", "codex").returncode == 0
    assert machine.clients("--installed", "claude").returncode == 1


def test_unknown_client_is_a_usage_error(machine: Machine) -> None:
    assert machine.clients("emacs").returncode == 2
