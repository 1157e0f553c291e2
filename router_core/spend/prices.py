"""What a model's tokens cost: the published figures of prices.toml, found by whatever name the model goes.

Money is integer nano-USD. A model without a row costs "nobody knows" (None), never zero.
"""

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from router_core.models.known import spellings

MILLION = 1_000_000
_NANO = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Nano-USD per million tokens."""

    input: int
    output: int
    cache_read: int
    """Where nothing is published, as `input`: a cache that saves nothing loses nothing."""
    cache_write: int
    """For the usual time; where it is not charged separately, as `input`."""
    cache_write_1h: int

    def rewriting(self, tokens: int, *, for_1h: bool = False) -> int:
        """Nano-USD that it costs more to write a prefix to the cache again than to read it from there."""
        write = self.cache_write_1h if for_1h else self.cache_write
        return max(0, tokens * (write - self.cache_read) // MILLION)


def price_of(model: str, input_tokens: int = 0) -> Price | None:
    """The prices of a model.

    Args:
        model: in any spelling that `model_info` knows.
        input_tokens: of the whole prompt, cached ones included: long prompts are billed at another tier.
    """
    row = _row(model)
    if row is None:
        return None
    for tier in row.get("tiers", ()):
        if input_tokens > tier["above_input_tokens"]:
            row = {**row, **tier}
    return _price(row)


@functools.lru_cache(maxsize=2048)
def _row(model: str) -> dict[str, Any] | None:
    rows = _rows()
    return next((row for name in spellings(model[:256]) if (row := rows.get(name))), None)


def _price(row: dict[str, Any]) -> Price:
    read = row.get("cache_read", row["input"])
    write = row.get("cache_write") or row["input"]
    values = row["input"], row["output"], read, write, row.get("cache_write_1h", write)
    return Price(*(round(usd * _NANO) for usd in values))


@functools.cache
def _rows() -> dict[str, dict[str, Any]]:
    """By id and alias in lower case; read once, a few ms, when somebody asks for a price."""
    text = resources.files("router_core.spend").joinpath("prices.toml").read_text(encoding="utf-8")
    rows: dict[str, dict[str, Any]] = {}
    for name, row in tomllib.loads(text).items():
        for spelling in (name, *row.get("aliases", ())):
            rows[spelling.lower()] = row
    return rows
