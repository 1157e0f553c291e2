"""`run -- CMD`: one process, and what it starts, with the address of the router and the gateway token of every SDK."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import click

from router_core.applying.around_proxy import around_proxy
from router_core.applying.one_run import CODEX_TOKEN_VARIABLE, UNSET, base_urls
from router_core.cli.become import become
from router_core.cli.running_url import running_url
from router_core.home import Home
from router_core.put_in_place import put_in_place
from router_core.text import printable

SECRETS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", CODEX_TOKEN_VARIABLE)
GEMINI_VARIABLE = "GEMINI_CLI_SYSTEM_SETTINGS_PATH"
GEMINI_USUAL = ("/etc/gemini-cli/settings.json", "/Library/Application Support/GeminiCli/settings.json")
NOT_FOUND, NOT_RUN = 127, 126
"""As shells say it."""


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND [ARG]...")
@click.pass_context
def run(context: click.Context, command: tuple[str, ...]) -> None:
    """Run one command with the router's address and token in the variables that the SDKs of Anthropic, OpenAI and
    Google read. Signals and the exit status are the command's own.

    `claude` and `codex` are started as `code` and `codex` start them, `gemini` logs in with a key for this run.
    """
    from router_core.cli.clients import code, codex

    client = {"claude": code, "codex": codex}.get(Path(command[0]).name)
    if client is not None:
        variable = "MITMROUTER_CLAUDE" if client is code else "MITMROUTER_CODEX"
        if os.sep in command[0]:
            os.environ[variable] = command[0]
        context.invoke(client, args=command[1:])
        return
    home: Home = context.obj
    environment = sdk_environment(os.environ, running_url(home), home.gateway_token())
    if Path(command[0]).name == "gemini":
        environment |= gemini_settings(home, os.environ)
    program = shutil.which(command[0])
    if program is None:
        if os.sep in command[0] and os.path.exists(command[0]):
            click.echo(f"Error: {printable(command[0])} may not be run: it is no program.", err=True)
            context.exit(NOT_RUN)
        where = "There is" if os.sep in command[0] else "PATH has"
        click.echo(f"Error: {where} no program {printable(command[0])!r}.", err=True)
        context.exit(NOT_FOUND)
    try:
        become([os.path.abspath(program), *command[1:]], environment)
    except OSError as error:
        click.echo(f"Error: {printable(program)} cannot be run ({error.strerror}).", err=True)
        context.exit(NOT_RUN)


def gemini_settings(home: Home, inherited: Mapping[str, str]) -> dict[str, str]:
    """Has Gemini CLI take the key of the environment, whatever login it has; what a company has set stays.

    With a base URL in the environment and no choice in its settings it knows no way to log in (0.61).
    """
    if inherited.get(GEMINI_VARIABLE) or any(Path(usual).exists() for usual in GEMINI_USUAL):
        return {}
    file = home.path / "gemini-settings.json"
    put_in_place(file, json.dumps({"security": {"auth": {"selectedType": "gemini-api-key"}}}) + "\n")
    return {GEMINI_VARIABLE: str(file)}


def sdk_environment(inherited: Mapping[str, str], url: str, gateway_token: str) -> dict[str, str]:
    """The environment with every SDK's variables; keys of your own that would win are taken out of the way.

    Not `ANTHROPIC_AUTH_TOKEN`, as for Claude Code: many programs look for `ANTHROPIC_API_KEY` before they begin, and
    Anthropic's SDK complains of both.
    """
    kept = {name: value for name, value in inherited.items() if name not in (*UNSET, "ANTHROPIC_AUTH_TOKEN")}
    urls = {**base_urls(url), "OPENAI_API_BASE": f"{url}/v1"}
    return {**kept, **urls, **dict.fromkeys(SECRETS, gateway_token), **around_proxy(inherited)}
