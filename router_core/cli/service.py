"""`install-service` and `uninstall-service`: the router started at login, by systemd or launchd."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import click

from router_core.cli.apply import lasting_words
from router_core.cli.printing import note, own_command
from router_core.home import Home
from router_core.processes import own_router
from router_core.put_in_place import put_in_place
from router_core.service import launchd, systemd

Manager = Literal["systemd", "launchd"]
PATIENCE_S = 30
MODE = 0o644

manager_option = click.option(
    "--for", "manager", type=click.Choice(["systemd", "launchd"]), help="Whose; else that of this system."
)


@dataclass(frozen=True, slots=True)
class Service:
    """What one manager needs."""

    path: Path
    text: str
    reached: list[str]
    on: list[list[str]]
    off: list[list[str]]
    afterwards: list[list[str]] = field(default_factory=list)
    start: str = ""
    """How a person starts it."""


@click.command("install-service")
@manager_option
@click.option("--print", "only_print", is_flag=True, help="Print the service's file; write nothing.")
@click.option("--no-start", is_flag=True, help="Write the file, and leave the rest to you.")
@click.pass_obj
def install_service(home: Home, manager: Manager | None, only_print: bool, no_start: bool) -> None:
    """Have the router started at login, and again when it dies: a systemd user unit, or a launchd agent.

    A second time the file is written anew. A router that runs already is left alone.
    """
    running = own_router(home)
    service = service_of(home, _manager(manager), now=running is None)
    if only_print:
        click.echo(service.text, nl=False)
        return
    home.ensure()  # launchd has the log there
    service.path.parent.mkdir(parents=True, exist_ok=True)
    put_in_place(service.path, service.text, mode=MODE)
    click.echo(f"Written: {service.path}")
    if no_start or not _works(service.reached):
        why = "" if no_start else " (its manager cannot be reached from here)"
        click.echo(f"To start it{why}:")
        for command in service.on:
            click.echo(f"  {shlex.join(command)}")
    else:
        _run(service.on)
        if running:
            click.echo(f"It is started at the next login. The router that runs now (pid {running.pid}) is not its own:")
            click.echo(f"  {own_command(home)} stop && {service.start}")
        else:
            click.echo(f"Started, and at every login. State: {own_command(home)} status")
    if service.path.name == systemd.NAME:
        note(f"Note: to have it run while you are not logged in: {systemd.LINGER}")


@click.command("uninstall-service")
@manager_option
@click.pass_obj
def uninstall_service(home: Home, manager: Manager | None) -> None:
    """Stop the service and remove its file: the router is not started at login any more."""
    service = service_of(home, _manager(manager), now=True)
    if not service.path.exists():
        click.echo(f"There is no service: {service.path} does not exist.")
        return
    if _works(service.reached):
        for command in service.off:  # it may not have been taken over at all
            _works(command)
    service.path.unlink()
    if _works(service.reached):
        _run(service.afterwards)
    click.echo(f"Removed: {service.path}")


def service_of(home: Home, manager: Manager, *, now: bool) -> Service:
    """The service of this home folder.

    Args:
        now: start it at once, too.
    """
    command = [*lasting_words(), "--home", str(home.path), "start", "--foreground"]
    if manager == "launchd":
        path, uid = launchd.agent_path(Path.home()), os.getuid()
        on = launchd.commands(path, uid, on=True)
        return Service(
            path,
            launchd.agent_text(command, home.path / "logs" / "service.log"),
            launchd.reached(uid),
            on if now else [],
            launchd.commands(path, uid, on=False),
            start=shlex.join(on[0]),
        )
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Service(
        systemd.unit_path(config),
        systemd.unit_text(command),
        systemd.REACHED,
        systemd.commands(on=True, now=now),
        systemd.commands(on=False, now=True),
        systemd.AFTERWARDS,
        f"systemctl --user start {systemd.NAME}",
    )


def _manager(wanted: Manager | None) -> Manager:
    return wanted or ("launchd" if sys.platform == "darwin" else "systemd")


def _works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE_S).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run(commands: Sequence[Sequence[str]]) -> None:
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        except subprocess.TimeoutExpired as error:
            said = f"{shlex.join(command)} has not ended within {PATIENCE_S} s"
            raise click.ClickException(f"{said}. See what it waits for, then run it yourself.") from error
        if done.returncode:
            raise click.ClickException(f"{shlex.join(command)} failed: {done.stderr.strip() or done.stdout.strip()}")
