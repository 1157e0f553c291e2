"""`token …`: register, look at, change and test credentials. Secrets go in and are never shown again."""

import time
from dataclasses import replace

import click

from router_core.cli import asking
from router_core.cli.printing import note, own_command, print_json
from router_core.cli.token_export import export_command, restore_command
from router_core.cli.token_import import import_
from router_core.cli.token_key import rotate_key_command
from router_core.cli.token_refresh import refresh_command
from router_core.clock import SystemClock
from router_core.errors import TokenError
from router_core.home import Home
from router_core.store.token_rows import nothing_to_collect
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Token
from router_core.tokens.view import token_view

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
name_argument = click.argument("name")
priority_option = click.IntRange(-1_000_000, 1_000_000)
OWN_KINDS = ("openai-chat", "openai-responses", "openai", "anthropic", "gemini")
AUTH_FORMS = ("bearer", "x-api-key", "api-key")
WEIGHT = click.FloatRange(0.01, 1000)
WEIGHT_HELP = "Share of the requests under round_robin and least_used."
CONCURRENT_HELP = "Most requests under way with it at once; any number when not set."
UNLIMITED_HELP = "Most requests under way with it at once; 0 takes the limit off."
COMPAT_HELP = "A subscription token pays for other clients than Claude Code, too; the provider's terms may forbid it."


@click.group()
def token() -> None:
    """Register your accounts and keys, and see how they are doing."""


@token.command()
@click.argument("name", required=False)
@click.option("-n", "--name", "named", metavar="NAME", help="The name, if it does not stand alone.")
@click.option("-p", "--provider", metavar="P", help="claude, codex, openai … (see provider list).  [required]")
@click.option("--base-url", metavar="URL", help="A service of your own: written to config.toml under the name P.")
@click.option("--kind", type=click.Choice(OWN_KINDS), help="Its dialect.  [default: openai-chat]")
@click.option("--auth", type=click.Choice(AUTH_FORMS), help="The header that carries its key.")
@click.option("-a", "--access-token", metavar="T", help="The credential; visible in the process list, so better:")
@click.option("--access-token-stdin", is_flag=True, help="Read it from standard input, or ask for it, hidden.")
@click.option("-r", "--refresh-token", metavar="R", help="Kept with it, for renewing it.")
@click.option("--account-id", metavar="A", help="ChatGPT account id; taken from the token itself when left out.")
@click.option("--priority", type=priority_option, default=100, show_default=True, help="Lower is taken first.")
@click.option("--weight", type=WEIGHT, default=1.0, show_default=True, help=WEIGHT_HELP)
@click.option("--max-concurrent", type=click.IntRange(1, 10_000), metavar="N", help=CONCURRENT_HELP)
@click.option("--claude-code-compat", is_flag=True, help=COMPAT_HELP)
@click.pass_obj
def add(
    home: Home,
    name: str | None,
    named: str | None,
    provider: str | None,
    base_url: str | None,
    kind: str | None,
    auth: str | None,
    access_token: str | None,
    access_token_stdin: bool,
    refresh_token: str | None,
    account_id: str | None,
    priority: int,
    weight: float,
    max_concurrent: int | None,
    claude_code_compat: bool,
) -> None:
    """Register a credential under a name of your choice."""
    from router_core.cli import token_input  # here: the configuration costs more time than a listing does
    from router_core.config.load import load_config
    from router_core.tokens.given import COMPAT_WARNING, Given, check_name, new_token, seems_of_another

    if (name is None) == (named is None):
        raise click.UsageError("Say once what to call it: token add NAME --provider P.")
    if provider is None:
        said = "Say whose it is: --provider claude, codex, openai, gemini …"
        raise click.UsageError(f"{said} (all: {own_command(home)} provider list).")
    name = name or named or ""
    check_name(name)
    config = load_config(home.ensure().config)
    own = None
    if base_url is not None:
        own = token_input.own_provider(provider, base_url, kind, auth)
    elif kind is not None or auth is not None:
        raise click.UsageError("--kind and --auth describe a service of your own: give its --base-url as well.")
    else:
        provider = token_input.provider_name(provider, config)
    settings = own or config.providers[provider]
    secret = token_input.read_credential(access_token, access_token_stdin, keyless=settings.keyless)
    given = Given(
        name, provider, secret, refresh_token, account_id, priority, weight, max_concurrent, claude_code_compat
    )
    store = _open(home)
    new = new_token(given, settings, store.all())
    if claude_code_compat:
        note(f"Note: {COMPAT_WARNING}")
    if own is not None:
        token_input.write_provider(home, provider, own)
    store.add(new)
    if own is None and (other := seems_of_another(secret, provider)):
        note(f"Note: this looks like a credential of {other}, not of {provider}.")
    click.echo(f"Added {name} ({provider}). See whether it works: {own_command(home)} token test {name}")
    if new.expires_at is not None and new.expires_at <= time.time():
        note("Note: this token says of itself that it has expired.")


token.add_command(import_)
token.add_command(refresh_command)


@token.command("list")
@click.option("-p", "--provider", metavar="P", help="Only those of this provider.")
@as_json
@click.pass_obj
def list_(home: Home, provider: str | None, as_json: bool) -> None:
    """Every token: status, priority, quota windows, and until when and why one rests."""
    from router_core.cli.token_table import print_tokens

    now = time.time()
    with nothing_to_collect():
        views = _open(home).views(now) if home.tokens_db.exists() else []
        if provider is not None:
            from router_core.cli.token_input import provider_name  # here: as above, for those who ask only
            from router_core.config.load import load_config

            provider = provider_name(provider, load_config(home.config))
            views = [view for view in views if view["provider"] == provider]
        if as_json:
            print_json(views)
        elif views:
            print_tokens(views, now)
        else:
            add = f"{own_command(home)} token add NAME --provider claude --access-token-stdin"
            click.echo(f"No tokens{f' of {provider}' if provider else ''} yet. Add one: {add}")


