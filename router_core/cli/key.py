"""`key …`: keys for clients that are not to have the gateway token: each with a budget and targets of its own."""

import re
import time
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from router_core.cli.printing import Cell, note, own_command, print_json, print_table
from router_core.clock import SystemClock
from router_core.errors import TokenError
from router_core.home import Home
from router_core.tokens.client_key import ClientKey

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
COUNT = click.IntRange(0, 10**15)
PERIODS = ("day", "week", "month")
_AFTER = re.compile(r"(\d{1,6})\s*([mhdw])")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
LONGEST_S = 100 * 366 * 86_400
COLOURS = {"valid": "green", "revoked": "red", "expired": "yellow"}


class Money(click.ParamType[str]):
    """USD, kept as it was written."""

    name = "USD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            usd = Decimal(str(value).removeprefix("$"))
        except InvalidOperation:
            usd = Decimal("NaN")
        if not usd.is_finite() or not 0 <= usd <= 1_000_000_000:
            self.fail(f"{value!r} is no amount of USD such as 5 or 2.50.", param, ctx)
        return format(usd, "f")


class Pattern(click.ParamType[str]):
    """A pattern of targets; an empty one, mostly a variable that is not set, would not do what it looks like."""

    name = "GLOB"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value).strip():
            self.fail("it is empty.", param, ctx)
        return str(value).strip()


USD, GLOB = Money(), Pattern()


@click.group()
def key() -> None:
    """Give clients keys of their own, each with a budget and a list of targets."""


@key.command()
@click.argument("name")
@click.option("--budget-usd-per-day", "usd_day", type=USD, help="Most that may be spent with it in a local day.")
@click.option("--budget-usd-per-week", "usd_week", type=USD, help="In a week, from Monday on.")
@click.option("--budget-usd-per-month", "usd_month", type=USD, help="In a calendar month.")
@click.option("--budget-requests-per-day", "requests_day", type=COUNT, metavar="N", help="Most answers in a day.")
@click.option(
    "--budget-input-tokens-per-day", "input_day", type=COUNT, metavar="N", help="Most prompt tokens in a day."
)
@click.option("--budget-output-tokens-per-day", "output_day", type=COUNT, metavar="N", help="Most output in a day.")
@click.option("--allow", multiple=True, type=GLOB, help="A target that it may use; nothing else then. Repeatable.")
@click.option("--deny", multiple=True, type=GLOB, help="A target that it may not use. Repeatable.")
@click.option("--expires", metavar="WHEN", help="30d, 12h, or a day such as 2027-01-31.")
@as_json
@click.pass_obj
def add(
    home: Home,
    name: str,
    usd_day: str | None,
    usd_week: str | None,
    usd_month: str | None,
    requests_day: int | None,
    input_day: int | None,
    output_day: int | None,
    allow: tuple[str, ...],
    deny: tuple[str, ...],
    expires: str | None,
    as_json: bool,
) -> None:
    """Make a key. It is shown now and never again: only a hash of it is stored."""
    from router_core.store.client_keys import open_keys

    day = {"usd": usd_day, "requests": requests_day, "input_tokens": input_day, "output_tokens": output_day}
    limits = _limits(day=day, week={"usd": usd_week}, month={"usd": usd_month})
    expires_at = None if expires is None else expiry(expires, time.time())
    store = open_keys(home.ensure(), SystemClock())
    secret = store.add(name, expires_at=expires_at, allow=allow, deny=deny, limits=limits)
    made = store.named(name)
    if as_json:
        print_json({**_view(made, time.time()), "key": secret})
        return
    click.echo(secret)
    note(f"This is the key {made.name!r}; it is shown this once. Clients present it as they would the gateway token.")
    note(f"Limits: {_limits_text(made) or 'none of its own'}. A running router knows it at once.")


@key.command("list")
@as_json
@click.pass_obj
def list_(home: Home, as_json: bool) -> None:
    """The keys by name, what each may do, and what it has used today; never the keys themselves."""
    from router_core.store.client_keys import open_keys

    keys = open_keys(home, SystemClock()).all() if home.tokens_db.exists() else []
    now, used = time.time(), _used_today(home) if keys else {}
    if as_json:
        print_json([{**_view(each, now), "used_today": used.get(each.name, _NOTHING)} for each in keys])
        return
    if not keys:
        click.echo(f"No client keys. Make one: {own_command(home)} key add NAME")
        return
    from router_core.money import usd_text

    rows: list[list[Cell | str]] = []
    for each in keys:
        state = each.state(now)
        today = used.get(each.name, _NOTHING)
        spent = f"{today['requests']} requests, {usd_text(today['cost_nano_usd'])}" if today["requests"] else ""
        rows.append(
            [
                each.name,
                Cell(state, COLOURS[state]),
                _day(each.created_at),
                "never" if each.expires_at is None else _day(each.expires_at),
                _limits_text(each) or "-",
                ", ".join(each.allow) or "all",
                ", ".join(each.deny) or "-",
                spent or "-",
            ]
        )
    print_table(["NAME", "STATE", "CREATED", "EXPIRES", "LIMITS", "ALLOWED", "DENIED", "TODAY"], rows)


@key.command()
@click.argument("name")
@as_json
@click.pass_obj
def revoke(home: Home, name: str, as_json: bool) -> None:
    """Make a key worthless, at once and for good. Its name may be given to a new one."""
    from router_core.store.client_keys import open_keys

    gone = open_keys(home.ensure(), SystemClock()).revoke(name)
    if as_json:
        print_json(_view(gone, time.time()))
    else:
        click.echo(f"Revoked {gone.name}.")


def expiry(text: str, now: float) -> float:
    """When a key ends: after `30d`, `12h`, `2w`, `90m`, or with the beginning of a local day.

    Raises:
        TokenError: it is neither, or past.
    """
    if found := _AFTER.fullmatch(text.strip().lower()):
        at = now + int(found[1]) * _SECONDS[found[2]]
    else:
        try:
            at = datetime.fromisoformat(text.strip()).timestamp()
        except (ValueError, OverflowError):
            raise TokenError(
                f"--expires: {text!r} is neither a time such as 30d or 12h nor a day such as 2027-01-31."
            ) from None
    if at <= now:
        raise TokenError(f"--expires: {text!r} is past.")
    if at > now + LONGEST_S:
        raise TokenError(
            f"--expires: {text!r} is more than 100 years from now. Leave it out: such a key never expires."
        )
    return at


_NOTHING = {"requests": 0, "cost_nano_usd": 0, "metered_nano_usd": 0}


def _limits(**periods: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Only what was given."""
    given = {
        period: {name: value for name, value in limits.items() if value is not None}
        for period, limits in periods.items()
    }
    return {period: limits for period, limits in given.items() if limits}


def _limits_text(key: ClientKey) -> str:
    """`$5 a day, 100 requests a day`."""
    parts = []
    for period in PERIODS:
        for name, value in key.limits.get(period, {}).items():
            parts.append(f"${value} a {period}" if name == "usd" else f"{value} {name.replace('_', ' ')} a {period}")
    return ", ".join(parts)


def _view(key: ClientKey, now: float) -> dict[str, Any]:
    return {
        "name": key.name,
        "state": key.state(now),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "limits": key.limits,
        "allow": key.allow,
        "deny": key.deny,
    }


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at):%Y-%m-%d}"


def _used_today(home: Home) -> dict[str, dict[str, int]]:
    from router_core.store.database import open_read_only
    from router_core.store.traces import used_by_keys

    if not home.traces_db.exists():
        return {}
    midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    return used_by_keys(open_read_only(home.traces_db), midnight)
