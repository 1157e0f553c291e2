"""`usage`: what is left of each token, and until when it will last."""

import time
from typing import Any

import click

from router_core.cli.ask_router import ask_router
from router_core.cli.printing import own_command, print_json
from router_core.cli.progress import working
from router_core.clock import SystemClock
from router_core.errors import TokenError
from router_core.home import Home
from router_core.processes import own_router
from router_core.running import Running

ANSWER_TIMEOUT_S = 60.0


@click.command()
@click.argument("name", required=False)
@click.option("--refresh", is_flag=True, help="Ask the providers even if what is known is fresh.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def usage(home: Home, name: str | None, refresh: bool, as_json: bool) -> None:
    """Show each token's quota windows, balances, and when a window will be used up.

    Providers that have a usage endpoint are asked where the answers of the last five minutes did not tell, never more
    often than they allow.
    """
    with working("Asking for usage"):
        views = usage_views(home, forced=refresh)
    if name is not None:
        views = [view for view in views if name in (view["name"], view["id"])]
        if not views:
            raise TokenError(f"There is no token named {name!r}. See: {own_command(home)} token list")
    if as_json:
        print_json(views)
    elif views:
        from router_core.cli.usage_table import print_usage

        print_usage(views, time.time())
    else:
        click.echo(f"No tokens yet. Add one: {own_command(home)} token add NAME --provider claude --access-token-stdin")


def usage_views(home: Home, *, forced: bool) -> list[dict[str, Any]]:
    """What is known of each token, the providers asked where that is due.

    Args:
        forced: also where what is known is fresh.
    """
    running = own_router(home)
    return _ask_running(home, running, forced=forced) if running else _ask_here(home, forced=forced)


def _ask_running(home: Home, running: Running, *, forced: bool) -> list[dict[str, Any]]:
    """What the running router knows: it has the newest, and its tokens come back at once where there is room again.

    Raises:
        click.ClickException: it does not answer.
    """
    path = f"/api/usage?refresh={'always' if forced else '1'}"
    told = ask_router(home, running, path, home.admin_token(), ANSWER_TIMEOUT_S)
    return list(told["tokens"])


def _ask_here(home: Home, *, forced: bool) -> list[dict[str, Any]]:
    """The same without a router."""
    if not home.tokens_db.exists():
        return []
    from router_core.config.load import load_config
    from router_core.oauth.ensure import good_token
    from router_core.quota.inquiry import UsageInquiry
    from router_core.quota.take import take_report
    from router_core.quota.view import NOTHING_KNOWN
    from router_core.store.tokens import open_tokens
    from router_core.tokens.view import token_view
    from router_core.trace.redact import Redactor

    clock = SystemClock()
    store = open_tokens(home, clock)
    tokens = [token for token in store.all() if token.origin == "user"]  # a demo token belongs to its simulator
    redactor = Redactor([token.access_token for token in tokens])
    config = load_config(home.config)
    tokens = [good_token(home, store, config, token) for token in tokens]
    inquiry = UsageInquiry(home, clock)
    why: dict[str, str] = {}
    for token, polled in inquiry.ask(config, tokens, forced=forced):
        why[token.id] = redactor.text(polled.because)
        if polled.report is not None:
            take_report(store, token, polled.report, clock)
    tokens = [token for token in store.all() if token.origin == "user"]
    known, now = inquiry.known(tokens, config), clock.now()
    inquiry.close()
    return [
        {**token_view(token, now, known.get(token.id, NOTHING_KNOWN)), "not_polled": why.get(token.id, "")}
        for token in tokens
    ]