@token.command()
@name_argument
@as_json
@click.pass_obj
def show(home: Home, name: str, as_json: bool) -> None:
    """Everything known of one token but its secrets."""
    from router_core.cli.token_table import print_token

    now = time.time()
    view = token_view(_one(_readable(home), name), now)
    if as_json:
        print_json(view)
    else:
        print_token(view, now)


@token.command()
@name_argument
@click.option("--name", "new_name", metavar="NEW", help="Call it this from now on.")
@click.option("--priority", type=priority_option, help="Lower is taken first.")
@click.option("--account-id", metavar="A", help="ChatGPT account id.")
@click.option("--weight", type=WEIGHT, help=WEIGHT_HELP)
@click.option("--max-concurrent", type=click.IntRange(0, 10_000), metavar="N", help=UNLIMITED_HELP)
@click.option("--access-token-stdin", is_flag=True, help="Read a new credential; the token counts as healthy again.")
@click.option("--claude-code-compat/--no-claude-code-compat", default=None, help=COMPAT_HELP)
@click.pass_obj
def edit(
    home: Home,
    name: str,
    new_name: str | None,
    priority: int | None,
    account_id: str | None,
    weight: float | None,
    max_concurrent: int | None,
    access_token_stdin: bool,
    claude_code_compat: bool | None,
) -> None:
    """Change a token; a running router notices before its next request."""
    from router_core.cli import token_input
    from router_core.config.load import load_config
    from router_core.tokens.given import COMPAT_OFF, COMPAT_WARNING, Change, changed, check_provider

    given = (new_name, priority, account_id, weight, max_concurrent, claude_code_compat)
    if not access_token_stdin and all(value is None for value in given):
        raise click.UsageError(
            "Say what to change: --name, --priority, --weight, --max-concurrent, --account-id, --claude-code-compat or "
            "--access-token-stdin."
        )
    store = _open(home)
    before = _own(store.named(name))
    secret = token_input.read_credential(None, from_stdin=True) if access_token_stdin else None
    change = Change(
        new_name, priority, weight, max_concurrent, None, account_id, claude_code_compat, access_token=secret
    )
    after = changed(before, change, lambda provider: check_provider(provider, load_config(home.config)))
    if claude_code_compat:
        note(f"Note: {COMPAT_WARNING}")
    elif before.claude_code_compat and not after.claude_code_compat and claude_code_compat is None:
        note(f"Note: {COMPAT_OFF}")
    store.save(after, new_credential=access_token_stdin)
    if access_token_stdin:
        store.heal(after.id)  # whatever was wrong was wrong with the old credential
    click.echo(f"Changed {after.name}.")


@token.command()
@name_argument
@click.pass_obj
def enable(home: Home, name: str) -> None:
    """Use a token again."""
    _switch(home, name, True)


@token.command()
@name_argument
@click.pass_obj
def disable(home: Home, name: str) -> None:
    """Keep a token, but do not use it."""
    _switch(home, name, False)


@token.command()
@name_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(home: Home, name: str, yes: bool) -> None:
    """Forget a token and its credential. The provider is not told: revoke it there as well if need be."""
    store = _open(home)
    gone = store.named(name)
    if not yes:
        asking.confirm(f"Remove {gone.name} ({gone.provider})?")
    store.remove(gone.id)
    click.echo(f"Removed {gone.name}.")


@token.command()
@click.argument("name", required=False)
@as_json
@click.pass_obj
def test(home: Home, name: str | None, as_json: bool) -> None:
    """Ask the provider with a token, or with every one: one small real request each.

    A token that works counts as healthy again, and its windows are filled from the answer. Fails if one does not work.
    """
    from router_core.cli.token_test import test_tokens

    store = _open(home)
    chosen = [_own(store.named(name))] if name else [t for t in store.all() if t.origin == "user" and t.enabled]
    if not chosen and not as_json:
        demo = any(t.origin == "demo" for t in store.all())
        click.echo("No tokens to test." + (" The demo's are not tested: they are made up." if demo else ""))
    results = test_tokens(home, store, chosen, show=not as_json)
    if as_json:
        print_json(results)
    if not all(result["ok"] for result in results):
        click.get_current_context().exit(1)


def _switch(home: Home, name: str, enabled: bool) -> None:
    store = _open(home)
    found = _own(store.named(name))
    store.save(replace(found, enabled=enabled))
    click.echo(f"{'Enabled' if enabled else 'Disabled'} {found.name}.")


def _own(found: Token) -> Token:
    from router_core.tokens.given import own

    return own(found)


def _one(tokens: list[Token], name: str) -> Token:
    for token in tokens:
        if name in (token.name, token.id):
            return token
    known = ", ".join(token.name for token in tokens) or "none yet"
    raise TokenError(f"There is no token named {name!r}. Registered: {known}.")


def _open(home: Home) -> TokenStore:
    store = open_tokens(home.ensure(), SystemClock())
    if store.key_news:
        note(store.key_news)
    return store


def _readable(home: Home) -> list[Token]:
    """The tokens; none, and no new database, when there is none yet."""
    return _open(home).listed() if home.tokens_db.exists() else []


token.add_command(rotate_key_command)
token.add_command(export_command)
token.add_command(restore_command)
