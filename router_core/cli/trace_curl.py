"""A traced request as a `curl` command for this machine: where the router is, where its token lies."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from router_core.cli.printing import own_command
from router_core.config.load import load_config
from router_core.errors import ConfigError
from router_core.home import Home
from router_core.running import Running, find_running
from router_core.trace.curl import curl_command


def curl_of(
    home: Home, row: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], bodies: Sequence[Mapping[str, Any]]
) -> str:
    """The command that asks the router the same again.

    Args:
        row, attempts, bodies: as in `found_trace`.
    """
    body = next((body for body in bodies if body["kind"] == "request"), None)
    return curl_command(
        row, attempts, body, base_url=base_url(home), token_file=_short(home.gateway_token_file),
        show_body=f"{own_command(home)} trace show {row['id']} --body request",
    )  # fmt: skip


def base_url(home: Home) -> str:
    """Where clients of this machine find the router: the running one, else as configured."""
    if running := find_running(home):
        return running.url
    try:
        server = load_config(home.config).server
    except (ConfigError, OSError):
        return "http://127.0.0.1:8100"
    return Running(0, server.host, server.port, "").url


def _short(file: Path) -> str:
    try:
        return f"~/{file.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(file)
