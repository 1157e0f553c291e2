"""Change config.toml for people: their comments stay, a wrong result never takes the file's place, the old one is kept.

Strings are written as they shall stand in the file, where `$NAME` means a variable: see `literal`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from router_core.config.load import config_of, load_config
from router_core.config.toml_edit import Changes, edited
from router_core.errors import ConfigError
from router_core.home import locked
from router_core.put_in_place import put_in_place


@dataclass(frozen=True, slots=True)
class Edited:
    """The file's text before and after."""

    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


def literal(text: str) -> str:
    """A string value that means just this text: `$` would name an environment variable."""
    return text.replace("$", "$$")


def literals(value: Any) -> Any:
    """The same for each string in a value."""
    if isinstance(value, Mapping):
        return {key: literals(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [literals(one) for one in value]
    return literal(value) if isinstance(value, str) else value


def preview_config(file: Path, changes: Changes, *, env: Mapping[str, str] | None = None) -> Edited:
    """What `edit_config` would do; nothing is written.

    Raises:
        ConfigError: as `edit_config`.
    """
    return _looked_at(file, lambda text: edited(text, changes), env)


def edit_config(file: Path, changes: Changes, *, env: Mapping[str, str] | None = None) -> Edited:
    """Change values of config.toml; what was there before is then in `config.toml.bak`.

    Args:
        file: config.toml; it need not exist, its folder must.
        env: environment that the configuration is checked with, default the process's own.

    Raises:
        ConfigError: the file is invalid as it is (file, line, key), or would be afterwards; it cannot be written.
    """
    return rewrite_config(file, lambda text: edited(text, changes), env=env)


def rewrite_config(file: Path, change: Callable[[str], str], *, env: Mapping[str, str] | None = None) -> Edited:
    """The same for any change of the text; processes that do so at the same time take turns.

    Raises:
        ConfigError: as `edit_config`.
    """
    try:
        folder = file.resolve().parent
    except RuntimeError as error:
        raise ConfigError(f"{file} is a link that leads back to itself.") from error
    if not folder.is_dir():
        raise ConfigError(f"{file} cannot be written: there is no folder {folder}.")
    try:
        with locked(folder):
            both = _looked_at(file, change, env)
            if both.changed:
                mode = file.stat().st_mode & 0o777 if file.exists() else 0o600
                if file.exists():
                    put_in_place(file.with_name(f"{file.name}.bak"), both.before, mode=mode)
                put_in_place(file.resolve(), both.after, mode=mode)  # a link stays a link
            return both
    except OSError as error:
        raise ConfigError(f"{file} cannot be written ({error.strerror}). Make the folder writable for you.") from error


def _looked_at(file: Path, change: Callable[[str], str], env: Mapping[str, str] | None) -> Edited:
    load_config(file, env=env)  # what is wrong already is told with its line, and mended by its author
    before = _text(file)
    after = change(before)
    if after != before:
        try:
            after.encode()
        except UnicodeEncodeError:
            raise ConfigError(f"{file} cannot hold half a character: what was to be written has one.") from None
        config_of(after, file, env=env)
    return Edited(before, after)


def _text(file: Path) -> str:
    """As it is, line ends included."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
