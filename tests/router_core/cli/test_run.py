"""`run -- CMD`: the variables of every SDK, and nothing between the command and whoever started it."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.cli.run import gemini_settings, sdk_environment
from tests.router_core.cli.conftest import Cli
from tests.router_core.cli.test_clients import FAKE
from tests.support.router import Router, running_router

TELL = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)])); sys.exit(5)"


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    from router_core.home import Home

    with running_router(Home(tmp_path_factory.mktemp("run") / "home").ensure(), {}) as router:
        yield router


@pytest.fixture
def running(cli: Cli, router: Router) -> Cli:
    return Cli(router.home)


def test_the_command_has_every_address_and_the_token(running: Cli, router: Router) -> None:
    done = running.process(
        "run",
        "--",
        sys.executable,
        "-c",
        TELL,
        "--help",
        ANTHROPIC_API_KEY="sk-ant-mine",
        GOOGLE_API_KEY="mine",
        ANTHROPIC_AUTH_TOKEN="mine",
    )
    assert done.returncode == 5, done.stderr
    arguments, environment = json.loads(done.stdout)
    assert arguments == ["--help"]
    token = router.home.gateway_token()
    assert {name: environment[name] for name in environment if name.endswith(("_BASE_URL", "_API_BASE"))} == {
        "ANTHROPIC_BASE_URL": router.url,
        "OPENAI_BASE_URL": f"{router.url}/v1",
        "OPENAI_API_BASE": f"{router.url}/v1",
        "GOOGLE_GEMINI_BASE_URL": router.url,
    }
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"):
        assert environment[name] == token
    assert not {"GOOGLE_API_KEY", "ANTHROPIC_AUTH_TOKEN"} & set(environment)


def test_a_proxy_is_gone_around() -> None:
    environment = sdk_environment({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "corp"}, "http://127.0.0.1:1", "t")
    assert environment["NO_PROXY"] == "corp,127.0.0.1,localhost,::1"


def test_a_signal_is_the_commands_own(running: Cli) -> None:
    wait = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(9)); print('up'); time.sleep(30)"
    )
    with running.start("run", sys.executable, "-u", "-c", wait) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=10) == 9


def test_what_cannot_be_run_ends_as_in_a_shell(running: Cli, tmp_path: Path) -> None:
    missing = running.process("run", "no-such-program")
    assert missing.returncode == 127
    assert missing.stderr == "Error: PATH has no program 'no-such-program'.\n"
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x00\x01")
    broken.chmod(0o755)
    assert running.process("run", str(broken)).returncode == 126
    broken.chmod(0o644)
    text = running.process("run", str(broken))
    assert (text.returncode, text.stderr) == (126, f"Error: {broken} may not be run: it is no program.\n")
    nowhere = running.process("run", str(tmp_path / "nowhere"))
    assert (nowhere.returncode, "There is no program" in nowhere.stderr) == (127, True)


@pytest.mark.parametrize(("name", "sign"), [("claude", "ANTHROPIC_AUTH_TOKEN"), ("codex", "MITMROUTER_GATEWAY_TOKEN")])
def test_the_two_clients_are_started_in_their_own_way(running: Cli, tmp_path: Path, name: str, sign: str) -> None:
    program = tmp_path / name
    program.write_text(FAKE)
    program.chmod(0o755)
    done = running.process("run", "--", str(program), "-p", "hi")
    assert done.returncode == 7, done.stderr
    told = json.loads(done.stdout)
    assert told["arguments"][-2:] == ["-p", "hi"]
    assert ("-c" in told["arguments"]) == (name == "codex")
    assert told["environment"][sign] == running.home.gateway_token()
    assert "ANTHROPIC_API_KEY" not in told["environment"]


def test_gemini_cli_takes_the_key_of_the_environment(
    router: Router, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router_core.cli.run.GEMINI_USUAL", ())
    told = gemini_settings(router.home, {})
    (path,) = told.values()
    assert json.loads(Path(path).read_text()) == {"security": {"auth": {"selectedType": "gemini-api-key"}}}
    assert gemini_settings(router.home, dict.fromkeys(told, "/of/my/company")) == {}
    monkeypatch.setattr("router_core.cli.run.GEMINI_USUAL", (str(tmp_path),))
    assert gemini_settings(router.home, {}) == {}


def test_without_a_router_nothing_is_run(cli: Cli) -> None:
    done = cli.process("run", sys.executable, "-c", "print('ran')")
    assert (done.returncode, done.stdout) == (1, "")
    assert "The router is not running. Start it" in done.stderr
