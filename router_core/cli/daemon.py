"""`start`, `stop`, `restart`: the router as a process in the background (or in front), one for each home folder."""

import os
from collections.abc import Callable
from typing import Any

import click

from router_core.cli import launch
from router_core.cli.become import become
from router_core.cli.leftovers import clear_leftovers
from router_core.cli.port_taken import port_taken
from router_core.cli.printing import own_command
from router_core.cli.progress import working
from router_core.cli.upgrade import bring_up_to_date
from router_core.config.load import load_config
from router_core.config.schema import Config
from router_core.demo_lock import demo_is_alive
from router_core.home import Home
from router_core.ports import check_port, free_port, router_on
from router_core.processes import end, own_router
from router_core.running import Running

type Command = Callable[..., None]

START_OPTIONS = (
    click.option("--host", help="Address to listen on (default: [server] host, 127.0.0.1)."),
    click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (default: [server] port, 8100)."),
    click.option("--foreground", is_flag=True, help="Stay in front and print what happens; Ctrl-C ends it."),
    click.option("--web", is_flag=True, help="Run mitmweb, to look into raw requests and answers in a browser."),
    click.option("--web-port", type=click.IntRange(1, 65535), help="Port of mitmweb's pages (default: a free one)."),
    click.option("--web-raw", is_flag=True, help="Let mitmweb show credentials as they are, not masked."),
    click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="For the log file."),
    click.option("--log-file", metavar="FILE", help="Another place for logs/router.log."),
)


def start_options(command: Command) -> Command:
    for option in reversed(START_OPTIONS):
        command = option(command)
    return command


@click.command()
@start_options
@click.pass_obj
def start(home: Home, /, **options: Any) -> None:
    """Start the router in the background.

    Returns when it answers. Starting it twice is no mistake: the second time it only says where it is.
    """
    config = configured(home, options)
    no_demo(home)
    if running := own_router(home):
        if options["port"] in (running.port, None):
            click.echo(f"Already running: {running.url} (pid {running.pid})")
            return
        raise click.ClickException(
            f"This home's router runs already, at {running.url} (pid {running.pid}). "
            f"To move it: {own_command(home)} restart --port {options['port']}"
        )
    _start(home, config, options)


@click.command()
@click.pass_obj
def stop(home: Home) -> None:
    """Stop the router of this home folder; requests under way are cut."""
    running = own_router(home)
    if running is None:
        server = load_config(home.config).server
        stranger = router_on(server.host, server.port)
        if stranger is None:
            click.echo("The router is not running.")
            return
        raise click.ClickException(
            f"The router on this port ({stranger}) belongs to another home folder. Name that one with --home, "
            f"or replace it: {own_command(home)} restart"
        )
    _stop(running.pid, running.url)


@click.command()
@start_options
@click.pass_obj
def restart(home: Home, /, **options: Any) -> None:
    """Replace the running router by a new one, also one that was started elsewhere and holds the same port.

    A program that is no router of ours is named and left alone.
    """
    config = configured(home, options)
    no_demo(home)
    if running := own_router(home):
        _stop(running.pid, running.url)
    elif (older := router_on(config.server.host, config.server.port)) and older.pid:
        _stop(older.pid, f"port {config.server.port}")
    _start(home, config, options)


def configured(home: Home, options: dict[str, Any]) -> Config:
    """The configuration with the flags in it; everything wrong with home or file shows here."""
    home.ensure()
    config = load_config(home.config, overrides=_settings(options))
    if config.transformers:
        from router_core.transform.custom import load_custom  # here: most have none of their own

        load_custom(config)
    if config.telemetry.otlp_endpoint:
        from router_core.telemetry.installed import check_installed  # here: most have none

        check_installed(config.telemetry)
    return config


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    keys = {
        "host": "server.host",
        "port": "server.port",
        "log_level": "server.log_level",
        "log_file": "server.log_file",
    }
    settings = {key: options[name] for name, key in keys.items() if options.get(name) is not None}
    if "server.log_file" in settings:
        settings["server.log_file"] = os.path.abspath(settings["server.log_file"])
    return settings


def no_demo(home: Home) -> None:
    """The demo uses the same home: two routers would overwrite each other's state. A killed demo is cleaned up."""
    if demo_is_alive(home):
        raise click.ClickException(
            f"The demo is running on this home folder. End it first: Ctrl-C where it runs, or {own_command(home)} stop"
        )
    clear_leftovers(home)


def check_free(home: Home, config: Config) -> None:
    """That the router's port can be had.

    Raises:
        click.ClickException: something else holds it; says what, and what to do.
    """
    host, port = config.server.host, config.server.port
    if port and (holder := check_port(host, port)):
        if holder.is_router:
            remedy = (
                f"Replace it: {own_command(home)} restart" if router_on(host, port) else f"It hangs: kill {holder.pid}"
            )
            raise click.ClickException(
                f"Another router of ours holds port {port} ({holder}), with another home folder. "
                f"{remedy}; or choose another port with --port."
            )
        raise port_taken(home, port, holder)


def bring_up(started: launch.Launch) -> Running:
    """Start the process in the background and wait until it answers.

    Raises:
        click.ClickException: it ended, or does not answer.
    """
    process = launch.run_in_background(started)
    try:
        return launch.wait_until_up(started, process)
    except KeyboardInterrupt:
        process.kill()  # it has answered nobody yet
        raise


def _start(home: Home, config: Config, options: dict[str, Any]) -> None:
    host, port = config.server.host, config.server.port
    check_free(home, config)
    web_port = _web_port(options)
    started = launch.prepare(
        home, host, port, settings=_settings(options), web_port=web_port, web_raw=options["web_raw"],
        foreground=options["foreground"],
    )  # fmt: skip
    if options["foreground"]:
        click.echo(f"mitmrouter on {_url(host, port)}; Ctrl-C ends it. Log: {config.server.log_file or home.log}")
        bring_up_to_date(home)
        become(started.command, started.environment)
    with working("Starting the router"):
        running = bring_up(started)
    click.echo(f"Running: {running.url} (pid {running.pid})")
    click.echo(f"Log: {config.server.log_file or home.log}")
    if web_port:
        shown = " (with credentials)" if options["web_raw"] else ""
        click.echo(f"Requests in a browser{shown}: {launch.web_address(started, web_port)}")
    click.echo("Next: " + " · ".join(f"{own_command(home)} {name}" for name in ("code", "codex", "tui", "stop")))


def _web_port(options: dict[str, Any]) -> int | None:
    """None: without mitmweb."""
    wanted: int | None = options["web_port"]
    if not options["web"]:
        if wanted or options["web_raw"]:
            raise click.UsageError("--web-port and --web-raw are for --web.")
        return None
    if wanted and (holder := check_port("127.0.0.1", wanted)):
        raise click.ClickException(f"Port {wanted} is taken by {holder}. Choose another one with --web-port.")
    return wanted or free_port()


def _url(host: str, port: int) -> str:
    return Running(0, host, port, "").url if port else "a free port"


def _stop(pid: int, where: str) -> None:
    with working("Stopping the router"):
        ended = end(pid)
    if not ended:
        raise click.ClickException(f"The router (pid {pid}) has not ended yet. If it hangs: kill -9 {pid}")
    click.echo(f"Stopped: {where} (pid {pid})")
