"""config.toml as a text that people edit: read with its version, written back only over that version, never invalid."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from router_core.config.check import Problem, problems_in
from router_core.config.hidden import hide, put_back
from router_core.config.load import config_of
from router_core.config.schema import Config
from router_core.errors import ConfigError
from router_core.home import locked
from router_core.put_in_place import put_in_place


class ConfigChanged(ConfigError):
    """Somebody else has written the file meanwhile."""

    status = 409
    kind = "config_changed"


class ConfigInvalid(ConfigError):
    """The text would not be taken."""

    status = 422
    kind = "config_invalid"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ConfigText:
    """The file as it was read."""

    text: str
    """Secrets are marks (see `hidden.py`) where that was asked for."""
    version: str
    """Of these very bytes."""
    hidden: int
    """So many secrets are not shown."""


def read_text(file: Path, *, hidden: bool) -> ConfigText:
    """An empty text, when there is no file.

    Raises:
        ConfigError: it cannot be read.
    """
    content = _content(file)
    version = _version(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    if not hidden:
        return ConfigText(text, version, 0)
    shown, secrets = hide(text, version)
    return ConfigText(shown, version, len(secrets))


def write_text(
    file: Path,
    text: str,
    version: str,
    *,
    check: Callable[[Config], None] | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Put a text in the file's place, with the file's rights; what was there is then in `config.toml.bak`.

    Args:
        text: may hold the marks of that version; the secrets are put back.
        version: that was read; the new one is returned.
        check: what else must hold of the configuration.

    Raises:
        ConfigChanged: it is not that version any more.
        ConfigInvalid: the text would not be taken.
        ConfigError: it cannot be written.
    """
    try:
        with locked(file.resolve().parent):
            before = _content(file)
            if _version(before) != version:
                raise ConfigChanged(f"{file.name} was changed by somebody else since it was read. Read it again.")
            after = _restored(text, before, version)
            _must_be_right(after, file, check, env)
            content = _encoded(after)
            if content != before:
                mode = file.stat().st_mode & 0o777 if file.exists() else 0o600
                if file.exists():
                    put_in_place(file.with_name(f"{file.name}.bak"), before.decode("utf-8-sig", "replace"), mode=mode)
                put_in_place(file.resolve(), after, mode=mode)  # a link stays a link
            return _version(content)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written ({error.strerror}). Make the folder writable for you.") from error


def _restored(text: str, before: bytes, version: str) -> str:
    _, secrets = hide(before.decode("utf-8-sig", "replace"), version)
    try:
        return put_back(text, secrets, version)
    except ConfigError as error:
        raise ConfigInvalid([Problem(None, error.message)]) from error


def _must_be_right(
    text: str, file: Path, check: Callable[[Config], None] | None, env: Mapping[str, str] | None
) -> None:
    try:
        config = config_of(text, file, env=env)
        if check is not None:
            check(config)
    except ConfigError as error:
        raise ConfigInvalid(problems_in(error, file)) from error


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ConfigInvalid([Problem(None, "The text holds half a character.")]) from None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}). Give yourself the right to read it.") from error


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
