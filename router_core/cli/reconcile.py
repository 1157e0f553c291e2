"""`reconcile`: what the providers say was used against what we have counted, with the difference explained."""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from router_core.cli.printing import own_command, print_json
from router_core.cli.span_options import span_of
from router_core.cli.usage import usage_views
from router_core.errors import TokenError
from router_core.home import Home
from router_core.store.database import open_read_only

if TYPE_CHECKING:
    from sqlite_utils import Database

KNOWN_S = 8 * 86400.0
"""So long are reports kept."""


@click.command()
@click.option("--token", metavar="NAME", help="Only this token.")
@click.option("--last", metavar="TIME", help="Compare this time (5h, 7d), not each window from its beginning on.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def reconcile(home: Home, token: str | None, last: str | None, as_json: bool) -> None:
    """Compare our own counts with what the providers say of each token, and explain the difference.

    Providers are asked now, as far as they may be. A subscription's windows are told in percent: what of them was ours,
    what others used, and what cannot be told is said apart. Money is compared in USD.
    """
    since = span_of(None, None, last, time.time())[0] / 1000 if last is not None else None
    views = usage_views(home, forced=True)
    now = time.time()  # what was told just now is in it
    if token is not None:
        views = [view for view in views if token in (view["name"], view["id"])]
        if not views:
            raise TokenError(f"There is no token named {token!r}. See: {own_command(home)} token list")
    with contextlib.ExitStack() as stack:
        tokens_db, traces_db = _opened(stack, home.tokens_db), _opened(stack, home.traces_db)
        told = [_of_token(view, tokens_db, traces_db, since, now) for view in views]
    if as_json:
        print_json({"tokens": told})
    elif told:
        from router_core.cli.reconcile_table import print_reconciled

        print_reconciled(told)
    else:
        click.echo(f"No tokens yet. Add one: {own_command(home)} token add NAME --provider claude --access-token-stdin")


def _opened(stack: contextlib.ExitStack, file: Path) -> "Database | None":
    return stack.enter_context(contextlib.closing(open_read_only(file))) if file.exists() else None


def _of_token(
    view: Mapping[str, Any], tokens_db: "Database | None", traces_db: "Database | None", since: float | None, now: float
) -> dict[str, Any]:
    from router_core.quota.reconcile_money import OwnCost, beginning, reconcile_money
    from router_core.store.own_use import own_cost
    from router_core.store.quota import samples_of

    samples = samples_of(tokens_db, view["id"], now - KNOWN_S) if tokens_db else {}
    windows = [
        _of_window(window, samples.get(window["name"], []), view, traces_db, since, now)
        for window in view["windows"]
        if window["used"] is not None
    ]
    money = []
    for balance in view["balances"]:
        if balance["unit"] == "USD" and balance["used"] is not None:
            begins = beginning(balance["name"], now)
            own = own_cost(traces_db, view["name"], begins) if traces_db else OwnCost()
            found = reconcile_money(balance["name"], balance["used"], own, begins)
            money.append({**asdict(found), "difference_nano_usd": found.difference_nano_usd})
    return {
        "name": view["name"], "provider": view["provider"], "not_polled": view.get("not_polled", ""),
        "windows": windows, "money": money,
    }  # fmt: skip


def _of_window(
    window: Mapping[str, Any], samples: list[Any], view: Mapping[str, Any], traces_db: "Database | None",
    since: float | None, now: float,
) -> dict[str, Any]:  # fmt: skip
    from router_core.quota.reconcile import reconcile as compare
    from router_core.quota.sample import Sample
    from router_core.store.own_use import own_requests

    name = str(window["name"])
    reset_at = None if window["reset_at"] is None else window["reset_at"] / 1000
    at = max(window["observed_at"], _polled_at(view)) / 1000
    if not samples or samples[-1].observed_at < at:
        samples = [*samples, Sample(at, window["used"], reset_at)]
    begins = reset_at - window["length_s"] if reset_at and window["length_s"] else None
    asked = since if since is not None else begins
    own = own_requests(traces_db, view["name"], now - KNOWN_S, name.partition("_")[2]) if traces_db else []
    found = None
    if asked is not None:
        found = compare(samples, own, asked, now, began_empty=since is None or since == begins)
    return {
        "name": name, "used": window["used"], "reset_at": window["reset_at"], "length_s": window["length_s"],
        "compared": None if found is None else asdict(found),
        "why_not": "" if found is not None else "there are no two reports of this time to compare",
    }  # fmt: skip


def _polled_at(view: Mapping[str, Any]) -> int:
    """When the usage endpoint last told; a figure that did not move is not written down again. 0: it never did."""
    poll = view.get("poll")
    return poll["polled_at"] if poll and not poll["error"] else 0
