"""`statusline`: one line below Claude Code's prompt: who answers, who pays, how long that lasts, what it cost.

Claude Code runs it again and again and waits for it, so it imports next to nothing and asks the router on this machine
only; whatever goes wrong, it prints a line and is done.
"""

import json
import socket
import sys
import time
from typing import Any
from urllib.parse import quote

import click

from router_core.home import Home
from router_core.running import Running, find_running
from router_core.text import duration, printable

WAIT_S = 0.4
STDIN_LIMIT, ANSWER_LIMIT = 1024 * 1024, 16 * 1024 * 1024
FULL, EMPTY, BAR = "▰", "▱", 5
WARN, BAD = 0.7, 0.9


@click.command()
@click.pass_obj
def statusline(home: Home) -> None:
    """Print one line for Claude Code's status line; reads what Claude Code gives it on standard input."""
    asked = _object(sys.stdin.buffer.read(STDIN_LIMIT) if not sys.stdin.isatty() else b"")
    click.echo(line(home, asked, time.time()))


def line(home: Home, asked: dict[str, Any], now: float) -> str:
    """The whole line.

    Args:
        asked: Claude Code's JSON: `session_id`, `model` …
        now: epoch seconds.
    """
    model = asked.get("model")
    shown = str((model.get("id") or model.get("display_name") or "") if isinstance(model, dict) else "")
    running = find_running(home)
    if running is None:
        return _joined(shown, click.style("router not running", fg="red"))
    told = _ask(home, running, str(asked.get("session_id") or ""), shown)
    if told is None:
        return _joined(shown, click.style("router does not answer", fg="yellow"))
    last = told.get("session") or {}
    if last.get("model"):
        shown = f"{last['provider']}/{last['model']}"
    token = next((view for view in told.get("tokens", ()) if view["name"] == last.get("token")), None)
    if token is None:
        usable = sum(1 for view in told.get("tokens", ()) if view["status"] == "healthy")
        return _joined(shown, f"{usable} token{'' if usable == 1 else 's'} ready")
    parts = [click.style(printable(token["name"], 40), bold=True)]
    if token["status"] != "healthy":
        parts.append(click.style(token["status"], fg="yellow" if token["status"] == "resting" else "red"))
    if window := fullest(token["windows"], now):
        parts.append(_window(window, now))
    return _joined(shown, *parts, money(int(last.get("cost_nano_usd") or 0), int(last.get("metered_nano_usd") or 0)))


def fullest(windows: list[dict[str, Any]], now: float) -> dict[str, Any] | None:
    """The window that matters first: one that will be used up before its reset, else the fullest one."""
    live = [w for w in windows if w["used"] is not None and (w["reset_at"] is None or w["reset_at"] / 1000 > now)]
    ending = [window for window in live if window.get("forecast")]
    if ending:
        return min(ending, key=lambda window: float(window["forecast"]["used_up_at"]))
    return max(live, key=lambda window: float(window["used"]), default=None)


def money(cost_nano_usd: int, metered_nano_usd: int) -> str:
    """What the session has cost, to the cent; `~` before what subscriptions have paid for, at list prices."""
    if not cost_nano_usd:
        return ""
    cents = cost_nano_usd / 1e7
    sign = "" if metered_nano_usd else "~"
    return f"{sign}${cents / 100:,.2f}" if cents >= 1 else f"{sign}<$0.01"


def _window(window: dict[str, Any], now: float) -> str:
    used = float(window["used"])
    colour = "red" if used >= BAD else "yellow" if used >= WARN else "green"
    filled = min(max(round(used * BAR), 1 if used else 0), BAR)
    text = f"{printable(window['name'], 20)} {click.style(FULL * filled, fg=colour)}{EMPTY * (BAR - filled)} {used:.0%}"
    if said := window.get("forecast"):
        at = max(said["used_up_at"] / 1000 - now, 0.0)
        early, late = (max(said[name] / 1000 - now, 0.0) for name in ("earliest", "latest"))
        return f"{text} · full in {duration(at)} ({duration(early)}–{duration(late)})"
    return text if window["reset_at"] is None else f"{text} · resets in {duration(window['reset_at'] / 1000 - now)}"


def _joined(*parts: str) -> str:
    return " · ".join(printable(part, 80) if index == 0 else part for index, part in enumerate(parts) if part)


def _ask(home: Home, running: Running, session: str, model: str) -> dict[str, Any] | None:
    """What the router says; None when it takes too long. A plain socket: an HTTP client costs more than the answer."""
    query = f"session={quote(session, safe='')}&model={quote(model, safe='')}"
    request = (
        f"GET /api/usage?{query} HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
        f"Authorization: Bearer {home.admin_token()}\r\nConnection: close\r\n\r\n"
    )
    received, deadline = bytearray(), time.monotonic() + WAIT_S
    try:
        with socket.create_connection((running.local_host, running.port), timeout=WAIT_S) as connection:
            connection.sendall(request.encode())
            while (chunk := connection.recv(65536)) and len(received) < ANSWER_LIMIT and time.monotonic() < deadline:
                received += chunk
    except OSError:
        return None
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    return _object(body) if b" 200 " in head.partition(b"\r\n")[0] + b" " else None


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
