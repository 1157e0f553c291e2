"""Commands ask a person only where there is one: with a terminal, outside CI, and when nobody said otherwise."""

import ast
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from router_core.cli import asking
from router_core.cli.asking import may_ask, told_not_to_ask
from router_core.clock import SystemClock
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
from tests.router_core.cli.conftest import ROOT, Cli
from tests.support.terminal import terminal

ASKING = Path(asking.__file__)


def questions(file: Path) -> Iterator[str]:
    """Whatever in a source file could wait for a person to type."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in ("click.prompt", "click.confirm", "click.pause", "click.getchar", "getpass.getpass", "input"):
                yield f"{file}:{node.lineno}: {called}"
            if called.endswith("option"):
                asked = [key.arg for key in node.keywords if key.arg in ("prompt", "confirmation_prompt")]
                yield from (f"{file}:{node.lineno}: {name}=" for name in asked)
        if isinstance(node, ast.ImportFrom) and node.module in ("click", "getpass"):
            names = {name.name for name in node.names}
            yield from (f"{file}:{node.lineno}: {name}" for name in names & {"prompt", "confirm", "getpass"})


def test_nothing_asks_a_person_but_the_one_place_that_looks_whether_there_is_one() -> None:
    files = [file for folder in ("router_core", "addons", "tui") for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 300
    assert [found for file in files if file != ASKING for found in questions(file)] == []
    assert len(list(questions(ASKING))) == 2, "the search finds what it is to find"


@pytest.mark.parametrize(
    ("environ", "switch"),
    [
        ({}, ""),
        ({"NON_INTERACTIVE": "1"}, "NON_INTERACTIVE"),
        ({"NON_INTERACTIVE_MODE": "true"}, "NON_INTERACTIVE_MODE"),
        ({"CI": "true"}, "CI"),
        ({"CI": "woodpecker"}, "CI"),
        ({"CI": "false", "NON_INTERACTIVE": "0"}, ""),
        ({"CI": "", "NON_INTERACTIVE": " No "}, ""),
    ],
)
def test_variables_say_that_nobody_is_there(environ: dict[str, str], switch: str) -> None:
    assert told_not_to_ask(environ) == switch


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    assert not may_ask()
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert may_ask()
    monkeypatch.setitem(os.environ, "CI", "1")
    assert not may_ask()


def test_what_to_do_instead_is_said() -> None:
    with pytest.raises(click.UsageError, match=r"there is no terminal.*Pipe it in"):
        asking.ask("Key", "Pipe it in.", hidden=True)
    with pytest.raises(click.UsageError, match="--yes"):
        asking.confirm("Sure?")


WAITING = {
    "token remove": ("token", "remove", "mine"),
    "auth logout": ("auth", "logout", "mine"),
    "token export": ("token", "export", "--output", "out.json"),
    "token export --plain": ("token", "export", "--output", "out.json", "--plain"),
    "backup create": ("backup", "create", "out.json"),
    "auth login": ("auth", "login", "claude"),
}


@pytest.mark.parametrize("name", WAITING)
def test_in_ci_what_would_have_been_asked_is_an_error_that_says_so(
    cli: Cli, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_tokens(cli.home.ensure(), SystemClock())
    store.add(Token("", "mine", "claude", "sk-ant-oat01-mine", refresh_token="r", login="claude"))
    store.database.conn.close()
    monkeypatch.chdir(cli.home.path)
    cli.env = {"CI": "true"}
    done = cli(*WAITING[name], input="y\n")
    assert done.exit_code in (1, 2), done.output
    assert re.search(r"CI (is set|says that nobody is there)", done.output), done.output
    assert not (cli.home.path / "out.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["NON_INTERACTIVE", "NON_INTERACTIVE_MODE", "CI"])
def test_a_real_terminal_is_not_waited_at_when_the_variable_is_set(cli: Cli, variable: str) -> None:
    cli("token", "add", "mine", "--provider", "claude", "--access-token-stdin", input="sk-ant-api03-0123456789abcdef")
    with terminal(cli, "token", "remove", "mine", **{variable: "1"}) as shown:
        assert shown.end() == 2
    assert f"{variable} is set" in shown.shown
    assert "--yes" in shown.shown
    with terminal(cli, "token", "add", "b", "--provider", "openai", "--access-token-stdin", **{variable: "1"}) as shown:
        assert shown.end() == 2
    assert "Pipe the access token in" in shown.shown
    with terminal(cli, "token", "remove", "mine") as shown:
        shown.until("Remove mine")
        shown.type("n\n")
        assert shown.end() == 1
