"""Where each setting in force comes from: the environment, a line of config.toml, the catalogue, or the default."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli

from router_core.config.load import ENV_PREFIX, as_named, from_env, where_written
from router_core.config.proxy import from_environment
from router_core.config.toml_edit import Keys
from router_core.providers.catalogue import SETTINGS


def origins(
    settings: Mapping[str, Any], file: Path, text: str, env: Mapping[str, str] | None = None
) -> dict[Keys, str]:
    """Value by value: `environment MITMROUTER__…`, `config.toml:3`, `catalogue`, `default`.

    Args:
        settings: all in force, as plain tables.
        file, text: config.toml and what is in it; valid.
    """
    env = os.environ if env is None else env
    table = tomli.loads(text)
    named = {as_named(path, table): ENV_PREFIX + "__".join(path).upper() for path, _ in from_env(env)}
    usual = {("server", key): variable for key, (variable, _) in from_environment(env).items()}
    named = {**{keys: name for keys, name in usual.items() if not _is_written(keys, table)}, **named}
    return {keys: _origin(keys, named, table, file, text) for keys in _leaves(settings)}


def _leaves(table: Mapping[str, Any], path: Keys = ()) -> Iterator[Keys]:
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key)


def _origin(keys: Keys, named: Mapping[Keys, str], table: Mapping[str, Any], file: Path, text: str) -> str:
    for depth in range(1, len(keys) + 1):
        if variable := named.get(keys[:depth]):
            return f"environment {variable}"
    if _is_written(keys, table):
        return where_written(Path(file.name), text, keys)
    if keys[0] == "providers" and len(keys) > 2 and keys[2] in SETTINGS.get(keys[1], {}):
        return "catalogue"
    return "default"


def _is_written(keys: Keys, table: Mapping[str, Any]) -> bool:
    """Also when a text stands there that means a table: `default = "p/m"`."""
    at: Any = table
    for key in keys:
        if not isinstance(at, dict):
            return True
        if key not in at:
            return False
        at = at[key]
    return True
