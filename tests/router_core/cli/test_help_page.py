"""Every command's page says what it does, what each option means, how it is typed and how it ends."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from router_core.cli.examples import EXAMPLES, STATUS
from router_core.cli.help_page import SECTIONS
from router_core.cli.main import COMMANDS, main

PASSED_ON = ("code", "codex")


def walk(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from walk(command, f"{path}{name} ")
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield f"{path}{name}", command


ALL = dict(walk(main))


@pytest.mark.parametrize("path", ALL)
def test_a_page_is_complete(path: str) -> None:
    command = ALL[path]
    assert command.help, "what it does"
    first = command.help.strip().split("\n\n")[0]
    assert first[:1].isupper()
    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help, f"what {param.opts[0]} means"
    examples = EXAMPLES.get(path)
    assert examples, "how it is typed: add it to router_core/cli/examples.py"
    assert command.epilog
    assert all(line in command.epilog for line in examples)
    assert "Exit status:" in command.epilog


@pytest.mark.parametrize(("path", "line"), [(path, line) for path, lines in EXAMPLES.items() for line in lines])
def test_an_example_can_be_typed(path: str, line: str) -> None:
    typed = re.search(r"\$\(mitmrouter ([^)]+)\)", line) or re.fullmatch(r"mitmrouter ([^|<>#]+).*", line)
    assert typed, line
    words = shlex.split(typed[1])
    known = next((name for name in (" ".join(words[:2]), words[0]) if name in ALL), "")
    assert known, f"there is no command in {line!r}"
    assert known == path or "#" in line or path in ("model",), "an example is of its own command, or says what it is"
    arguments = words[len(known.split()) :]
    if known not in PASSED_ON:
        with ALL[known].make_context(known, arguments) as context:
            assert context.args == []


def test_no_example_and_no_status_is_of_a_command_that_is_not_there() -> None:
    assert set(EXAMPLES) | set(STATUS) <= set(ALL)


def test_every_command_has_its_place_on_the_first_page() -> None:
    placed = [name for names in SECTIONS.values() for name in names]
    assert len(placed) == len(set(placed))
    assert set(COMMANDS) <= set(placed), "put it into SECTIONS of router_core/cli/help_page.py"
    page = CliRunner().invoke(main, ["--help"]).output
    assert all(re.search(rf"^  {name} +[A-Z]", page, flags=re.M) for name in COMMANDS)
    assert "..." not in page.partition("Options:")[2], "whole sentences"


def test_a_page_is_coloured_on_a_terminal_only_and_not_against_ones_will(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    plain = CliRunner().invoke(main, ["token", "list", "--help"]).output
    coloured = CliRunner().invoke(main, ["token", "list", "--help"], color=True).output
    assert "\x1b[" not in plain
    assert "\x1b[1mExamples:\x1b[0m" in coloured
    assert click.unstyle(coloured) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert CliRunner().invoke(main, ["token", "list", "--help"], color=True).output == plain
