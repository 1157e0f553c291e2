"""`config …`: where the settings are, whether they are right, and what is in force, with secrets masked."""

from typing import Any
from urllib.parse import urlsplit

import click

from router_core.cli.printing import own_command, print_json
from router_core.errors import ConfigError
from router_core.home import Home
from router_core.text import printable
from router_core.trace.redact import MASK, Redactor

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def config() -> None:
    """See and check the settings; all of them are in the README."""


@config.command()
@as_json
@click.pass_obj
def path(home: Home, as_json: bool) -> None:
    """Print where config.toml is, or would be: without one, the defaults hold."""
    if as_json:
        print_json({"path": str(home.config), "exists": home.config.exists()})
    else:
        click.echo(home.config)


@config.command()
@as_json
@click.pass_obj
def check(home: Home, as_json: bool) -> None:
    """Say whether config.toml, the environment and your own transformers are right; if not: file, line and remedy."""
    from router_core.config.load import load_config
    from router_core.transform.custom import load_custom

    try:
        load_custom(load_config(home.config))
    except ConfigError as error:
        if not as_json:
            raise
        print_json({"ok": False, "path": str(home.config), "errors": error.message.splitlines()})
        click.get_current_context().exit(1)
    if as_json:
        print_json({"ok": True, "path": str(home.config), "errors": []})
    elif home.config.exists():
        click.echo(f"{home.config} is right.")
    else:
        click.echo(f"There is no {home.config}: the defaults hold ({own_command(home)} config show).")


@config.command()
@as_json
@click.pass_obj
def show(home: Home, as_json: bool) -> None:
    """Print every setting in force: defaults, file and environment together; secrets masked."""
    from router_core.config.load import load_config

    settings = masked(load_config(home.config).model_dump(mode="json", exclude_none=True))
    if as_json:
        print_json(settings)
    else:
        click.echo("\n".join(toml_lines(settings)).strip())


def masked(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings without API keys, credentials in headers, and passwords of a proxy."""
    from router_core.config.secrets import names_a_secret

    redactor = Redactor()
    server = dict(settings["server"])
    if proxy := server.get("proxy_url"):
        server["proxy_url"] = _without_password(proxy)
    providers = {}
    for name, provider in settings["providers"].items():
        headers = {
            key: MASK if names_a_secret(key) else redactor.text(value) for key, value in provider["headers"].items()
        }
        hidden = {"api_key": MASK} if "api_key" in provider else {}
        lists = {key: _options_masked(provider[key]) for key in ("transformers", "model_transformers")}
        providers[name] = {**provider, **hidden, **lists, "headers": headers}
    custom = {name: _options_masked(one) for name, one in settings["transformers"].items()}
    return {**settings, "server": server, "providers": providers, "transformers": custom}


def _options_masked(value: Any) -> Any:
    """Transformers are given whatever their owner likes: text whose name says that it is a secret is masked."""
    from router_core.config.secrets import names_a_secret

    if isinstance(value, dict):
        return {
            key: MASK if isinstance(item, str) and names_a_secret(key) else _options_masked(item)
            for key, item in value.items()
        }
    return [_options_masked(item) for item in value] if isinstance(value, list) else value


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.username is None and parts.password is None:
        return url
    return parts._replace(netloc=f"{MASK}@{parts.netloc.rpartition('@')[2]}").geturl()


def toml_lines(table: dict[str, Any], path: tuple[str, ...] = ()) -> list[str]:
    """A table as TOML: its values, then its tables. Empty tables are left out."""
    values = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = ["", f"[{'.'.join(path)}]"] if values and path else []
    lines += [f"{_key(key)} = {_toml_value(value)}" for key, value in values.items()]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += toml_lines(value, (*path, _key(key)))
    return lines


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else _toml_value(key)


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_toml_value(item)}' for key, item in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(_toml_value(item) for item in value)}]"
    if isinstance(value, str):
        escaped = printable(value, 2000).replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)
