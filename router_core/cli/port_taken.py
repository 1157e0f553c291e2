"""The one line for a port that something else holds."""

import click

from router_core.cli.printing import own_command
from router_core.home import Home
from router_core.ports import other_port
from router_core.processes import Holder


def port_taken(home: Home, port: int, holder: Holder, command: str = "start") -> click.ClickException:
    """Says what holds it, and how to take another one."""
    return click.ClickException(
        f"Port {port} is taken by {holder}. Stop that program, or choose another port: "
        f"{own_command(home)} {command} --port {other_port(port)}"
    )
