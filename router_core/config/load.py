"""config.toml + environment + flags → one validated Config.

Order, later wins: defaults, catalogue, file, `MITMROUTER__SECTION__KEY` variables, flags. Every error names file, line
and key, and says what to do. A missing file means defaults.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import tomli
from pydantic import ValidationError

from router_core.config.proxy import from_environment
from router_core.config.schema import Config
from router_core.config.spelling import did_you_mean
from router_core.errors import ConfigError
from router_core.providers.catalogue import SETTINGS

ENV_PREFIX = "MITMROUTER__"
type Table = dict[str, Any]


def load_config(
    file: Path, *, env: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None
) -> Config:
    """Read and validate the configuration.

    Args:
        file: config.toml; it need not exist.
        env: environment, default the process's own.
        overrides: dotted keys from flags, `{"server.port": 8200}`.

    Raises:
        ConfigError: unreadable, not TOML, an unknown key, a wrong value, an unset variable.
    """
    return config_of(_read(file), file, env=env, overrides=overrides)


def config_of(
    text: str, file: Path, *, env: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None
) -> Config:
    """The same of a text that is, or shall be, the file's.

    Raises:
        ConfigError: as `load_config`.
    """
    env = os.environ if env is None else env
    table = _parse(file, text)
    table = _expand(table, env, file, text, ())
    for path, value in from_env(env):
        _put(table, as_named(path, table), value)
    for dotted, value in (overrides or {}).items():
        _put(table, tuple(dotted.split(".")), value)
    _add_proxy(table, env)
    _add_catalogue(table)
    try:
        return Config.model_validate(table, context={"folder": file.parent.absolute()})
    except ValidationError as error:
        raise ConfigError(
            _explain(error, file, text, env, overrides or {})
        ) from None  # pydantic's text repeats values, maybe secrets


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")  # -sig: editors on Windows put a BOM there
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}). Give yourself the right to read it.") from error


def _parse(file: Path, text: str) -> Table:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(
            f"{file}:{error.lineno}: not valid TOML: {error.msg}. Mend that line, or delete the file for defaults."
        ) from error


_VARIABLE = re.compile(r"\$\$|\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)")


def _expand(value: Any, env: Mapping[str, str], file: Path, text: str, path: tuple[str, ...]) -> Any:
    """Replace `$VAR` and `${VAR}` in strings; `$$` is a dollar sign."""
    if isinstance(value, dict):
        return {key: _expand(item, env, file, text, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, env, file, text, path) for item in value]
    if not isinstance(value, str) or "$" not in value:
        return value

    def variable(match: re.Match[str]) -> str:
        name = match.group(1) or match.group(2)
        if name is None:
            return "$"
        if name not in env:
            where = where_written(file, text, path)
            raise ConfigError(f"{where}: the environment variable {name} is not set. Set it, or write the value here.")
        return env[name]

    return _VARIABLE.sub(variable, value)


def variables_in(value: Any) -> list[str]:
    """Names of the environment variables that a table refers to, each once, in the order of the table."""
    waiting, found = [value], list[str]()
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += reversed(item.values())
        elif isinstance(item, list | tuple):
            waiting += reversed(item)
        elif isinstance(item, str):
            found += [braced or bare for braced, bare in _VARIABLE.findall(item) if braced or bare]
    return list(dict.fromkeys(found))


def from_env(env: Mapping[str, str]) -> list[tuple[tuple[str, ...], Any]]:
    """`MITMROUTER__SERVER__PORT=8200` → (("server", "port"), "8200"); JSON text gives lists and tables."""
    found = []
    for name in sorted(env):
        if name.startswith(ENV_PREFIX):
            raw = env[name]
            value: Any = orjson.loads(raw) if raw[:1] in "[{" and _is_json(raw) else raw
            found.append((_env_path(name), value))
    return found


def _env_path(variable: str) -> tuple[str, ...]:
    return tuple(variable.removeprefix(ENV_PREFIX).lower().split("__"))


def as_named(path: tuple[str, ...], table: Table) -> tuple[str, ...]:
    """A shell knows no `-` in a variable: `GEMINI_CLI` is the provider gemini-cli, unless there is a gemini_cli."""
    if path[0] != "providers" or len(path) < 3 or "_" not in path[1]:
        return path
    own = table.get("providers")
    known = {*SETTINGS, *(own if isinstance(own, dict) else ())}
    dashed = path[1].replace("_", "-")
    return (path[0], dashed, *path[2:]) if path[1] not in known and dashed in known else path


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _put(table: Table, path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        inner = table.get(key)
        if not isinstance(inner, dict):
            inner = table[key] = {}
        table = inner
    table[path[-1]] = value


def _add_proxy(table: Table, env: Mapping[str, str]) -> None:
    """The proxy that the environment names for every program, where nothing is said for this one."""
    server = table.setdefault("server", {})
    for key, (variable, value) in from_environment(env).items():
        if isinstance(server, dict) and key not in server:
            if key == "proxy_url" and not value.startswith(("http://", "https://")):
                raise ConfigError(
                    f"environment {variable}: only an HTTP proxy can be used, http://host:port. Name one in PROXY_URL, "
                    'or in proxy_url of [server]; proxy_url = "" is none.'
                )
            server[key] = value


def _add_catalogue(table: Table) -> None:
    """What a provider's table leaves out comes from the catalogue; unmentioned providers keep their defaults."""
    providers = table.get("providers", {})
    if not isinstance(providers, dict):
        return  # the validation says what is wrong with it
    merged: Table = {name: dict(row) for name, row in SETTINGS.items()}
    for name, own in providers.items():
        merged[name] = {**merged.get(name, {}), **own} if isinstance(own, dict) else own
        if isinstance(own, dict) and "base_url" in own and "usage_base_url" not in own:
            merged[name].pop("usage_base_url", None)  # the vendor's usage endpoint does not belong to another host
    table["providers"] = merged


