"""`auth …`: log in to accounts, see which logins there are, and forget them."""

import time
from pathlib import Path

import click

from router_core.cli import asking
from router_core.cli.printing import note, own_command, print_json
from router_core.clock import SystemClock
from router_core.errors import TokenError
from router_core.home import Home
from router_core.store.tokens import TokenStore, open_tokens
from router_core.text import printable
from router_core.tokens.token import Token

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def auth() -> None:
    """Log in to your accounts; logins are renewed by themselves."""


@auth.command()
@click.argument("provider")
@click.option("--name", metavar="NAME", help="Call the token this; else it is named after provider and account.")
@click.option("--priority", type=click.IntRange(-1_000_000, 1_000_000), help="Lower is taken first; 100 for a new one.")
@click.option("--device", is_flag=True, help="codex: show a code, which you type on another device.")
@click.option("--paste", is_flag=True, help="The browser is on another machine: paste what it ends up at.")
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@click.option("--timeout", type=click.IntRange(1, 3600), default=600, show_default=True, help="Seconds until given up.")
@click.option("--file", type=click.Path(path_type=Path), help="vertex: key file of a service account.")
@click.option("--project", metavar="P", help="vertex: project that pays; else the one of the credentials.")
@click.option("--location", metavar="L", help="vertex: region; else global.")
@click.pass_obj
def login(
    home: Home,
    provider: str,
    name: str | None,
    priority: int | None,
    device: bool,
    paste: bool,
    no_browser: bool,
    timeout: int,
    file: Path | None,
    project: str | None,
    location: str | None,
) -> None:
    """Log in to an account of PROVIDER: claude, codex, copilot, gemini, antigravity, vertex, or a provider's name.

    Logging in again to the same account (and workspace) renews the token that is there.
    """
    from router_core.cli.login_run import LoginRun, run_login
    from router_core.config.load import load_config
    from router_core.oauth.login_project import with_project
    from router_core.oauth.logins import login_of
    from router_core.oauth.register import register
    from router_core.oauth.terms import terms_of
    from router_core.tokens.given import check_name

    config = load_config(home.ensure().config)
    registered_as, whose = login_of(provider, config)
    if name is not None:
        check_name(name)
    if device and paste:
        raise click.UsageError("Give one of --device and --paste.")
    if whose != "vertex" and (file or project or location):
        raise click.UsageError("--file, --project and --location are for vertex.")
    store = open_tokens(home, SystemClock())
    if terms := terms_of(whose, own_command(home)):
        note(f"{terms}\n")
    clock = SystemClock()
    run = LoginRun(config, clock, timeout_s=timeout, may_open=not no_browser)
    try:
        found = run_login(run, whose, "device" if device else "paste" if paste else None, file, project, location)
        if whose in ("gemini", "antigravity"):
            found = with_project(found, registered_as, config, clock.now(), note, time.sleep)
    except (KeyboardInterrupt, click.Abort):
        note("\nNothing was stored.")
        raise click.Abort from None
    done = register(store, clock, registered_as, whose, found, name=name, priority=priority)
    if done.name_taken:
        note(f"Note: {done.name_taken} is the name of another token, so this one is named {done.token.name}.")
    verb = "Logged in again" if done.renewed else "Logged in"
    click.echo(f"{verb}: {done.token.name} ({printable(_account(done.token) or registered_as)}).")
    click.echo(f"See whether it works: {own_command(home)} token test {done.token.name}")


@auth.command("list")
@as_json
@click.pass_obj
def list_(home: Home, as_json: bool) -> None:
    """Every provider that one can log in to, with the accounts that are logged in."""
    from router_core.cli.auth_table import login_view, print_logins
    from router_core.oauth.logins import LOGINS

    now = time.time()
    views = [login_view(token, now) for token in _logins(home)]
    if as_json:
        print_json(views)
    else:
        print_logins(LOGINS, views, now)


@auth.command()
@click.argument("which", metavar="[PROVIDER_OR_NAME]", required=False)
@as_json
@click.pass_context
def status(context: click.Context, which: str | None, as_json: bool) -> None:
    """How the logins are: whose, until when, when renewed, and what is wrong.

    Fails when there is none, or one is dead.
    """
    from router_core.cli.auth_table import login_view, print_login

    home: Home = context.obj
    now = time.time()
    views = [login_view(token, now) for token in _chosen(_logins(home), which)]
    if as_json:
        print_json(views)
    else:
        for view in views:
            print_login(view, now)
    if not views:
        if not as_json:
            click.echo(f"Not logged in. Log in: {own_command(home)} auth login {which or 'PROVIDER'}")
        context.exit(1)
    if any(view["status"] == "unhealthy" for view in views):
        context.exit(1)


@auth.command()
@click.argument("which", metavar="PROVIDER_OR_NAME")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def logout(home: Home, which: str, yes: bool) -> None:
    """Forget a login, or all of a provider. What a vendor's own program keeps for itself stays."""
    store = _open(home)
    gone = _chosen(_logins(home), which)
    if not gone:
        known = ", ".join(token.name for token in _logins(home)) or "none"
        raise TokenError(f"There is no login of {which!r}. Logins: {known}.")
    if not yes:
        asking.confirm(f"Forget {', '.join(token.name for token in gone)}?")
    for token in gone:
        store.remove(token.id)
        click.echo(f"Forgot {token.name}. The provider was not told: end the session in your account there if need be.")


def _account(token: Token) -> str:
    """Whose it is, for people."""
    facts = token.facts
    who = facts.get("email") or facts.get("user") or token.account_id or ""
    return ", ".join(part for part in (who, facts.get("organization") or facts.get("project", "")) if part)


def _chosen(tokens: list[Token], which: str | None) -> list[Token]:
    """Those of a name, else those of a provider or a login; all when nothing is said."""
    if which is None:
        return tokens
    named = [token for token in tokens if which in (token.name, token.id)]
    return named or [token for token in tokens if which in (token.provider, token.login)]


def _logins(home: Home) -> list[Token]:
    """The tokens that a login made; none, and no new database, when there is none yet."""
    return [token for token in _open(home).all() if token.login] if home.tokens_db.exists() else []


def _open(home: Home) -> TokenStore:
    return open_tokens(home.ensure(), SystemClock())
