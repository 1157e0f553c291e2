"""What a person may give as a token: names and credentials are checked before they are stored.

A credential is refused only when it cannot work at all; what merely looks unusual may belong to a compatible service.
"""

import re
import sys
from typing import Any

import click

from router_core.cli import asking
from router_core.cli.printing import note
from router_core.config.schema import Config, ProviderConfig
from router_core.home import Home
from router_core.providers.auth import account_of_jwt, is_claude_secret, jwt_claims

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CREDENTIAL_LIMIT = 16 * 1024
DEMO_PREFIX = "demo-"
NO_KEY = "no-key-needed"
"""What is stored for a provider that needs none, so that it is listed and chosen like any other."""


def check_name(name: str) -> str:
    """Raises click.ClickException for a name that could not be typed, shown and put into a URL as it is."""
    if not NAME.fullmatch(name):
        raise click.ClickException(
            "A token's name is up to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit."
        )
    if name.startswith(DEMO_PREFIX):
        raise click.ClickException(f"Names that begin with {DEMO_PREFIX!r} belong to the demo: choose another.")
    return name


def provider_name(typed: str, config: Config) -> str:
    """What the provider is called here that somebody means, said aloud where that is another name.

    Raises:
        click.ClickException: there is no such provider.
    """
    from router_core.providers.catalogue import ALIASES, KNOWN

    if typed in config.providers:
        return typed
    name = ALIASES.get(typed.lower(), typed.lower())
    if name in config.providers:
        note(f"{KNOWN[name].title if name in KNOWN else typed} is called {name} here.")
        return name
    import difflib

    names = sorted(config.providers, key=lambda known: (config.providers[known].order, known))
    close = difflib.get_close_matches(typed.lower(), [*names, *ALIASES], n=1)
    guess = f"Did you mean {ALIASES.get(close[0], close[0])!r}? " if close else ""
    raise click.ClickException(
        f"There is no provider {typed!r}. {guess}Known: {', '.join(names)}. "
        "A service of your own: give --base-url and --kind as well."
    )


def check_provider(name: str, config: Config) -> ProviderConfig:
    """Raises click.ClickException for a provider that is not configured."""
    if name not in config.providers:
        raise click.ClickException(f"There is no provider {name!r}. Known: {', '.join(config.providers)}.")
    return config.providers[name]


def own_provider(name: str, base_url: str, kind: str | None, auth: str | None) -> ProviderConfig:
    """The settings of a service that is in no catalogue.

    Compatible services of Anthropic's format take a Bearer (their pages say ANTHROPIC_AUTH_TOKEN), Anthropic does not.

    Raises:
        click.ClickException: the name belongs to a service of the catalogue, or a value is wrong.
    """
    from urllib.parse import urlsplit

    from pydantic import ValidationError

    from router_core.config.add_provider import base_of
    from router_core.providers.auth import is_anthropics
    from router_core.providers.catalogue import ALIASES, CATALOGUE

    if name in CATALOGUE or name in ALIASES:
        raise click.ClickException(
            f"{name!r} is a service of the catalogue (see provider list): choose another name for one of your own, or "
            f"set base_url in [providers.{ALIASES.get(name, name)}]."
        )
    base = base_of(base_url)
    if base != base_url.strip().rstrip("/"):
        note(f"The base URL is taken to be {base}.")
    settings: dict[str, Any] = {"kind": kind or "openai-chat", "base_url": base}
    if kind == "anthropic" and auth is None and not is_anthropics(urlsplit(base).hostname or ""):
        auth = "bearer"
    try:
        return ProviderConfig.model_validate({**settings, **({"auth": auth} if auth else {})})
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise click.ClickException(f"--base-url {problem['msg'].removeprefix('Value error, ')}.") from None


