"""The command tree: quick to start, one clear line for what goes wrong, nothing that is not there yet."""

import subprocess
import sys

import click
import pytest

from router_core import __version__
from router_core.cli.main import main
from tests.router_core.cli.conftest import ROOT, Cli
from tests.support.router import free_port

HEAVY = ("mitmproxy", "textual", "httpx", "pydantic", "tornado", "router_core.quota.forecast")


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    context = click.Context(group)
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found += commands(command, (*path, name)) if isinstance(command, click.Group) else [(*path, name)]
    return found


@pytest.mark.parametrize("command", [("--version",), ("token", "list"), ("stop",)])
def test_what_is_asked_often_imports_nothing_heavy(cli: Cli, command: tuple[str, ...]) -> None:
    cli.home.ensure().config.write_text(f"[server]\nport = {free_port()}\n")  # `stop` looks who is there
    heavy = [module for module in HEAVY if not (command == ("stop",) and module == "pydantic")]
    code = (
        "import sys; from router_core.cli.main import main\n"
        f"main({['--home', str(cli.home.path), *command]!r}, standalone_mode=False)\n"
        f"print('heavy:', [name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=cli.environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith("heavy: []\n"), done.stdout + done.stderr


def test_version(cli: Cli) -> None:
    assert cli("--version").output == f"mitmrouter {__version__}\n"


@pytest.mark.parametrize("path", commands(main), ids=" ".join)
def test_every_command_has_a_help_of_its_own(cli: Cli, path: tuple[str, ...]) -> None:
    if path in (("code",), ("codex",)):
        pytest.skip("passes --help on to the client")
    done = cli(*path, "--help")
    assert done.exit_code == 0
    assert len(done.output.splitlines()) > 4


def test_what_is_no_command_is_said_to_be_none(cli: Cli) -> None:
    done = cli("nonsense")
    assert done.exit_code == 2
    assert "No such command 'nonsense'" in done.output


@pytest.mark.parametrize(
    "arguments",
    [("tokn",), ("token", "lst"), ("token", "add"), ("start", "--port", "70000"), ("trace", "list", "--limit", "0")],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli(*arguments).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("start",),
        ("restart",),
        ("demo",),
        ("up", "--yes"),
        ("up", "--simulate", "--yes"),
        ("apply", "--client", "claude", "--yes"),
        ("activate",),
        ("token", "add", "a", "--provider", "claude", "--access-token", "sk-ant-x"),
        ("token", "remove", "a"),
        ("token", "test"),
    ],
    ids=" ".join,
)
def test_home_that_cannot_be_used_is_one_line_that_says_what_to_do(cli: Cli, arguments: tuple[str, ...]) -> None:
    cli.home.path.write_text("a file where the folder should be")
    done = cli(*arguments)
    assert done.exit_code == 1
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("Note:")]
    assert line.startswith(f"Error: The home folder {cli.home.path} cannot be used")
    assert "--home or MITMROUTER_HOME" in line


@pytest.mark.parametrize(
    "arguments", [("start",), ("demo",), ("restart",), ("up", "--yes"), ("config", "check"), ("config", "show")]
)
def test_wrong_configuration_is_one_line_with_file_and_key(cli: Cli, arguments: tuple[str, ...]) -> None:
    cli.home.ensure().config.write_text("[server]\nprot = 1\n")
    done = cli(*arguments)
    assert done.exit_code == 1
    assert done.stderr == f"Error: {cli.home.config}:2: unknown key 'server.prot'. Did you mean 'port'?\n"


def test_damaged_database_is_one_line(cli: Cli) -> None:
    cli.home.ensure().tokens_db.write_bytes(b"this is no database" * 100)
    done = cli("token", "list")
    assert done.exit_code == 1
    assert "move it away and a new one is made" in done.stderr
    assert "Traceback" not in done.output


def test_closed_pipe_ends_quietly(cli: Cli) -> None:
    cli.home.ensure()
    with cli.start("config", "show") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
