"""`up`: everything between a fresh installation and the first answer, a question at a time; harmless when repeated.

Where nobody can be asked (`--yes`, no terminal, CI) only what is safe is done, and what was left out is said: keys are
taken over, because a copy of a key harms nothing; a login whose refresh token can be used once, and the settings of
other programs, are left to a person.
"""

import time
from typing import TYPE_CHECKING

import click

from router_core import __version__
from router_core.cli import asking
from router_core.cli.apply import NAMES, done_text, planned, print_bypasses, print_changes, program_of, title, write
from router_core.cli.progress import working
from router_core.cli.up_accounts import accounts
from router_core.cli.up_wizard import Wizard, aside, bad, good, heading
from router_core.errors import ConfigError
from router_core.home import Home
from router_core.processes import own_router
from router_core.reach import Reach
from router_core.running import Running
from router_core.text import printable

if TYPE_CHECKING:
    from router_core.config.schema import Config


KINDS: dict[str, frozenset[str]] = {
    "claude": frozenset({"anthropic", "copilot"}),
    "codex": frozenset({"codex", "openai", "openai-responses", "copilot"}),
    "gemini": frozenset({"gemini", "code-assist", "antigravity", "vertex", "copilot"}),
}
"""Client → kinds of provider that have the models it asks for by itself."""


@click.command()
@click.option("--simulate", is_flag=True, help="Show all of it without any account, with simulated providers.")
@click.option("--yes", is_flag=True, help="Ask nothing: do what is safe, and say what was left out.")
@click.option("--share", is_flag=True, help="With --yes: also take logins that stay shared with their own programs.")
@click.option(
    "--apply",
    "applied",
    multiple=True,
    type=click.Choice(NAMES),
    help="Also lead this client's settings to the router.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the router, kept in the configuration.")
@click.option("--no-request", is_flag=True, help="Do not send a request to see it work.")
@click.option("--no-tui", is_flag=True, help="Do not open the TUI at the end.")
@click.pass_context
def up(
    context: click.Context,
    simulate: bool,
    yes: bool,
    share: bool,
    applied: tuple[str, ...],
    port: int | None,
    no_request: bool,
    no_tui: bool,
) -> None:
    """Set everything up: accounts, router, clients; then one traced request, and the TUI.

    It finds the clients and logins of this machine, asks one question for each account, and says what it does. Running
    it again does no harm: it says what is already so.
    """
    from router_core.cli.up_accounts import bring_in_accounts
    from router_core.cli.up_request import send_one
    from router_core.cli.up_simulated import bring_up_demo

    home: Home = context.obj
    wizard = Wizard(home.ensure(), asks=not yes and asking.may_ask())
    click.echo(f"{click.style('mitmrouter', bold=True)} {__version__}, home folder {home.path}")
    _tell_clients()
    config = None
    if simulate:
        running = bring_up_demo(wizard, port)
    else:
        config = _configuration(home, port)
        bring_in_accounts(wizard, context, config, share=share)
        running = _router(wizard, config)
    _settings(wizard, running, set(applied), config)
    if not no_request:
        send_one(wizard, running, simulate=simulate)
    _end(wizard, simulate=simulate)
    if wizard.failed:
        context.exit(1)
    if wizard.asks and not no_tui and asking.agreed("Open the TUI?", "Give --no-tui.", default=True):
        from router_core.cli.tui import tui

        context.invoke(tui)


def _tell_clients() -> None:
    heading("Clients")
    for client in NAMES:
        program = program_of(client)
        if program:
            good(f"{title(client)}: {printable(program, 200)}")
        else:
            aside(f"{title(client)}: not installed")


def _configuration(home: Home, port: int | None) -> "Config":
    from router_core.cli.daemon import configured, no_demo
    from router_core.config.edit import edit_config

    no_demo(home)
    config = configured(home, {})
    if port is not None and port != config.server.port:
        edit_config(home.config, {("server", "port"): port})
        config = configured(home, {})
        if config.server.port != port:
            raise ConfigError(f"The environment says port {config.server.port}: unset MITMROUTER__SERVER__PORT.")
    return config


