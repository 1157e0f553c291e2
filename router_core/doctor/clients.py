"""Each client that is installed really reaches the router: the client itself asks one short thing, and the trace tells.

It is led here by environment and options, in an empty folder: what a project's settings would change is another check.
The request is real: it costs what a short answer costs, with the token that the rules choose.
"""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from router_core.applying.around_proxy import around_proxy
from router_core.applying.one_run import CODEX_TOKEN_VARIABLE, claude_environment, codex_options
from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding
from router_core.errors import HomeError
from router_core.home import Home
from router_core.money import usd_text
from router_core.processes import healthy, own_router
from router_core.store.database import open_read_only
from router_core.text import duration, printable
from router_core.trace.words import target_text

TIME_LIMIT_S = 90.0
WRITTEN_WITHIN_S = 3.0
"""So long a finished request may take to be in the database."""
PROMPT = "This is a test of the connection. Answer with the one word: ok"
SINCE = (
    "select id, provider, model, token, state, status, error, total_ms, cost_nano_usd, billing from requests"
    " where started_at >= ? and client = ? and scenario is not 'background' order by state = 'ok' desc, id limit 1"
)


@dataclass(frozen=True)
class Client:
    """One program, and how it asks one thing."""

    title: str
    program: str
    variable: str
    """Names another program than the one on PATH."""
    client: str
    """As traces call it."""
    arguments: tuple[str, ...]


CLIENTS = (
    Client("Claude Code", "claude", "MITMROUTER_CLAUDE", "claude-code", ("-p", PROMPT)),
    Client(
        "Codex",
        "codex",
        "MITMROUTER_CODEX",
        "codex",
        ("exec", "--skip-git-repo-check", "--sandbox", "read-only", PROMPT),
    ),
)


def check(examined: Examined) -> Iterator[Finding]:
    """One after the other: each has a minute and a half."""
    for client in CLIENTS:
        program = shutil.which(
            examined.environ.get(client.variable) or client.program, path=examined.environ.get("PATH")
        )
        name = f"client {client.program}"
        if program is None:
            yield Finding(name, "skipped", f"{client.title} is not installed")
            continue
        running = own_router(examined.home)
        if running is None or not healthy(running.host, running.port):
            yield Finding(name, "skipped", "not tried: the router is not running", f"{examined.program} start")
            continue
        if examined.offline:
            yield Finding(name, "skipped", "not tried (--offline)")
            continue
        yield _try(client, program, running.url, examined)


def _try(client: Client, program: str, url: str, examined: Examined) -> Finding:
    name = f"client {client.program}"
    began_ms = round(examined.clock.now() * 1000)
    command, environment = _led_here(client, program, url, examined)
    try:
        exit_code, output = _run(command, environment)
    except OSError as error:
        remedy = f"Install {client.title} again, or set {client.variable} to the path of its program"
        return Finding(name, "problem", f"{program} cannot be started ({error.strerror})", remedy)
    found = _traced(examined.home, began_ms, client.client)
    if found is None:
        says = f"its request never came to the router at {url}: it went past it, or nowhere"
        said = f" It said: {printable(output, 200)}" if output else ""
        return Finding(name, "problem", says + said, "See the lines on client settings, environment and proxy here")
    see = f"See why: {examined.program} trace show {found['id']}"
    where = target_text(found["provider"], found["model"])
    if found["state"] != "ok":
        because = printable(found["error"] or f"status {found['status']}", 200)
        return Finding(name, "problem", f"reaches the router; its request for {where} failed: {because}", see)
    took = duration((found["total_ms"] or 0) / 1000)
    cost = usd_text(found["cost_nano_usd"]) if found["cost_nano_usd"] is not None else "unknown cost"
    if found["billing"] == "subscription":
        cost = "a subscription"
    says = f"reaches {where} through the router, paid by {found['token']} ({took}, {cost})"
    if exit_code != 0:
        return Finding(name, "warning", f"{says}; yet it ended with {exit_code}: {printable(output, 200)}", see)
    return Finding(name, "ok", says)


def _led_here(client: Client, program: str, url: str, examined: Examined) -> tuple[list[str], dict[str, str]]:
    """Command and environment; secrets go by environment only."""
    inherited = dict(examined.environ)
    token = examined.home.gateway_token()
    if client.program == "claude":
        environment = claude_environment(inherited, url, token) | around_proxy(inherited)
        return [program, *client.arguments], environment
    environment = {**inherited, CODEX_TOKEN_VARIABLE: token, **around_proxy(inherited)}
    subcommand, *rest = client.arguments
    options = codex_options(inherited, url, examined.home.gateway_token_file)
    return [program, subcommand, *options, *rest], environment


def _run(command: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Exit status and the end of what it said. Nothing that it has started outlives it.

    Raises:
        OSError: it cannot be started.
    """
    with (
        tempfile.TemporaryDirectory(prefix="mitmrouter-doctor-") as folder,
        subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
        ) as process,
    ):  # fmt: skip
        try:
            said = process.communicate(timeout=TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            return 124, f"no answer within {TIME_LIMIT_S:.0f} s"
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
    lines = [line for line in "\n".join(said).splitlines() if line.strip()]
    return process.returncode, lines[-1] if lines else ""


def _traced(home: Home, since_ms: int, client: str) -> dict[str, Any] | None:
    """The request as the router saw it; None when it did not."""
    deadline = time.monotonic() + WRITTEN_WITHIN_S
    while True:
        try:
            with contextlib.closing(open_read_only(home.traces_db).conn) as connection:
                connection.row_factory = sqlite3.Row
                row = connection.execute(SINCE, [since_ms, client]).fetchone()
        except (HomeError, sqlite3.Error):
            row = None
        if (row is not None and row["state"] != "running") or time.monotonic() > deadline:
            return dict(row) if row is not None else None
        time.sleep(0.1)
