"""`token …`: register, look at, change and test credentials. Secrets go in and are never shown again."""

import time
from dataclasses import replace
from typing import Any

import click

from router_core.cli.printing import note, own_command, print_json
from router_core.clock import SystemClock
from router_core.errors import HomeError, TokenError
from router_core.home import Home
from router_core.store.tokens import TokenStore, open_tokens, view_tokens
from router_core.tokens.token import Token
from router_core.tokens.view import token_view

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
name_argument = click.argument("name")
priority_option = click.IntRange(-1_000_000, 1_000_000)


@click.group()
def token() -> None:
    """Register your accounts and keys, and see how they are doing."""


@token.command()
@name_argument
@click.option("--provider", required=True, metavar="P", help="claude, codex, openai … (see config show).")
@click.option("--access-token", metavar="T", help="The credential; visible in the process list, so better:")
@click.option("--access-token-stdin", is_flag=True, help="Read it from standard input, or ask for it, hidden.")
@click.option("--refresh-token", metavar="R", help="Kept with it, for renewing it.")
@click.option("--account-id", metavar="A", help="ChatGPT account id; taken from the token itself when left out.")
@click.option("--priority", type=priority_option, default=100, show_default=True, help="Lower is taken first.")
@click.pass_obj
def add(
    home: Home,
    name: str,
    provider: str,
    access_token: str | None,
    access_token_stdin: bool,
    refresh_token: str | None,
    account_id: str | None,
    priority: int,
) -> None:
    """Register a credential under a name of your choice."""
    from router_core.cli import token_input  # here: the configuration costs more time than a listing does
    from router_core.config.load import load_config

    token_input.check_name(name)
    kind = token_input.check_provider(provider, load_config(home.config))
    secret = token_input.read_credential(access_token, access_token_stdin)
    if refresh_token is not None:
        refresh_token = token_input.check_credential(refresh_token, "refresh token")
    if account_id is not None:
        account_id = token_input.check_credential(account_id, "account id")
    new = Token("", name, provider, secret, refresh_token, priority=priority)
    new = replace(new, **token_input.facts_of(secret, kind, account_id))
    store = _open(home)
    for other in store.all():
        if (other.provider, other.access_token) == (provider, secret):
            raise TokenError(f"This credential is registered already, as {other.name!r}.")
    store.add(new)
    click.echo(f"Added {name} ({provider}). See whether it works: {own_command(home)} token test {name}")
    if new.expires_at is not None and new.expires_at <= time.time():
        note("Note: this token says of itself that it has expired.")


@token.command("list")
@as_json
@click.pass_obj
def list_(home: Home, as_json: bool) -> None:
    """Every token: status, priority, quota windows, and until when and why one rests."""
    from router_core.cli.token_table import print_tokens

    now = time.time()
    views = [token_view(token, now) for token in _readable(home)]
    if as_json:
        print_json(views)
    elif views:
        print_tokens(views, now)
    else:
        click.echo(f"No tokens yet. Add one: {own_command(home)} token add NAME --provider claude --access-token-stdin")


def _open(home: Home) -> TokenStore:
    return open_tokens(home.ensure(), SystemClock())


def _readable(home: Home) -> list[Token]:
    """The tokens, also when one of them cannot be decrypted: then without secrets."""
    if not home.tokens_db.exists():
        return []
    try:
        return _open(home).all()
    except HomeError as error:
        note(f"Note: {error.message}")
        return view_tokens(home, SystemClock()).all()


def _view(token: Token) -> dict[str, Any]:
    return token_view(token, time.time())
