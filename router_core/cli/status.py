"""`status`: whether the router runs, where, and how its tokens are doing, as the router itself says."""

import time
from collections.abc import Iterator
from typing import Any

import click

from router_core.cli.ask_router import ask_router
from router_core.cli.printing import Cell, own_command, print_facts, print_json
from router_core.home import Home
from router_core.money import usd_text
from router_core.processes import own_router
from router_core.running import Running
from router_core.text import duration

ANSWER_TIMEOUT_S = 5.0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(home: Home, as_json: bool) -> None:
    """Say whether the router runs, and how its providers and tokens are doing. Fails when it does not run."""
    running = own_router(home)
    if running is None:
        if as_json:
            print_json({"running": False, "home": str(home.path)})
        else:
            click.echo(f"The router is not running. Start it: {own_command(home)} start")
        click.get_current_context().exit(1)
    from router_core.store.key_source import KeySource

    told = ask_router(home, running, "/status", home.gateway_token(), ANSWER_TIMEOUT_S)
    if as_json:
        print_json({"running": True, "url": running.url, "key": KeySource(home).where, **told})
    else:
        _print(home, running, told, KeySource(home).where)


def _print(home: Home, running: Running, told: dict[str, Any], key: str) -> None:
    from router_core.cli.token_table import print_tokens

    print_facts(
        [
            ("running", f"{running.url} (pid {running.pid}, for {duration(told['uptime_s'])})"),
            ("version", str(told["version"])),
            ("home", str(told["home"])),
            ("secrets", f"encrypted with {key}"),
            ("providers", _providers_text(told["providers"], home)),
            ("today", _today_text(told["today"])),
            *(("locked to", Cell(text, "yellow")) for text in _lock_texts(told, home)),
            *(("budget", Cell(text, "yellow")) for text in told["budgets"]),
        ]
    )
    if told["tokens"]:
        click.echo()
        print_tokens(told["tokens"], time.time())
    else:
        click.echo("No tokens yet.")


def _lock_texts(told: dict[str, Any], home: Home) -> Iterator[str]:
    if target := told.get("locked_to"):  # a router that runs since before an update does not say
        yield f"{target}, whatever the rules say (let go: {own_command(home)} model unlock)"


def _today_text(today: dict[str, int]) -> str:
    """`12 requests, $0.34 spent, $5.20 at list prices by subscriptions`."""
    parts = [f"{today['requests']} requests" if today["requests"] != 1 else "1 request"]
    if today["metered_nano_usd"]:
        parts.append(f"{usd_text(today['metered_nano_usd'])} spent")
    if by_plans := today["cost_nano_usd"] - today["metered_nano_usd"]:
        parts.append(f"{usd_text(by_plans)} at list prices by subscriptions")
    return ", ".join(parts)


def _providers_text(providers: list[dict[str, Any]], home: Home) -> str:
    """Those with tokens; the many others are a list of their own."""
    used = [_provider_text(provider) for provider in providers if any(provider["tokens"].values())]
    return f"{', '.join(used) or 'none has a token'} (all: {own_command(home)} provider list)"


def _provider_text(provider: dict[str, Any]) -> str:
    """`claude (2 healthy, 1 resting)`."""
    counts = ", ".join(f"{count} {word}" for word, count in provider["tokens"].items() if count)
    return f"{provider['name']} ({counts})"
