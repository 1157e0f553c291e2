"""`activate`: what a shell needs to know so that clients started in it go through the router.

Secrets are not printed: the lines tell the shell to read the gateway token from its file. Which variables, and why, is
said in applying/one_run.py.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import click

from router_core.applying.around_proxy import around_proxy
from router_core.applying.one_run import UNSET, base_urls
from router_core.cli.printing import note, own_command
from router_core.cli.shells import SHELLS, Shell
from router_core.cli.window_hints import claude_hints
from router_core.home import Home
from router_core.reach import reach

SECRETS = ("ANTHROPIC_AUTH_TOKEN", "OPENAI_API_KEY", "GEMINI_API_KEY")
ACTIVE, WAS = "MITMROUTER_ACTIVE", "MITMROUTER_WAS_"
"""The names that were set, and where a value that was there before is kept meanwhile."""

shell_option = click.option(
    "--shell",
    type=click.Choice(list(SHELLS)),
    default="sh",
    show_default=True,
    help="Whose language to print.",
)


@click.command()
@shell_option
@click.pass_obj
def activate(home: Home, shell: str) -> None:
    """Print the exports that lead clients to the router: eval "$(mitmrouter activate)"

    It holds for this shell and what it starts; `deactivate` takes it back.
    """
    from router_core.applying.claude_code import for_one_run
    from router_core.applying.settings import Person

    home.ensure().gateway_token()  # so that the file is there to be read
    found = reach(home)
    plain = {**base_urls(found.url), **claude_hints(home, os.environ), **around_proxy(os.environ)}
    click.echo("\n".join(activation(SHELLS[shell], plain, home.gateway_token_file, os.environ)))
    if for_one_run(Person(Path.home(), os.environ, Path.cwd()), found.url, home.gateway_token_file):
        note(
            "Note: settings of Claude Code lead it somewhere else, and win over these variables. Start it with "
            f"{own_command(home)} code, or change them: {own_command(home)} apply --client claude"
        )
    if not found.up:
        note(f"Note: the router is not running yet. Start it: {own_command(home)} start")


@click.command()
@shell_option
def deactivate(shell: str) -> None:
    """Print what takes `activate` back: eval "$(mitmrouter deactivate)"

    What the variables held before is restored.
    """
    lines = deactivation(SHELLS[shell], os.environ)
    if lines:
        click.echo("\n".join(lines))
    else:
        note("Nothing is active in this shell.")


def activation(shell: Shell, plain: Mapping[str, str], token_file: Path, environ: Mapping[str, str]) -> list[str]:
    """The lines; what a variable holds already is kept for `deactivate`."""
    names = [*plain, *SECRETS, *UNSET]
    before = environ.get(ACTIVE, "").split()
    kept = [name for name in names if name in environ and name not in before]
    return [
        *(shell.copy(WAS + name, name) for name in kept),
        *(shell.set(name, value) for name, value in plain.items()),
        *(shell.read(name, token_file) for name in SECRETS),
        *(shell.unset(name) for name in UNSET),
        shell.set(ACTIVE, " ".join(dict.fromkeys([*before, *names]))),
    ]


def deactivation(shell: Shell, environ: Mapping[str, str]) -> list[str]:
    """The lines that put back what was there; none when nothing is active."""
    lines = []
    for name in environ.get(ACTIVE, "").split():
        if not name.isidentifier():  # somebody else's variable of that name: no line is made of it
            continue
        if WAS + name in environ:
            lines += [shell.copy(name, WAS + name), shell.unset(WAS + name)]
        elif name in environ:
            lines.append(shell.unset(name))
    return [*lines, shell.unset(ACTIVE)] if ACTIVE in environ else []
