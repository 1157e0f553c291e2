"""The providers that exist without being configured. They are rows of catalogue.toml beside this file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import tomli

from router_core.config.schema import Kind, ProviderConfig

_SETTINGS = ("kind", "base_url", "usage_base_url", "auth", "keyless", "order")
_VENDOR_OF_KIND: dict[Kind, str] = {
    "anthropic": "anthropic", "openai": "openai", "codex": "openai", "gemini": "google", "code-assist": "google",
    "vertex": "google",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a provider besides its settings."""

    title: str
    """What people call it."""
    key: str
    """Where a credential comes from, in a few words."""
    vendor: str = ""
    """Whose models it serves, where that is not said by its kind."""
    aliases: tuple[str, ...] = ()
    """Other names that people type."""


def _read() -> dict[str, dict[str, Any]]:
    return tomli.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))


_ROWS = _read()

SETTINGS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {name: {key: row[key] for key in _SETTINGS if key in row} for name, row in _ROWS.items()}
)
"""What each row says of its provider's settings, as it would stand in config.toml."""
CATALOGUE: Mapping[str, ProviderConfig] = MappingProxyType(
    {name: ProviderConfig.model_validate(row) for name, row in SETTINGS.items()}
)
KNOWN: Mapping[str, Known] = MappingProxyType(
    {
        name: Known(row["title"], row["key"], row.get("vendor", ""), tuple(row.get("aliases", ())))
        for name, row in _ROWS.items()
    }
)
ALIASES: Mapping[str, str] = MappingProxyType({alias: name for name, row in KNOWN.items() for alias in row.aliases})
"""What people type → what the provider is called here."""


def vendor_of(name: str, provider: ProviderConfig) -> str:
    """Whose models a provider serves (`anthropic`, `deepseek` …); "" when that is not known.

    A row says it for its own host only: whoever puts another base URL there has put another service there.
    """
    known = KNOWN.get(name)
    if known is not None and known.vendor and _host(provider) == _host(CATALOGUE[name]):
        return known.vendor
    return _VENDOR_OF_KIND.get(provider.kind, "")


def _host(provider: ProviderConfig) -> str:
    return urlsplit(provider.base_url).hostname or ""
