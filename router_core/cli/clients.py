"""`code` and `codex`: run the real client with the router in its way. The user's own configuration stays untouched.

Claude Code is told by environment, Codex by `-c` overrides (it ignores `OPENAI_BASE_URL`). Nothing else about the
clients is changed, switched off or added.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import click

from router_core.applying.around_proxy import around_proxy
from router_core.applying.one_run import CODEX_TOKEN_VARIABLE, claude_environment, codex_options
from router_core.cli.become import become
from router_core.cli.running_url import running_url
from router_core.cli.window_hints import claude_hints, codex_hints
from router_core.home import Home
from router_core.text import printable

PASS_EVERYTHING_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []}


@click.command(context_settings=PASS_EVERYTHING_ON)
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def code(home: Home, args: tuple[str, ...]) -> None:
    """Run Claude Code through the router; all arguments are its own.

    $MITMROUTER_CLAUDE names another program than the `claude` on PATH.
    """
    program = find_program("claude", "MITMROUTER_CLAUDE", "Claude Code")
    url = running_url(home)
    environment = claude_environment(os.environ, url, home.gateway_token())
    environment |= claude_hints(home, os.environ, args) | around_proxy(os.environ)
    command = [program, *claude_options(home, url, args), *args]
    become_client("Claude Code", "MITMROUTER_CLAUDE", command, environment)


@click.command(context_settings=PASS_EVERYTHING_ON)
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def codex(home: Home, args: tuple[str, ...]) -> None:
    """Run Codex through the router; all arguments are its own.

    $MITMROUTER_CODEX names another program than the `codex` on PATH.
    """
    program = find_program("codex", "MITMROUTER_CODEX", "Codex")
    url = running_url(home)
    environment = {**os.environ, CODEX_TOKEN_VARIABLE: home.gateway_token(), **around_proxy(os.environ)}
    options = codex_options(os.environ, url, home.gateway_token_file)
    command = [program, *options, *codex_hints(home, os.environ, args), *args]
    become_client("Codex", "MITMROUTER_CODEX", command, environment)


def claude_options(home: Home, url: str, args: Sequence[str]) -> list[str]:
    """`--settings` for this run, where settings that are there lead somewhere else; never beside somebody's own."""
    from router_core.applying.claude_code import for_one_run
    from router_core.applying.settings import Person

    if any(arg == "--settings" or arg.startswith("--settings=") for arg in args):
        return []
    settings = for_one_run(Person(Path.home(), os.environ, Path.cwd()), url, home.gateway_token_file)
    return ["--settings", settings] if settings else []


def become_client(title: str, variable: str, command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """A program may be there and not run: an npm that may run no install scripts leaves half a Claude Code.

    Raises:
        click.ClickException: it cannot be run; says what to do.
    """
    try:
        become(command, environment)
    except OSError as error:
        raise click.ClickException(
            f"{printable(command[0])} cannot be run ({error.strerror}). Install {title} again, "
            f"or set {variable} to the path of its program."
        ) from error


def find_program(name: str, variable: str, title: str) -> str:
    """The client's program.

    Raises:
        click.ClickException: it is not there; says what to do.
    """
    wanted = os.environ.get(variable) or name
    found = shutil.which(wanted)
    if found is None:
        where = f"${variable} names" if os.environ.get(variable) else "PATH has"
        raise click.ClickException(
            f"{where} no program {printable(wanted)!r}. Install {title}, or set {variable} to the path of its program."
        )
    return os.path.abspath(found)
