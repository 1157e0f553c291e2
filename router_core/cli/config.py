"""`config …`: where the settings are, whether they are right, and what is in force, with secrets masked."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from router_core.cli.config_migrate import migrate
from router_core.cli.printing import own_command, print_json
from router_core.errors import ConfigError
from router_core.home import Home
from router_core.text import printable

NO_SOURCES: Mapping[tuple[str, ...], str] = MappingProxyType({})
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
@click.argument("file", required=False, type=click.Path(path_type=Path))
@as_json
@click.pass_obj
def check(home: Home, file: Path | None, as_json: bool) -> None:
    """Say whether config.toml, or FILE, the environment and your own Python files are right; if not, what to mend."""
    from router_core.config.load import load_config
    from router_core.config_needs import load_needs
    from router_core.routing.custom import check_function

    if file is not None and not file.is_file():
        raise ConfigError(f"There is no file {file}.")
    file = file or home.config
    try:
        config = load_config(file)
        load_needs(config)
        check_function(config, file.parent)
    except ConfigError as error:
        if not as_json:
            raise
        print_json({"ok": False, "path": str(file), "errors": error.message.splitlines()})
        click.get_current_context().exit(1)
    if as_json:
        print_json({"ok": True, "path": str(file), "errors": []})
    elif file.exists():
        click.echo(f"{file} is right.")
    else:
        click.echo(f"There is no {file}: the defaults hold ({own_command(home)} config show).")


@config.command()
@click.option("--defaults", is_flag=True, help="What would hold without config.toml and environment, instead.")
@click.option("--changed", is_flag=True, help="Only what config.toml and the environment say.")
@click.option("--origin", is_flag=True, help="Say of each value where it comes from.")
@as_json
@click.pass_obj
def show(home: Home, defaults: bool, changed: bool, origin: bool, as_json: bool) -> None:
    """Print every setting in force: defaults, catalogue, file and environment together; secrets masked."""
    from router_core.config.load import config_of, load_config
    from router_core.config.masked import masked
    from router_core.config.origin import origins

    config = config_of("", home.config, env={}) if defaults else load_config(home.config)
    settings = masked(config.model_dump(mode="json", exclude_none=True))
    text = "" if defaults or not home.config.exists() else home.config.read_text(encoding="utf-8-sig")
    sources = origins(settings, home.config, text, env={} if defaults else None) if origin or changed else {}
    if changed:
        settings = _only(settings, {keys for keys, source in sources.items() if source not in ("catalogue", "default")})
    if not origin:
        sources = {}
    if as_json:
        shown = {".".join(keys): source for keys, source in sources.items()}
        print_json({"settings": settings, "origins": shown} if origin else settings)
    else:
        click.echo("\n".join(toml_lines(settings, sources=sources)).strip())


def _only(settings: dict[str, Any], wanted: set[tuple[str, ...]], path: tuple[str, ...] = ()) -> dict[str, Any]:
    """The settings without all values but those."""
    kept = {}
    for key, value in settings.items():
        if (*path, key) in wanted:
            kept[key] = value
        elif isinstance(value, dict) and (inner := _only(value, wanted, (*path, key))):
            kept[key] = inner
    return kept


config.add_command(migrate)


def toml_lines(
    table: dict[str, Any], path: tuple[str, ...] = (), *, sources: Mapping[tuple[str, ...], str] = NO_SOURCES
) -> list[str]:
    """A table as TOML: its values, then its tables. Empty tables are left out.

    Args:
        sources: value → what to write behind it.
    """
    values = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = ["", f"[{'.'.join(map(_key, path))}]"] if values and path else []
    for key, value in values.items():
        source = sources.get((*path, key), "")
        lines.append(f"{_key(key)} = {_toml_value(value)}" + (f"  # {source}" if source else ""))
    for key, value in table.items():
        if isinstance(value, dict):
            lines += toml_lines(value, (*path, key), sources=sources)
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
