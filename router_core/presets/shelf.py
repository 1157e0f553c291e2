"""The presets of this machine: `presets/NAME.toml` in the home folder."""

import re
from collections.abc import Iterator
from pathlib import Path

from router_core.errors import ConfigError
from router_core.home import Home
from router_core.presets.preset import NAME, Preset, parse_preset, preset_text
from router_core.put_in_place import put_in_place
from router_core.text import printable


def check_name(name: str) -> str:
    """
    Raises:
        ConfigError: it would be no file name everywhere.
    """
    if not re.fullmatch(NAME, name):
        raise ConfigError(f"{printable(name, 60)!r} is no name of a preset: lower case letters, digits, '.', '-', '_'.")
    return name


def place_of(home: Home, name: str) -> Path:
    return home.presets / f"{check_name(name)}.toml"


def installed(home: Home) -> Iterator[Path]:
    """Their files, by name."""
    return iter(sorted(home.presets.glob("*.toml"))) if home.presets.is_dir() else iter(())


def installed_file(home: Home, name: str) -> Path:
    """
    Raises:
        ConfigError: there is none of this name; says which ones there are.
    """
    file = place_of(home, name)
    if not file.exists():
        known = ", ".join(one.stem for one in installed(home)) or "none"
        raise ConfigError(f"There is no preset {name!r}. Installed: {known}.")
    return file


def load(home: Home, name: str) -> Preset:
    """
    Raises:
        ConfigError: there is none of this name, or it cannot be read.
    """
    file = installed_file(home, name)
    try:
        return parse_preset(file.read_text(encoding="utf-8"), str(file))
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is no text.") from None


def save(home: Home, preset: Preset) -> Path:
    """Put it there, in the place of one of the same name."""
    file = place_of(home, preset.preset.name)
    home.ensure()
    home.presets.mkdir(mode=0o700, exist_ok=True)
    put_in_place(file, preset_text(preset))
    return file
