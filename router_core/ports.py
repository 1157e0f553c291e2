"""Ports: which are free, and what holds one that is not."""

import errno
import socket

from router_core.errors import ConfigError
from router_core.processes import Holder, healthy, holder_of


def free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def check_port(host: str, port: int) -> Holder | None:
    """See whether the address can be listened on: None if so, else what holds it.

    Raises:
        ConfigError: it cannot be listened on for another reason.
    """
    try:
        address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise ConfigError(f"The host {host} is not known here ({error.strerror}). Set --host.") from error
    with socket.socket(address[0]) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address[4])
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return holder_of(port) or Holder(None, ())
            remedy = "Choose a port above 1023 with --port." if error.errno == errno.EACCES else "Set --host."
            raise ConfigError(f"Cannot listen on {host}:{port} ({error.strerror}). {remedy}") from error
    return None


def router_on(host: str, port: int) -> Holder | None:
    """A router of ours that listens on this port and answers, from whichever home; None for anything else."""
    holder = holder_of(port) if port else None
    if holder is None or not holder.is_router:
        return None
    return holder if any(healthy(name, port) for name in (host, "127.0.0.1", "::1")) else None


def other_port(port: int) -> int:
    """One to name to somebody whose port is taken."""
    return port + 100 if port < 65000 else port - 100
