"""The root command: finds commands when they are used, and turns expected failures into one line and exit status 1."""

import errno
import os
import sqlite3
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from router_core import __version__, crash_text
from router_core.cli.help_page import RouterContext, dress, write_sections
from router_core.config.spelling import did_you_mean
from router_core.errors import RouterError
from router_core.home import find_home
from router_core.store.learning import LEARN


class SecretsMet:
    """The secrets that this command has read or written; looked at only when something goes wrong."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def learn(self, text: str) -> None:
        self._texts.add(text)

    def masked(self, text: str) -> str:
        from router_core.trace.redact import Redactor  # here: a tenth of a second that no command waits for

        redactor = Redactor()
        for known in self._texts:
            redactor.learn(known)
        return redactor.text(text)


COMPLETING = "_MITMROUTER_COMPLETE"
"""Set by a shell that asks what could stand where somebody types."""


class LazyGroup(click.Group):
    """A group whose commands live in files of this package.

    Args:
        commands_in: command name → `file:attribute`.
    """

    context_class = RouterContext

    def __init__(self, *args: Any, commands_in: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self._commands_in = commands_in
        self.above = ""
        """What is typed before its commands, where it is itself one of a group."""
        self.met = SecretsMet()

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._commands_in)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._commands_in:
            return None
        file, attribute = self._commands_in[cmd_name].split(":")
        command = getattr(import_module(f"router_core.cli.{file}"), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{file}:{attribute} is not a command")
        path = self.above + cmd_name
        dress(command, path)
        if isinstance(command, LazyGroup):
            command.above = f"{path} "
        if COMPLETING in os.environ:
            from router_core.cli.completion import complete_names

            complete_names(command, path)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it; but words of other programs are understood, and near misses are said."""
        if not self.above and not ctx.resilient_parsing:
            args = self._in_our_words(ctx, args)
        return super().resolve_command(ctx, args)

    def _in_our_words(self, ctx: click.Context, args: list[str]) -> list[str]:
        from router_core.cli.others_words import in_our_words, instead

        match args:
            case ["version"]:
                click.echo(f"{ctx.info_name} {__version__}")
                ctx.exit()
            case ["help"]:
                click.echo(ctx.get_help())
                ctx.exit()
            case ["help", *about]:
                args = [*about, "--help"]
        if found := in_our_words(args):
            theirs, ours, args = found
            click.echo(f"Note: {theirs!r} is called {ours!r} here.", err=True)
        elif said := instead(args):
            home = find_home(ctx.params.get("home"))  # the command itself, which looks for it, has not run yet
            said = said.format(log=home.log, config=home.config)
            raise click.UsageError(f"There is no such command. Instead: {said}.", ctx)
        elif args[0] not in self._commands_in and not args[0].startswith("-"):
            meant = did_you_mean(args[0], self._commands_in)
            raise click.UsageError(f"No such command {args[0]!r}. {meant}".rstrip(), ctx)
        return args

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names only: for what they do every command would have to be imported while somebody types."""
        names = [CompletionItem(name) for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.above:
            super().format_commands(ctx, formatter)
            return
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        write_sections({name: command for name, command in commands.items() if command is not None}, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        known = self.met = SecretsMet()
        before = LEARN.set(known.learn)
        try:
            return super().invoke(ctx)
        except RouterError as error:
            raise click.ClickException(known.masked(error.message)) from error
        except click.UsageError:
            raise  # repeats what was typed, and nothing else
        except click.ClickException as error:
            raise click.ClickException(known.masked(error.message)) from error
        except sqlite3.Error as error:
            raise click.ClickException(f"A database in {ctx.obj.path} cannot be used now ({error}).") from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # `… | head`: click ends quietly
                raise
            named = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{named}{error.strerror or error}.") from error
        finally:
            LEARN.reset(before)

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        if args is None:  # as a program of its own: what crashes it is printed with secrets masked, too
            crash_text.install(lambda text: self.met.masked(text))
        return super().main(args, *rest, **options)
