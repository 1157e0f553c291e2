"""What a person types as a token: asked for, read from standard input, and what is said aloud of it.

What may be given at all is decided by tokens/given.py.
"""

import sys
from typing import Any

import click

from router_core.cli import asking
from router_core.cli.printing import note
from router_core.config.schema import Config, ProviderConfig
from router_core.home import Home
from router_core.tokens.given import CREDENTIAL_LIMIT, NO_KEY, check_credential, provider_meant


def provider_name(typed: str, config: Config) -> str:
    """What the provider is called here that somebody means, said aloud where that is another name.

    Raises:
        TokenError: there is no such provider.
    """
    from router_core.providers.catalogue import KNOWN

    name = provider_meant(typed, config)
    if name != typed:
        note(f"{KNOWN[name].title if name in KNOWN else typed} is called {name} here.")
    return name


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