def _router(wizard: Wizard, config: "Config") -> Running:
    """The running router; started unless it runs."""
    from router_core.cli import launch
    from router_core.cli.daemon import bring_up, check_free

    heading("Router")
    if running := own_router(wizard.home):
        good(f"runs already at {running.url} (pid {running.pid})")
        if config.server.port not in (0, running.port):
            aside(f"its port is {config.server.port} from the next start on: {wizard.command} restart")
        return running
    check_free(wizard.home, config)
    began = time.monotonic()
    with working("Starting the router"):
        running = bring_up(launch.prepare(wizard.home, config.server.host, config.server.port))
    good(f"runs at {running.url} (pid {running.pid}), after {time.monotonic() - began:.1f} s")
    return running


def _settings(wizard: Wizard, running: Running, wanted: set[str], config: "Config | None") -> None:
    """Lead the installed clients here: those that were named, and those for which somebody says yes.

    Args:
        config: None in a simulation: there nothing is changed unless it was named.
    """
    installed = [client for client in NAMES if client in wanted or program_of(client)]
    if not installed:
        return
    heading("Settings of the clients")
    for client in installed:
        try:
            _settings_of(wizard, client, running, config, named=client in wanted)
        except ConfigError as error:  # a file that somebody must mend: no reason to leave the others out
            bad(f"{title(client)}: {printable(error.message, 600)}")
            wizard.leave(f"{title(client)} is not led to the router", _way(wizard, client))


def _settings_of(wizard: Wizard, client: str, running: Running, config: "Config | None", *, named: bool) -> None:
    changes = planned(wizard.home, client, Reach(running.url, True))
    if not any(change.changes for change in changes):
        good(f"{title(client)} is led to {running.url} already")
        return
    if config is not None and not named and not serves(wizard.home, config, client):
        aside(f"{title(client)}: left as it is, no account here answers for its models")
        return
    if config is None and not named:
        print_changes(wizard.home, changes)
        aside(f"{title(client)}: not changed, the simulation ends one day; `up` without --simulate offers it")
        return
    if not named and wizard.asks:
        print_changes(wizard.home, changes)
    question = f"  Lead {title(client)} to the router, however it is started? `undo` takes it back."
    if named or wizard.asks_to(question):
        write(wizard.home, client, changes)
        good(done_text(wizard.home, client, Reach(running.url, True)))
        print_bypasses(client)
    else:
        aside(f"{title(client)}: its settings are left as they are")
        wizard.leave(f"{title(client)} uses the router only when you start it that way", _way(wizard, client))


def serves(home: Home, config: "Config", client: str) -> bool:
    """Whether a client would be answered: by an account of its own kind, or because all goes somewhere else."""
    kinds = {
        config.providers[token.provider].kind for token in accounts(home, config) if token.provider in config.providers
    }
    return bool(kinds & KINDS[client]) or config.routing.default is not None


def _way(wizard: Wizard, client: str) -> str:
    once = {"claude": "code", "codex": "codex"}.get(client, f"run -- {client}")
    return f"{wizard.command} {once}, or always: {wizard.command} apply --client {client}"


def _end(wizard: Wizard, *, simulate: bool) -> None:
    if wizard.left_out:
        heading("Left out")
        for what, command in wizard.left_out:
            aside(f"{what}: {command}")
    heading("Next")
    lines: list[tuple[str, str]] = [
        ("code", "Claude Code through the router"),
        ("codex", "Codex through the router"),
        ("tui", "watch tokens and requests"),
        ("doctor", "see what does not work, and why"),
        ("stop", "end the simulation" if simulate else "end the router"),
    ]
    width = max(len(wizard.command) + 1 + len(name) for name, _ in lines)
    for name, what in lines:
        click.echo(f"  {f'{wizard.command} {name}':<{width}}  {what}")
