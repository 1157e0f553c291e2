"""The request of `up`: a short one through the running router, and what became of it."""

import http.client
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from router_core.cli.printing import print_facts
from router_core.cli.progress import working
from router_core.cli.up_wizard import Wizard, aside, bad, good, heading
from router_core.errors import RouterError
from router_core.home import Home
from router_core.running import Running
from router_core.text import printable

if TYPE_CHECKING:
    from router_core.models.info import ModelInfo
    from router_core.tokens.token import Token

CHEAP_CLAUDE = "claude-haiku-4-5"
"""The model that subscriptions serve outside Claude Code, too."""
TIMEOUT_S, TRACE_WITHIN_S, POLL_S = 120.0, 5.0, 0.05
PROMPT = "Reply with OK."


@dataclass(frozen=True, slots=True)
class Sent:
    """What came back."""

    status: int
    text: str
    row: dict[str, Any] | None
    """As it was traced."""


def send_one(wizard: Wizard, running: Running, *, simulate: bool) -> None:
    """Send it and show route, token, latency and cost."""
    heading("One request")
    target = f"claude/{CHEAP_CLAUDE}" if simulate else cheapest_target(wizard.home)
    if not target:
        aside("nothing to send: there is no account that could answer")
        return
    with working(f"Asking {printable(target, 80)}"):
        sent = ask_model(wizard.home, running, target)
    if sent.status == 200:
        good(f"{printable(target, 80)} answered: {printable(sent.text, 60)}")
    else:
        wizard.failed = True
        bad(f"{printable(target, 80)}: {sent.status or 'no answer'}, {printable(sent.text, 400)}")
    if sent.row:
        print_facts([(label, value) for label, value in facts(sent.row) if value], indent="      ")
    click.echo(f"      All of it: {wizard.command} trace show last")


def ask_model(home: Home, running: Running, target: str) -> Sent:
    """One short message, as a client would send it."""
    agent = f"mitmrouter-up ({secrets.token_hex(4)})"
    connection = http.client.HTTPConnection(running.local_host, running.port, timeout=TIMEOUT_S)
    headers = {
        "host": f"127.0.0.1:{running.port}",
        "authorization": f"Bearer {home.gateway_token()}",
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
        "user-agent": agent,
    }
    message = {"role": "user", "content": PROMPT}
    provider, _, model = target.partition("/")
    # Below its own path Claude is asked as it is: a subscription serves this model to others than Claude Code, too.
    path = "/claude/v1/messages" if provider == "claude" else "/v1/messages"
    asked = model if provider == "claude" else target
    body = json.dumps({"model": asked, "max_tokens": 64, "messages": [message]})
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        status, content = answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        return Sent(0, str(error) or type(error).__name__, None)
    finally:
        connection.close()
    return Sent(status, said(content), _traced(home, agent))


def said(content: bytes) -> str:
    """The text of an answer, or the message of an error."""
    try:
        told = json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")
    if not isinstance(told, dict):
        return str(told)
    if isinstance(error := told.get("error"), dict):
        return str(error.get("message", ""))
    blocks = told.get("content")
    return "".join(str(block.get("text", "")) for block in blocks) if isinstance(blocks, list) else ""


def facts(row: dict[str, Any]) -> list[tuple[str, str]]:
    """What happened, in the order in which people ask."""
    from router_core.spend.cost_text import cost_text

    tries = f", {row['attempts']} attempts" if (row["attempts"] or 0) > 1 else ""
    times = [f"first word after {row['ttft_ms'] / 1000:.2f} s"] if row["ttft_ms"] is not None else []
    times += [f"all after {row['total_ms'] / 1000:.2f} s"] if row["total_ms"] is not None else []
    used = [f"{row['input_tokens']} in"] if row["input_tokens"] is not None else []
    used += [f"{row['output_tokens']} out"] if row["output_tokens"] is not None else []
    return [
        ("route", f"{row['provider']}/{row['model']}: {row['because']}"),
        ("token", f"{row['token']}{tries}" if row["token"] else ""),
        ("took", ", ".join(times)),
        ("tokens", ", ".join(used)),
        ("cost", cost_text(row["cost_nano_usd"], row["cost_basis"], row["billing"])),
        ("error", row["error"] or ""),
    ]


def cheapest_target(home: Home) -> str:
    """A cheap model of the account that would pay first; "" without one."""
    from router_core.cli.up_accounts import accounts
    from router_core.config.load import load_config

    config, now = load_config(home.config), time.time()
    tokens = [token for token in accounts(home, config) if token.enabled]
    for token in sorted(tokens, key=lambda token: (token.status(now) != "healthy", token.priority)):
        if token.provider == "claude":
            return f"claude/{CHEAP_CLAUDE}"
        if model := cheapest(_models(home, config, token)):
            return f"{token.provider}/{model}"
    return ""


def cheapest(models: "Sequence[ModelInfo]") -> str:
    """The cheapest model whose price is known; else the first."""
    from router_core.spend.prices import price_of

    priced = [(price.output, info.id) for info in models if info.known and (price := price_of(info.id))]
    return min(priced)[1] if priced else models[0].id if models else ""


def _models(home: Home, config: Any, token: "Token") -> "Sequence[ModelInfo]":
    from router_core.clock import SystemClock
    from router_core.models.of_home import models_of_home

    try:
        offered = models_of_home(home, config, SystemClock(), (token.provider,))
    except RouterError:
        return ()
    return offered[0].models if offered else ()


def _traced(home: Home, agent: str) -> dict[str, Any] | None:
    """The row of the request, once it is finished."""
    from router_core.store import traces
    from router_core.store.database import open_read_only

    deadline = time.monotonic() + TRACE_WITHIN_S
    while time.monotonic() < deadline:
        if home.traces_db.exists():
            database = open_read_only(home.traces_db)
            rows = traces.recent(database, limit=1, where={"user_agent": agent})
            database.conn.close()
            if rows and rows[0]["finished_at"]:
                return rows[0]
        time.sleep(POLL_S)
    return None
