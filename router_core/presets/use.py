"""A preset with its answers → changes of config.toml and keys for the store, and what in it somebody must look at."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from router_core.config.edit import literal
from router_core.config.schema import Config
from router_core.config.toml_edit import Keys
from router_core.errors import ConfigError
from router_core.importing.found import Found, key
from router_core.presets.code import without_code
from router_core.presets.preset import Preset, fill, inputs_in

_VARIABLE = re.compile(r"(?<!\$)(?:\$\$)*(?:\$\{(\w+)\}|\$([A-Za-z_]\w*))")
SOURCE = "preset"


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered to an input: a value, or the name of a variable that holds it."""

    value: str = field(default="", repr=False)
    variable: str = ""

    @property
    def written(self) -> str:
        """As it stands in config.toml."""
        return f"${{{self.variable}}}" if self.variable else literal(self.value)


@dataclass(frozen=True, slots=True)
class Use:
    """What using a preset would do."""

    changes: dict[Keys, Any]
    keys: tuple[Found, ...] = field(repr=False)
    notes: tuple[str, ...]
    """What is not done, and why."""
    variables: tuple[str, ...]
    """Environment variables that the preset itself refers to."""
    moved: tuple[str, ...]
    """Providers whose tokens would be sent elsewhere."""
    new: tuple[str, ...]
    """Services that are not known here yet, and would get requests: `name (host)`."""

    @property
    def gives_away(self) -> str:
        """What it might send to whoever wrote it; "" when it can send nothing there. A variable may get to a service in
        a key, a header, an address, or as the name of a model."""
        if self.moved:
            return f"tokens of a known provider elsewhere: {', '.join(self.moved)}"
        if self.new and self.variables:
            return f"variables of your environment ({', '.join(self.variables)}) to {', '.join(self.new)}"
        return ""


def needed(preset: Preset, allow_code: bool = False) -> list[str]:
    """Names of the inputs that must be answered, in the preset's order."""
    used = inputs_in(preset.config if allow_code else without_code(preset.config, []))
    return [one.name for one in preset.preset.inputs if one.name in used]


def use_preset(
    preset: Preset, answers: Mapping[str, Answer], config: Config, *, allow_code: bool = False, replace: bool = False
) -> Use:
    """
    Args:
        config: the present one.
        allow_code: Python files that it names are taken over; they run with the router's rights.
        replace: its tables take the place of the present ones, but for `[providers]`.

    Raises:
        ConfigError: an answer is missing.
    """
    notes: list[str] = []
    table = dict(preset.config) if allow_code else without_code(preset.config, notes)
    if missing := [name for name in needed(preset, allow_code) if name not in answers]:
        raise ConfigError(f"Not answered: {', '.join(missing)}.")
    keys = list(_keys(table, answers, preset.preset.name))
    filled = fill(table, {name: answer.written for name, answer in answers.items()})
    changes: dict[Keys, Any] = {}
    for name, one in filled.items():
        if replace and name != "providers":
            changes[(name,)] = None
        changes.update(_leaves((name,), one))
    variables = sorted({match[1] or match[2] for match in _VARIABLE.finditer(_strings(table))})
    return Use(
        changes, tuple(keys), tuple(notes), tuple(variables), tuple(_moved(filled, config)), tuple(_new(filled, config))
    )


def _keys(table: dict[str, Any], answers: Mapping[str, Answer], name: str) -> Iterator[Found]:
    """API keys that were typed go into the store, and out of the table."""
    providers = table.get("providers")
    if not isinstance(providers, dict):
        return
    kept = {}
    for provider, settings in providers.items():
        kept[provider] = settings
        written = settings.get("api_key") if isinstance(settings, dict) else None
        names = inputs_in(written)
        if isinstance(written, str) and names and not any(answers[one].variable for one in names):
            secret = fill(written, {one: answers[one].value for one in names})
            kept[provider] = {key: value for key, value in settings.items() if key != "api_key"}
            yield key(SOURCE, provider, secret, f"preset {name}")
    table["providers"] = kept


def _leaves(keys: Keys, value: Any) -> Iterator[tuple[Keys, Any]]:
    """Value by value; a target with its fallbacks is one. No name of a provider or a model is taken for that."""
    may_be_target = keys[:1] == ("routing",) and keys != ("routing", "models")
    if isinstance(value, dict) and not (may_be_target and isinstance(value.get("primary"), str)):
        for name, one in value.items():
            yield from _leaves((*keys, name), one)
    else:
        yield keys, value


def _strings(value: Any) -> str:
    """All strings in a value, one a line."""
    if isinstance(value, dict):
        return "\n".join(_strings(one) for one in value.values())
    if isinstance(value, list):
        return "\n".join(_strings(one) for one in value)
    return value if isinstance(value, str) else ""


def _moved(table: Mapping[str, Any], config: Config) -> Iterator[str]:
    """A preset that says where a known service lives would be sent its tokens."""
    providers = table.get("providers")
    for name, settings in providers.items() if isinstance(providers, dict) else ():
        known = config.providers.get(name)
        if known is None or not isinstance(settings, dict):
            continue
        mine = {_host(known.base_url), _host(known.usage_base_url or known.base_url)}
        for setting in ("base_url", "usage_base_url"):
            url = settings.get(setting)
            if isinstance(url, str) and _host(url) not in mine:
                yield f"{name} → {_host(url) or url[:60]}"


def _new(table: Mapping[str, Any], config: Config) -> Iterator[str]:
    providers = table.get("providers")
    for name, settings in providers.items() if isinstance(providers, dict) else ():
        if name not in config.providers and isinstance(settings, dict):
            url = settings.get("base_url")
            yield f"{name} ({_host(url) if isinstance(url, str) else 'no address'})"


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
