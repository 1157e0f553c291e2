"""`completion`: what a shell needs to complete our commands, and the names that it then asks for.

A name is completed while somebody types: no provider is asked, no database is made, and whatever goes wrong is no name.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress

import click
from click.shell_completion import CompletionItem, get_completion_class

from router_core.home import Home, find_home

PROGRAM, VARIABLE = "mitmrouter", "_MITMROUTER_COMPLETE"
type Names = Callable[[Home], Iterator[str]]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that makes a shell complete commands, options, and names of tokens, presets and models.

    For bash and zsh put the first example into ~/.bashrc or ~/.zshrc (with zsh in place of bash).
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"Nothing is known of {shell}.")
    click.echo(kind(context.find_root().command, {}, PROGRAM, VARIABLE).source())


def tokens(home: Home) -> Iterator[str]:
    """Names of the registered ones."""
    from router_core.clock import SystemClock
    from router_core.store.tokens import view_tokens

    if home.tokens_db.exists():
        yield from (token.name for token in view_tokens(home, SystemClock()).all())


def presets(home: Home) -> Iterator[str]:
    """Names of the installed ones."""
    if home.presets.is_dir():
        yield from sorted({path.stem for path in home.presets.iterdir() if not path.name.startswith(".")})


def targets(home: Home) -> Iterator[str]:
    """`provider/model`, of the lists that the router keeps."""
    import json

    for provider, (_, models) in json.loads(home.models_file.read_bytes())["providers"].items():
        yield from (f"{provider}/{model['id']}" for model in models)


def providers(home: Home) -> Iterator[str]:
    """Names of the configured ones and those of the catalogue."""
    from router_core.config.load import load_config

    yield from load_config(home.config).providers


def keys(home: Home) -> Iterator[str]:
    """Names of the clients' keys."""
    from router_core.clock import SystemClock
    from router_core.store.client_keys import open_keys

    if home.tokens_db.exists():
        yield from (key.name for key in open_keys(home, SystemClock()).all())


class Named(click.ParamType[str]):
    """A text that is completed from the names of something; any text is accepted."""

    name = "text"

    def __init__(self, names: Names) -> None:
        self._names = names

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        home = find_home(ctx.find_root().params.get("home"))
        found: list[str] = []
        with suppress(Exception):  # a traceback in the middle of what somebody types helps nobody
            found = [name for name in self._names(home) if name.startswith(incomplete)]
        return [CompletionItem(name) for name in found]


COMPLETED: dict[str, dict[str, Names]] = {
    "usage": {"name": tokens},
    "auth login": {"provider": providers},
    "token add": {"provider": providers},
    **{
        f"token {name}": {"name": tokens} for name in ("show", "edit", "enable", "disable", "remove", "test", "refresh")
    },
    "token export": {"names": tokens},
    **{f"preset {name}": {"name": presets} for name in ("info", "use", "delete")},
    "model lock": {"target": targets},
    "model set": {"target": targets, "fallback": targets},
    "model list": {"providers": providers},
    "model add": {"provider": providers},
    "route explain": {"provider": providers},
    "trace list": {"provider": providers},
    "key revoke": {"name": keys},
}
"""Command → parameter → whose names. Parameters that take any text stay such; one with choices of its own is left."""


def complete_names(command: click.Command, path: str) -> None:
    """Have the parameters of a command, and of those below it, completed."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            complete_names(inner, f"{path} {name}")
    wanted = COMPLETED.get(path, {})
    for param in command.params:
        names = wanted.get(param.name or "")
        if names is not None and isinstance(param.type, type(click.STRING)):
            param.type = Named(names)