def write_provider(home: Home, name: str, provider: ProviderConfig) -> None:
    """Put it into config.toml, and say so. Raises ConfigError."""
    from router_core.config.add_provider import add_provider

    settings = {"kind": provider.kind, "base_url": provider.base_url}
    if provider.auth is not None:
        settings["auth"] = provider.auth
    if add_provider(home.config, name, settings):
        note(f"[providers.{name}] is now in {home.config}.")


def check_credential(secret: str, what: str = "access token") -> str:
    """The credential without the white space around it.

    Raises:
        click.ClickException: it is empty, or holds what no header can carry. The message does not repeat it.
    """
    secret = secret.strip()
    if not secret:
        raise click.ClickException(f"The {what} is empty.")
    if len(secret) > CREDENTIAL_LIMIT:
        raise click.ClickException(f"The {what} has {len(secret)} characters: that is no credential.")
    if not re.fullmatch(r"[\x21-\x7e]+", secret):
        raise click.ClickException(
            f"The {what} holds white space, control or non-ASCII characters. Copy it again, on one line."
        )
    return secret


def read_credential(given: str | None, from_stdin: bool, *, keyless: bool = False) -> str:
    """The access token of `--access-token` or `--access-token-stdin`; asked for, hidden, on a terminal.

    Args:
        keyless: the provider needs none: without an option a placeholder is stored.

    Raises:
        click.UsageError: both or none of the options.
    """
    if keyless and given is None and not from_stdin:
        return NO_KEY
    if (given is None) != from_stdin:
        raise click.UsageError("Give one of --access-token-stdin (recommended) and --access-token.")
    if given is not None:
        note("Note: --access-token shows in the process list and the shell's history; better: --access-token-stdin.")
        return check_credential(given)
    if sys.stdin.isatty():
        return check_credential(asking.ask("Access token (not shown)", "Pipe the access token in.", hidden=True))
    return check_credential(sys.stdin.read(CREDENTIAL_LIMIT * 2))


def check_compat(secret: str) -> None:
    """Say what the compatibility mode may cost.

    Raises:
        click.ClickException: the credential needs no such mode.
    """
    if not is_claude_secret(secret):
        raise click.ClickException(
            "--claude-code-compat is for Claude subscription tokens (sk-ant-oat…, from `claude setup-token`) only. "
            "Leave it out: an API key serves every client as it is."
        )
    note(
        "Note: with --claude-code-compat, requests of other clients are sent in the form of Claude Code's own. "
        "Anthropic's terms may forbid this use of a subscription: it may refuse, bill or close the account. "
        "An API key has no such limit."
    )


def _copilot_facts(secret: str) -> dict[str, Any]:
    """Of a Copilot API token (`tid=…;exp=…`), which lives for half an hour and tells its end itself.

    Raises:
        click.ClickException: it is a GitHub token, of which Copilot's API tokens are made.
    """
    if secret.startswith(("gho_", "ghu_", "ghp_", "github_pat_")):
        raise click.ClickException(
            "This is a GitHub token; Copilot's API takes short-lived ones that are made of it and must be kept fresh. "
            "Log in instead: mitmrouter auth login copilot"
        )
    parts = dict(part.split("=", 1) for part in secret.split(";") if "=" in part)
    expires = parts.get("exp", "")
    return {"expires_at": float(expires) if expires.isdecimal() else None}


def facts_of(secret: str, provider: ProviderConfig, account_id: str | None) -> dict[str, Any]:
    """What the credential itself says: `account_id` and `expires_at` (epoch seconds) of a JWT.

    Raises:
        click.ClickException: the provider needs an account id and there is none.
    """
    if provider.kind == "copilot":
        return _copilot_facts(secret)
    expires = jwt_claims(secret).get("exp")
    account_id = account_id or account_of_jwt(secret)
    if provider.kind == "codex" and not account_id:
        raise click.ClickException(
            "This is not the access token of a ChatGPT login (a JWT that names its account). "
            "API keys belong to --provider openai; for another login give --account-id."
        )
    return {"account_id": account_id, "expires_at": float(expires) if isinstance(expires, int | float) else None}
