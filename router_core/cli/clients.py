"""`code` and `codex`: run the real client with the router in its way. The user's own configuration stays untouched.

Claude Code is told by environment, Codex by `-c` overrides (it ignores `OPENAI_BASE_URL`). Nothing else about the
clients is changed, switched off or added.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from router_core.cli.activate import UNSET, base_urls
from router_core.cli.around_proxy import around_proxy
from router_core.cli.become import become
from router_core.cli.reach import running_url
from router_core.cli.window_hints import claude_hints, codex_hints, codex_settings
from router_core.home import Home
from router_core.text import printable

CODEX_TOKEN_VARIABLE = "MITMROUTER_GATEWAY_TOKEN"  # noqa: S105 - the name of a variable
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
    become([program, *claude_options(home, url, args), *args], environment)


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
    by_command = home.gateway_token_file if has_token_command(os.environ) else None
    become([program, *codex_overrides(url, by_command), *codex_hints(home, os.environ, args), *args], environment)


def claude_environment(inherited: Mapping[str, str], url: str, gateway_token: str) -> dict[str, str]:
    """The environment for Claude Code; see activate.py for why it is this variable."""
    kept = {name: value for name, value in inherited.items() if name not in UNSET}
    address = {"ANTHROPIC_BASE_URL": base_urls(url)["ANTHROPIC_BASE_URL"]}
    return {**kept, **address, "ANTHROPIC_AUTH_TOKEN": gateway_token}


def claude_options(home: Home, url: str, args: Sequence[str]) -> list[str]:
    """`--settings` for this run, where settings that are there lead somewhere else; never beside somebody's own."""
    from router_core.applying.claude_code import for_one_run
    from router_core.applying.settings import Person

    if any(arg == "--settings" or arg.startswith("--settings=") for arg in args):
        return []
    settings = for_one_run(Person(Path.home(), os.environ, Path.cwd()), url, home.gateway_token_file)
    return ["--settings", settings] if settings else []


def codex_overrides(url: str, by_command: Path | None = None) -> list[str]:
    """`-c` options that add a provider for this one run and choose it.

    Args:
        by_command: the file of the gateway token, where a command gives it. Codex puts these options into what its
            configuration says of the provider, and refuses two ways of giving a token: it must be the way that
            `apply` has chosen there.
    """
    provider = {"name": "mitmrouter", "base_url": f"{url}/v1", "wire_api": "responses"}
    if by_command is None:
        provider["env_key"] = CODEX_TOKEN_VARIABLE
    parts = [f"{key} = {json.dumps(value)}" for key, value in provider.items()]
    if by_command is not None:
        parts.append(f'auth = {{command = "cat", args = [{json.dumps(str(by_command))}]}}')
    return ["-c", f"model_providers.mitmrouter={{{', '.join(parts)}}}", "-c", 'model_provider="mitmrouter"']


def has_token_command(inherited: Mapping[str, str]) -> bool:
    """Whether Codex's own configuration has our provider with a command that gives the token."""
    providers = codex_settings(inherited).get("model_providers")
    ours = providers.get("mitmrouter") if isinstance(providers, dict) else None
    return isinstance(ours, dict) and "auth" in ours


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
