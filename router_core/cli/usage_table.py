"""Usage as people read it: a block for each token, a line for each window, with the forecast beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from router_core.cli.printing import Cell, bar, print_table
from router_core.cli.token_table import COLOURS, state_text
from router_core.quota.forecast import Forecast
from router_core.quota.report import Balance
from router_core.quota.words import balance_words, clock_time, forecast_words
from router_core.text import duration, printable

BAR = 12
WARN, BAD = 0.7, 0.9


def print_usage(views: Sequence[Mapping[str, Any]], now: float) -> None:
    """Blocks of lines.

    Args:
        views: token views (tokens/view.py) with what is known of their quota.
        now: epoch seconds.
    """
    for number, view in enumerate(views):
        if number:
            click.echo()
        plan = f", {view['plan']}" if view.get("plan") else ""
        status = click.style(view["status"], fg=COLOURS.get(view["status"]))
        head = f"{click.style(printable(view['name']), bold=True)} ({printable(view['provider'] + plan)})  {status}"
        state = state_text(view, now)
        click.echo(f"{head}  {printable(state, 300)}" if state else head)
        rows = [_window(window, now) for window in view["windows"]]
        rows += [_balance(balance) for balance in view["balances"]]
        if rows:
            print_table(["", "", "", "", ""], rows, heading=False)
        elif view["status"] != "disabled":
            click.echo("  nothing reported yet")
        if view.get("not_polled"):
            click.echo(click.style(f"  not asked now: {printable(view['not_polled'], 200)}", fg="bright_black"))
        elif poll := view.get("poll"):
            click.echo(click.style(f"  asked {duration(now - poll['polled_at'] / 1000)} ago", fg="bright_black"))


def outlook_text(window: Mapping[str, Any], now: float) -> str:
    """The forecast of a window view, or why there is none; "" when nothing can be said of such a window."""
    reset_at = None if window["reset_at"] is None else window["reset_at"] / 1000
    if reset_at is not None and reset_at <= now:
        return ""
    if said := window.get("forecast"):
        return forecast_words(_forecast(said), reset_at, now)
    text = str(window.get("outlook") or "")
    if early := window.get("may_end_at"):
        return f"{text}, if it gets busier not before {clock_time(early / 1000, now)}"
    return text


def _forecast(said: Mapping[str, Any]) -> Forecast:
    return Forecast(said["used_up_at"] / 1000, said["earliest"] / 1000, said["latest"] / 1000, said["because"])


def _window(window: Mapping[str, Any], now: float) -> list[Cell | str]:
    reset_in_s = None if window["reset_at"] is None else window["reset_at"] / 1000 - now
    over = reset_in_s is not None and reset_in_s <= 0
    used = 0.0 if over else window["used"]
    name = f"  {window['name']}"
    if used is None:
        return [name, "", "", "", window["status"] or "?"]
    colour = "red" if used >= BAD else "yellow" if used >= WARN else "green"
    left = "has reset" if over else "" if reset_in_s is None else f"resets in {duration(reset_in_s)}"
    return [name, Cell(bar(used, BAR), colour), Cell(f"{used * 100:.0f}%", right=True), left, outlook_text(window, now)]


def _balance(balance: Mapping[str, Any]) -> list[Cell | str]:
    fields = {name: balance[name] for name in ("name", "used", "total", "remaining", "unit", "status")}
    return [f"  {str(balance['name']).replace('_', ' ')}", "", "", "", balance_words(Balance(**fields))]
