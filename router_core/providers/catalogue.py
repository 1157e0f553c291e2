"""The providers that exist without being configured. They are rows of catalogue.toml beside this file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import tomli

from router_core.config.schema import Kind, ProviderConfig

_SETTINGS = ("kind", "base_url", "usage_base_url", "auth", "keyless", "order", "billing")
_VENDOR_OF_KIND: dict[Kind, str] = {
    "anthropic": "anthropic", "openai": "openai", "codex": "openai", "gemini": "google", "code-assist": "google",
    "vertex": "google",
}  # fmt: skip


class Known(NamedTuple):
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


class _Catalogue(Mapping[str, ProviderConfig]):
    """The rows as settings; each is made when first asked for, since a start needs hardly one of them so."""

    def __init__(self) -> None:
        self._made: dict[str, ProviderConfig] = {}

    def __getitem__(self, name: str) -> ProviderConfig:
        if name not in self._made:
            self._made[name] = ProviderConfig.model_validate(SETTINGS[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(SETTINGS)

    def __len__(self) -> int:
        return len(SETTINGS)


CATALOGUE = _Catalogue()
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
    if known is not None and known.vendor and provider.host == CATALOGUE[name].host:
        return known.vendor
    return _VENDOR_OF_KIND.get(provider.kind, "")
