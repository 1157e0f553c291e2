"""What a running router says of itself, asked over its own HTTP."""

import http.client
import json
from typing import Any

import click

from router_core.cli.printing import own_command
from router_core.home import Home
from router_core.running import Running
from router_core.text import printable

ANSWER_LIMIT_BYTES = 64 * 1024 * 1024


def ask_router(
    home: Home, running: Running, path: str, secret: str, timeout_s: float, *, change: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The JSON object at a path of the router.

    Args:
        secret: the gateway token, or for `/api/…` the admin token.
        change: what is posted there; None: it is only read.

    Raises:
        click.ClickException: it does not answer, or not as our router would.
    """
    connection = http.client.HTTPConnection(running.local_host, running.port, timeout=timeout_s)
    headers = {"host": f"127.0.0.1:{running.port}", "authorization": f"Bearer {secret}"}
    try:
        if change is None:
            connection.request("GET", path, headers=headers)
        else:
            headers["content-type"] = "application/json"
            connection.request("POST", path, json.dumps(change), headers)
        with connection.getresponse() as answer:
            content = answer.read(ANSWER_LIMIT_BYTES)
        told = json.loads(content) if answer.status == 200 or change is not None else None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise click.ClickException(
            f"The router (pid {running.pid}) does not answer at {running.url} ({printable(str(error))}). "
            f"If that stays so: {own_command(home)} restart"
        ) from error
    finally:
        connection.close()
    if change is not None and answer.status not in (200, 201):
        raise click.ClickException(_refusal(told) or f"The router refused it ({answer.status}).")
    if not isinstance(told, dict):
        raise click.ClickException(
            f"The router at {running.url} answered {answer.status}. If that stays so: {own_command(home)} restart"
        )
    return told


def _refusal(told: Any) -> str:
    """Why a change was refused, in the router's own words."""
    error = told.get("error") if isinstance(told, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return printable(message, 600) if isinstance(message, str) else ""
