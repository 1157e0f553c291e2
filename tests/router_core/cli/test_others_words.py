"""Words of other programs: each leads to a command that there is, and none hides one of ours."""

import shlex

import pytest

from router_core import __version__
from router_core.cli.main import COMMANDS, main
from router_core.cli.others_words import INSTEAD, OTHERS, in_our_words
from tests.router_core.cli.conftest import Cli
from tests.router_core.cli.test_main import commands

OURS = {" ".join(path) for path in commands(main)}


@pytest.mark.parametrize("theirs", [*OTHERS, *INSTEAD])
def test_no_word_of_others_hides_a_command_of_ours(theirs: str) -> None:
    assert theirs not in OURS
    assert theirs not in COMMANDS
    assert theirs.partition(" ")[0] in COMMANDS or " " not in theirs


@pytest.mark.parametrize(("theirs", "ours"), OTHERS.items(), ids=OTHERS)
def test_a_word_of_others_shows_the_help_of_what_it_is_here(cli: Cli, theirs: str, ours: str) -> None:
    known = next(name for name in (" ".join(ours.split()[:2]), ours.split()[0]) if name in OURS | set(COMMANDS))
    if known in ("code", "run"):
        assert in_our_words([*theirs.split(), "-p", "hi"]) == (theirs, ours, [*ours.split(), "-p", "hi"])
        return
    done = cli(*shlex.split(theirs), "--help")
    assert done.exit_code == 0
    assert done.stdout == cli(*known.split(), "--help").stdout
    assert f"Note: {theirs!r} is called {ours!r} here." in done.stderr


def test_what_is_typed_behind_such_a_word_is_taken_over(cli: Cli) -> None:
    done = cli("add", "mine", "--provider", "openai", "--access-token", "sk-made-up-0123456789abcdef")
    assert done.exit_code == 0, done.output
    assert "sk-made-up" not in done.stderr
    listed = cli("accounts", "--json")
    assert '"mine"' in listed.stdout
    assert listed.stdout.startswith("[")


@pytest.mark.parametrize("typed", ["logs", "config edit", "token rename a b"])
def test_what_no_command_does_is_told_what_does(cli: Cli, typed: str) -> None:
    done = cli(*typed.split())
    assert done.exit_code == 2
    assert "Instead: " in done.stderr
    assert "{" not in done.stderr


def test_a_near_miss_is_asked_about_and_nothing_is_run(cli: Cli) -> None:
    done = cli("statu")
    assert done.exit_code == 2
    assert "No such command 'statu'. Did you mean 'status'?" in done.stderr


def test_help_and_version_are_understood_as_words(cli: Cli) -> None:
    assert cli("version").stdout == f"mitmrouter {__version__}\n"
    assert cli("help").stdout == cli("--help").stdout
    assert cli("help", "token", "add").stdout == cli("token", "add", "--help").stdout


def test_a_token_is_added_as_others_add_it_and_listed_by_provider(cli: Cli) -> None:
    added = cli("token", "add", "-n", "mine", "-p", "anthropic", "-a", "sk-ant-api03-made-up-0123456789")
    assert added.exit_code == 0, added.output
    assert cli("token", "add", "other", "-p", "openai", "-a", "sk-made-up-0123456789abcdef").exit_code == 0
    listed = cli("token", "list", "--provider", "anthropic").stdout
    assert "mine" in listed
    assert "other" not in listed
    assert cli("token", "list", "-p", "nobody").exit_code == 1


@pytest.mark.parametrize("names", [(), ("a", "--name", "b")], ids=["none", "two"])
def test_a_token_has_one_name(cli: Cli, names: tuple[str, ...]) -> None:
    done = cli("token", "add", *names, "--provider", "claude", "--access-token", "sk-ant-api03-made-up-0123456789")
    assert done.exit_code == 2
    assert "Say once what to call it" in done.stderr
