"""Ports: which are free, and what to say when one is not."""

import errno
import socket

import click

from router_core.cli.printing import own_command
from router_core.cli.processes import Holder, healthy, holder_of
from router_core.home import Home


def free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def check_port(host: str, port: int) -> Holder | None:
    """See whether the address can be listened on: None if so, else what holds it.

    Raises:
        click.ClickException: it cannot be listened on for another reason.
    """
    try:
        address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise click.ClickException(f"The host {host} is not known here ({error.strerror}). Set --host.") from error
    with socket.socket(address[0]) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address[4])
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return holder_of(port) or Holder(None, ())
            remedy = "Choose a port above 1023 with --port." if error.errno == errno.EACCES else "Set --host."
            raise click.ClickException(f"Cannot listen on {host}:{port} ({error.strerror}). {remedy}") from error
    return None


def port_taken(home: Home, port: int, holder: Holder, command: str = "start") -> click.ClickException:
    """The one line for a port that something else holds."""
    return click.ClickException(
        f"Port {port} is taken by {holder}. Stop that program, or choose another port: "
        f"{own_command(home)} {command} --port {port + 100 if port < 65000 else port - 100}"
    )


def router_on(host: str, port: int) -> Holder | None:
    """A router of ours that listens on this port and answers, from whichever home; None for anything else."""
    holder = holder_of(port) if port else None
    if holder is None or not holder.is_router:
        return None
    return holder if any(healthy(name, port) for name in (host, "127.0.0.1", "::1")) else None
