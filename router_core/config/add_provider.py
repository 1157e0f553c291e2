"""Put a provider of one's own into config.toml: a table at its end, everything else untouched, comments included.

The result is validated before it takes the place of the old file, and takes it in one step.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli

from router_core.config.load import load_config
from router_core.errors import ConfigError

PASTED = ("/chat/completions", "/responses", "/v1/messages", "/models")
"""Ends of URLs that people copy from examples; the base URL ends before them."""


def base_of(url: str) -> str:
    """The base URL in what somebody pasted."""
    url = url.strip().rstrip("/")
    return next((url.removesuffix(end) for end in PASTED if url.endswith(end)), url).rstrip("/")


def add_provider(file: Path, name: str, settings: Mapping[str, str]) -> bool:
    """Write `[providers.NAME]`.

    Args:
        file: config.toml; it need not exist.
        settings: values of the table, in the order in which they shall stand there.

    Returns:
        False when the file says the same already.

    Raises:
        ConfigError: the table is there with other values; the name or a value is wrong; the file cannot be written.
    """
    text = _text(file)
    there = _tables(file, text).get(name)
    if there is not None:
        if isinstance(there, dict) and all(there.get(key) == value for key, value in settings.items()):
            return False
        raise ConfigError(f"{file}: [providers.{name}] is there already, with other values. Change it there.")
    key = name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else _quoted(name)
    lines = [f"[providers.{key}]", *(f"{key} = {_quoted(value)}" for key, value in settings.items())]
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    _replace(file, text + gap + "\n".join(lines) + "\n")
    return True


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read ({error}).") from error


def _tables(file: Path, text: str) -> dict[str, Any]:
    try:
        providers = tomli.loads(text).get("providers", {})
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"{file}:{error.lineno}: not valid TOML: {error.msg}. Mend that line first.") from error
    return providers if isinstance(providers, dict) else {}


def _quoted(value: str) -> str:
    """A TOML string. `$` would name an environment variable."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"'


def _replace(file: Path, text: str) -> None:
    file = file.resolve()  # a link stays a link
    try:
        handle, name = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written ({error.strerror}). Make the folder writable for you.") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        if file.exists():
            temporary.chmod(file.stat().st_mode & 0o777)
        try:
            load_config(temporary)
        except ConfigError as error:
            raise ConfigError(error.message.replace(str(temporary), str(file))) from None
        temporary.replace(file)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written ({error.strerror}).") from error
    finally:
        temporary.unlink(missing_ok=True)
