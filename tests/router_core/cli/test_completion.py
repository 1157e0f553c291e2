"""Completion in real shells: commands, options, and the names that this home folder knows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from router_core.cli.completion import COMPLETED
from router_core.clock import SystemClock
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
from tests.router_core.cli.conftest import CLI, Cli
from tests.router_core.cli.test_help_page import ALL
from tests.support.clients import shell_program

HEAVY = ("mitmproxy", "textual", "httpx")


def completed(cli: Cli, *words: str, typed: str = "") -> list[str]:
    """What bash would be offered behind these words."""
    line = ["mitmrouter", "--home", str(cli.home.path), *words, typed]
    environ = {
        **cli.environment,
        "_MITMROUTER_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(line),
        "COMP_CWORD": str(len(line) - 1),
    }
    code = (
        "import sys; sys.argv = ['mitmrouter']\n"
        "from router_core.cli.main import main\n"
        "try: main(prog_name='mitmrouter')\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert done.stderr == "[]\n", "nothing heavy is imported while somebody types"
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


@pytest.fixture
def known(cli: Cli) -> Cli:
    store = open_tokens(cli.home.ensure(), SystemClock())
    for name in ("work", "workshop", "private"):
        store.add(Token("", name, "claude", f"sk-ant-{name}"))
    models = {"codex": [1.0, [{"id": "gpt-5.5"}, {"id": "gpt-6"}]], "claude": [1.0, [{"id": "claude-haiku-4-5"}]]}
    cli.home.models_file.write_text(json.dumps({"version": 1, "providers": models}))
    cli.home.presets.mkdir()
    (cli.home.presets / "cheap.toml").touch()
    return cli


@pytest.mark.parametrize(
    ("words", "typed", "offered"),
    [
        ((), "un", ["undo", "uninstall-service"]),
        (("token", "show"), "wo", ["work", "workshop"]),
        (("token", "test"), "", ["work", "workshop", "private"]),
        (("model", "lock"), "codex/", ["codex/gpt-5.5", "codex/gpt-6"]),
        (("model", "set"), "claude", ["claude/claude-haiku-4-5"]),
        (("preset", "use"), "c", ["cheap"]),
        (("apply", "--client"), "", ["claude", "codex", "gemini"]),
        (("start",), "--f", ["--foreground"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_names_are_offered(known: Cli, words: tuple[str, ...], typed: str, offered: list[str]) -> None:
    assert sorted(completed(known, *words, typed=typed)) == sorted(offered)


def test_a_home_folder_with_nothing_in_it_offers_nothing_and_stays_empty(cli: Cli) -> None:
    cli.home.path.mkdir()
    assert completed(cli, "token", "show") == []
    assert completed(cli, "model", "lock") == []
    assert list(cli.home.path.iterdir()) == []


def test_every_completed_parameter_exists() -> None:
    for path, names in COMPLETED.items():
        assert set(names) <= {param.name for param in ALL[path].params}, path


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_can_read(cli: Cli, shell: str, tmp_path: Path) -> None:
    program = shell_program(shell)
    done = cli("completion", shell)
    assert done.exit_code == 0
    script = tmp_path / "script"
    script.write_text(done.stdout)
    subprocess.run([program, "-n", str(script)], check=True, capture_output=True)
    assert "_MITMROUTER_COMPLETE" in done.stdout


def test_bash_really_completes(known: Cli, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    words = " ".join(f"'{word}'" for word in CLI[:-2])
    start = "from router_core.cli.main import main; main(prog_name='mitmrouter')"
    (programs / "mitmrouter").write_text(f'#!/bin/sh\nexec {words} -c "{start}" "$@"\n')
    (programs / "mitmrouter").chmod(0o755)
    script = known("completion", "bash").stdout
    ask = f"""{script}
COMP_WORDS=(mitmrouter --home {known.home.path} token show priv); COMP_CWORD=5
_mitmrouter_completion mitmrouter; echo "${{COMPREPLY[@]}}" """
    done = subprocess.run(
        ["bash", "-c", ask], env={**known.environment, "PATH": f"{programs}:{os.environ['PATH']}"}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "private", done.stderr
