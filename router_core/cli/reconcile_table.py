"""A reconciliation as people read it: what was reported, what was ours, and why they differ."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import click

from router_core.cli.printing import Cell, bar, print_table
from router_core.cli.stats_table import short_count
from router_core.money import usd_text
from router_core.text import plain, printable

BAR = 12
NAMES = {
    "key": "this key, ever",
    "key_day": "today (UTC)",
    "key_week": "this week (UTC)",
    "key_month": "this month (UTC)",
    "credits": "the account, ever",
}


def print_reconciled(told: Sequence[Mapping[str, Any]]) -> None:
    """A block for each token."""
    for number, token in enumerate(told):
        if number:
            click.echo()
        click.echo(f"{click.style(printable(token['name']), bold=True)} ({printable(token['provider'])})")
        for window in token["windows"]:
            _print_window(window)
        for sum_ in token["money"]:
            _print_money(sum_)
        if not token["windows"] and not token["money"]:
            click.echo("  its provider tells nothing that could be compared")
        if token["not_polled"]:
            click.echo(click.style(f"  not asked now: {printable(token['not_polled'], 200)}", fg="bright_black"))


def _print_window(window: Mapping[str, Any]) -> None:
    found = window["compared"]
    if found is None:
        click.echo(f"  {printable(window['name'], 40)}: {window['used']:.0%} used; {window['why_not']}")
        return
    span = f"{_time(found['since'])} – {_time(found['until'])}"
    click.echo(f"  {printable(window['name'], 40)}, {span}")
    weight = short_count(round(found["weight"]))
    counted = f"{found['requests']:,} request{'' if found['requests'] == 1 else 's'}"
    rows = [
        _row("reported", found["reported"], "cyan"),
        _row("ours", found["own"], "green", f"{counted}, {weight} tokens (weighted)"),
        _row("others", found["others"], "yellow"),
        _row("not explained", found["unexplained"], "red"),
    ]  # fmt: skip
    print_table(["", "", "", ""], rows, heading=False)
    _print_reasons(found["reasons"])


def _row(what: str, fraction: float | None, colour: str, more: str = "") -> list[Cell | str]:
    if fraction is None:
        return [f"    {what}", "", Cell("?", right=True), more]
    return [f"    {what}", Cell(bar(max(0.0, fraction), BAR), colour), Cell(f"{fraction:.1%}", right=True), more]


def _print_money(found: Mapping[str, Any]) -> None:
    own = found["own"]
    click.echo(f"  {NAMES.get(found['name'], printable(found['name'].replace('_', ' '), 40))}")
    rows: list[list[Cell | str]] = [
        ["    reported", Cell(usd_text(found["reported_nano_usd"]), right=True), ""],
        ["    ours", Cell(usd_text(own["cost_nano_usd"]), right=True), f"{own['requests']:,} requests"],
        ["    difference", Cell(usd_text(found["difference_nano_usd"]), right=True), ""],
    ]
    print_table(["", "", ""], rows, heading=False)
    _print_reasons(found["reasons"])


def _print_reasons(reasons: Sequence[str]) -> None:
    for reason in reasons:
        click.echo(click.style(f"    · {plain(reason)}", fg="bright_black"))


def _time(at: float) -> str:
    return datetime.datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M")
