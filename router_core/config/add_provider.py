"""Put a provider of one's own into config.toml: a table of its own, everything else untouched, comments included."""

from collections.abc import Mapping
from pathlib import Path

import tomli

from router_core.config.edit import literal, rewrite_config
from router_core.config.toml_edit import edited
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

    def change(text: str) -> str:
        there = tomli.loads(text).get("providers", {}).get(name)
        if there is None:
            return edited(text, {("providers", name, key): literal(value) for key, value in settings.items()})
        if all(there.get(key) == literal(value) for key, value in settings.items()):
            return text
        raise ConfigError(f"{file}: [providers.{name}] is there already, with other values. Change it there.")

    return rewrite_config(file, change).changed
