"""`token test`: what to do with the provider's answer. The request itself is tokens/probe.py."""

from collections.abc import Sequence
from typing import Any

import click

from router_core.cli.progress import working
from router_core.clock import SystemClock
from router_core.config.load import load_config
from router_core.home import Home
from router_core.oauth.ensure import good_token
from router_core.store.database import transaction
from router_core.store.tokens import TokenStore, write_windows
from router_core.text import printable
from router_core.tokens.probe import ProbeResult, probe
from router_core.tokens.token import Token
from router_core.trace.redact import Redactor


def test_tokens(home: Home, store: TokenStore, tokens: Sequence[Token], *, show: bool) -> list[dict[str, Any]]:
    """Try each token, heal those that work, and say how it went.

    Args:
        show: print a line as each answer comes.

    Returns:
        name, provider, ok and detail of each.
    """
    config = load_config(home.config)
    redactor = Redactor([token.access_token for token in tokens])
    results = []
    for number, given in enumerate(tokens, start=1):
        with working(f"Testing {given.name}" + (f" ({number} of {len(tokens)})" if len(tokens) > 1 else "")):
            token = good_token(home, store, config, given)
            redactor.know([token.access_token])
            result = probe(token, config.providers.get(token.provider), config, SystemClock())
        _remember(store, token, result)
        detail = redactor.text(printable(result.detail, 2500))
        if show:
            word = click.style("works", fg="green") if result.ok else click.style("fails", fg="red")
            click.echo(f"{word}  {token.name} ({token.provider}): {detail}")
        results.append({"name": token.name, "provider": token.provider, "ok": result.ok, "detail": detail})
    return results


def _remember(store: TokenStore, token: Token, result: ProbeResult) -> None:
    if result.windows:
        with transaction(store.database) as connection:
            write_windows(connection, token.id, result.windows)
    if result.ok:
        store.heal(token.id)  # last: it also tells a running router to look
