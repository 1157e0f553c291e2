"""`activate` and `deactivate` in each real shell that is installed; what PowerShell gets is compared word by word."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.cli.activate import activation, deactivation
from router_core.cli.shells import SHELLS, fish_quoted, powershell_quoted
from router_core.home import Home
from tests.router_core.cli.conftest import Cli
from tests.support.clients import shell_program
from tests.support.router import Router, running_router

ODD = ["/home/a b/it's", "/home/$(rm -rf x)", '/home/"q"', "/home/back\\slash\\'", "/home/`x`;&|"]
REAL = ("sh", "bash", "zsh", "fish")
USES = {"sh": 'eval "$({0})"', "bash": 'eval "$({0})"', "zsh": 'eval "$({0})"', "fish": "{0} | source"}


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    with running_router(Home(tmp_path_factory.mktemp("activate") / "it's a home").ensure(), {}) as router:
        yield router


def variables(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


@pytest.mark.parametrize("shell", REAL)
def test_a_shell_is_led_to_the_router_and_back(router: Router, cli: Cli, tmp_path: Path, shell: str) -> None:
    program = shell_program(shell)
    own = tmp_path / "own"
    own.write_text(f'#!/bin/sh\nexec {" ".join(cli_words(router))} "$@"\n')
    own.chmod(0o755)
    there, back = (USES[shell].format(f"{own} {name} --shell {shell}") for name in ("activate", "deactivate"))
    script = "\n".join([there, "env", "echo ----", there, back, "env"])
    mine = {"ANTHROPIC_API_KEY": "sk-ant-my own '$x", "OPENAI_BASE_URL": "http://mine"}
    done = subprocess.run(
        [program, "-c", script], env={**cli.environment, **mine, "HOME": str(tmp_path)}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stderr == ""
    during, after = (variables(part) for part in done.stdout.split("----"))
    token = router.home.gateway_token()
    assert during["ANTHROPIC_BASE_URL"] == during["GOOGLE_GEMINI_BASE_URL"] == router.url
    assert during["OPENAI_BASE_URL"] == f"{router.url}/v1"
    assert during["ANTHROPIC_AUTH_TOKEN"] == during["OPENAI_API_KEY"] == during["GEMINI_API_KEY"] == token
    assert "ANTHROPIC_API_KEY" not in during
    assert {name: after[name] for name in mine} == mine
    assert [name for name in after if name.startswith(("MITMROUTER_A", "MITMROUTER_W", "GEMINI", "GOOGLE"))] == []
    assert token not in done.stdout.partition("----")[2]


def cli_words(router: Router) -> list[str]:
    import shlex

    from tests.router_core.cli.conftest import CLI

    return [shlex.quote(word) for word in (*CLI, "--home", str(router.home.path))]


def test_the_secret_itself_is_not_printed(router: Router) -> None:
    cli = Cli(router.home)
    for shell in SHELLS:
        printed = cli("activate", "--shell", shell)
        assert (printed.exit_code, printed.stderr) == (0, "")
        assert router.home.gateway_token() not in printed.stdout


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("shell", REAL)
def test_nothing_in_a_value_can_act(shell: str, text: str, tmp_path: Path) -> None:
    lines = [SHELLS[shell].set("ONE", text), SHELLS[shell].copy("TWO", "ONE"), SHELLS[shell].unset("ONE")]
    script = "\n".join([*lines, "env"])
    done = subprocess.run(
        [shell_program(shell), "-c", script], env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = variables(done.stdout)
    assert told["TWO"] == text
    assert "ONE" not in told


def test_powershell_is_told_in_its_own_words() -> None:
    lines = activation(
        SHELLS["powershell"], {"ANTHROPIC_BASE_URL": "http://127.0.0.1:8100"}, Path("/home/it's/gateway.token"),
        {"OPENAI_API_KEY": "mine"},
    )  # fmt: skip
    assert lines == [
        "$env:MITMROUTER_WAS_OPENAI_API_KEY = $env:OPENAI_API_KEY",
        "$env:ANTHROPIC_BASE_URL = 'http://127.0.0.1:8100'",
        "$env:ANTHROPIC_AUTH_TOKEN = (Get-Content -Raw -LiteralPath '/home/it''s/gateway.token').Trim()",
        "$env:OPENAI_API_KEY = (Get-Content -Raw -LiteralPath '/home/it''s/gateway.token').Trim()",
        "$env:GEMINI_API_KEY = (Get-Content -Raw -LiteralPath '/home/it''s/gateway.token').Trim()",
        "Remove-Item -LiteralPath Env:ANTHROPIC_API_KEY -ErrorAction SilentlyContinue",
        "Remove-Item -LiteralPath Env:GOOGLE_API_KEY -ErrorAction SilentlyContinue",
        "Remove-Item -LiteralPath Env:GOOGLE_GENAI_USE_VERTEXAI -ErrorAction SilentlyContinue",
        "$env:MITMROUTER_ACTIVE = 'ANTHROPIC_BASE_URL ANTHROPIC_AUTH_TOKEN OPENAI_API_KEY GEMINI_API_KEY "
        "ANTHROPIC_API_KEY GOOGLE_API_KEY GOOGLE_GENAI_USE_VERTEXAI'",
    ]
    environ = {"MITMROUTER_ACTIVE": "OPENAI_API_KEY X", "MITMROUTER_WAS_OPENAI_API_KEY": "mine", "X": "1"}
    assert deactivation(SHELLS["powershell"], environ) == [
        "$env:OPENAI_API_KEY = $env:MITMROUTER_WAS_OPENAI_API_KEY",
        "Remove-Item -LiteralPath Env:MITMROUTER_WAS_OPENAI_API_KEY -ErrorAction SilentlyContinue",
        "Remove-Item -LiteralPath Env:X -ErrorAction SilentlyContinue",
        "Remove-Item -LiteralPath Env:MITMROUTER_ACTIVE -ErrorAction SilentlyContinue",
    ]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [("it's", "'it''s'"), ("it\u2019s $x `n", "'it\u2019\u2019s $x `n'"), ('"', "'\"'"), ("", "''")],
)
def test_every_shape_of_a_quote_is_doubled_for_powershell(text: str, quoted: str) -> None:
    assert powershell_quoted(text) == quoted


def test_fish_knows_two_escapes_in_single_quotes() -> None:
    assert fish_quoted("a'b\\c$d") == "'a\\'b\\\\c$d'"


def test_settings_that_win_over_the_variables_are_named(
    router: Router, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert Cli(router.home)("activate").stderr == ""
    (tmp_path / "settings.json").write_text('{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}}')
    assert "apply --client claude" in Cli(router.home)("activate").stderr


def test_nothing_is_taken_back_where_nothing_is_active(cli: Cli) -> None:
    done = cli("deactivate")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "Nothing is active in this shell.\n"
    assert deactivation(SHELLS["fish"], {"MITMROUTER_ACTIVE": "$(rm) X"}) == ["set -e MITMROUTER_ACTIVE"]


def test_activating_twice_keeps_what_was_there_first() -> None:
    environ = {"MITMROUTER_ACTIVE": "OPENAI_API_KEY", "OPENAI_API_KEY": "ours", "MITMROUTER_WAS_OPENAI_API_KEY": "mine"}
    assert not any("WAS" in line for line in activation(SHELLS["sh"], {}, Path("/t"), environ))


def test_this_machine_is_left_out_of_the_shells_proxy(cli: Cli) -> None:
    assert "NO_PROXY" not in cli("activate").stdout
    cli.env = {"HTTP_PROXY": "http://proxy.example:3128"}
    assert "export NO_PROXY=127.0.0.1,localhost,::1\n" in cli("activate").stdout
    assert "set -gx no_proxy '127.0.0.1,localhost,::1'" in cli("activate", "--shell", "fish").stdout