def _explain(
    error: ValidationError, file: Path, text: str, env: Mapping[str, str], overrides: Mapping[str, Any]
) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        loc = problem["loc"] or problem.get("ctx", {}).get("keys", ())  # what a rule about all tables has found
        path = tuple(str(part) for part in loc if part != "[key]")
        name = ".".join(path)
        where = _source(path, env, overrides) or where_written(file, text, path)
        if problem["type"] == "extra_forbidden":
            lines.append(f"{where}: unknown key {name!r}. {_did_you_mean(path)}")
        elif problem["type"] == "missing":
            lines.append(
                f"{where}: {name!r} is missing. Providers that are not in the catalogue need kind and base_url."
            )
        else:
            as_json = " (as JSON in the environment)" if problem["type"] in ("tuple_type", "dict_type") else ""
            lines.append(f"{where}: {name!r}: {problem['msg'].removeprefix('Value error, ')}{as_json}.")
    return "\n".join(lines)


def _source(path: tuple[str, ...], env: Mapping[str, str], overrides: Mapping[str, Any]) -> str:
    """The flag or variable that set the key or the table around it; "" when it was the file.

    A rule about a whole table (`path` is the table) may be broken by several of them together: all are named.
    """
    sources = [(tuple(dotted.split(".")), f"command line ({dotted})") for dotted in overrides]
    sources += [(_env_path(name), f"environment {name}") for name in sorted(env) if name.startswith(ENV_PREFIX)]
    for keys, source in sources:
        if keys == path[: len(keys)] or keys == tuple(key.replace("-", "_") for key in path[: len(keys)]):
            return source
    return " with ".join(source for keys, source in sources if keys[: len(path)] == path)


def _did_you_mean(path: tuple[str, ...]) -> str:
    model: Any = Config
    for key in path[:-1]:
        field = getattr(model, "model_fields", {}).get(key)
        if field is None:  # the name of a provider
            from router_core.config.schema import ProviderConfig

            model = ProviderConfig
        else:
            model = field.annotation
    known = list(getattr(model, "model_fields", {}))
    return did_you_mean(path[-1], known).rstrip() or f"Known here: {', '.join(known)}."


_KEY = r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|[\w-]+)"""
_HEADER = re.compile(rf"\s*\[+\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*\]+")
_ASSIGNED = re.compile(rf"\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*=")


def where_written(file: Path, text: str, path: tuple[str, ...]) -> str:
    """`file:line` of the key, found by reading the text as a person would."""
    table: tuple[str, ...] = ()
    best = 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            if table == path[: len(table)]:
                best = number
        elif (key := _ASSIGNED.match(line)) and table == path[: len(table)]:
            full = (*table, *_parts(key[1]))
            if full == path[: len(full)]:
                return f"{file}:{number}"
    return f"{file}:{best}" if best else str(file)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_KEY, dotted))
