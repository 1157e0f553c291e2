"""The command tree. Names only: a command's file is imported when the command is used, so that `--version` is quick."""

import os

import click

from router_core import __version__
from router_core.cli.lazy_group import LazyGroup
from router_core.home import find_home

COMMANDS = {
    "up": "up:up",
    "demo": "demo:demo",
    "start": "daemon:start",
    "stop": "daemon:stop",
    "restart": "daemon:restart",
    "status": "status:status",
    "install-service": "service:install_service",
    "uninstall-service": "service:uninstall_service",
    "auth": "auth:auth",
    "token": "token:token",
    "key": "key:key",
    "usage": "usage:usage",
    "stats": "stats:stats",
    "reconcile": "reconcile:reconcile",
    "statusline": "statusline:statusline",
    "provider": "provider:provider",
    "code": "clients:code",
    "codex": "clients:codex",
    "activate": "activate:activate",
    "deactivate": "activate:deactivate",
    "run": "run:run",
    "apply": "apply:apply",
    "undo": "apply:undo",
    "tui": "tui:tui",
    "portal": "portal:portal",
    "notify": "notify:notify",
    "trace": "trace:trace",
    "model": "model:model",
    "route": "route:route",
    "config": "config:config",
    "preset": "preset:preset",
    "doctor": "doctor:doctor",
    "backup": "backup:backup",
    "simulate": "simulate:simulate",
    "completion": "completion:completion",
}
"""In the order in which people meet them; each names a file here and the command in it."""


@click.group(
    cls=LazyGroup,
    commands_in=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--home",
    metavar="DIR",
    help="Home folder; else $MITMROUTER_HOME, else ~/.mitmrouter.",
)
@click.version_option(__version__, prog_name="mitmrouter", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context, home: str | None) -> None:
    """One local endpoint for AI coding tools, in front of all the accounts you have.

    Begin with: mitmrouter up; or without an account: mitmrouter up --simulate
    """
    context.obj = find_home(home)
    if os.environ.get("NO_COLOR"):
        context.color = False
