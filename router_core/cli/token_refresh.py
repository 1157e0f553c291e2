"""`token refresh`: renew a login now, whatever its expiry says."""

from dataclasses import asdict

import click

from router_core.cli.printing import print_json
from router_core.cli.progress import working
from router_core.clock import SystemClock
from router_core.errors import TokenError
from router_core.home import Home


@click.command("refresh")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def refresh_command(home: Home, name: str, as_json: bool) -> None:
    """Renew a login now. The router does this by itself, ahead of time and when a provider refuses one.

    It is renewed once, however many processes ask; a login that is shared with a vendor's program is handed over to it,
    or taken over when that program has the newer one. Fails if it could not be renewed.
    """
    from router_core.config.load import load_config
    from router_core.oauth.due import chain_of, login_of
    from router_core.oauth.ensure import ensure_fresh
    from router_core.oauth.want import Want
    from router_core.store.tokens import open_tokens
    from router_core.text import duration, printable

    clock = SystemClock()
    store = open_tokens(home.ensure(), clock)
    config, token = load_config(home.config), store.named(name)
    if chain_of(token, login_of(token, config)) is None:
        raise TokenError(f"{token.name} is no login that could be renewed: it is used as it is.")
    with working(f"Renewing {token.name}"):
        done = ensure_fresh(home, store, config, token, Want(refused=token.generation, owner=True), clock=clock)
    if as_json:
        print_json({"name": token.name, **asdict(done), "ok": done.ok})
    else:
        left = "" if done.expires_at is None else f", good for {duration(done.expires_at - clock.now())}"
        word = click.style(done.state, fg="green" if done.ok else "red")
        click.echo(f"{word}  {token.name} ({token.provider}): {printable(done.because, 1000)}{left if done.ok else ''}")
    if not done.ok:
        click.get_current_context().exit(1)
