"""What a model's tokens cost: the published figures of prices.toml, found by whatever name the model goes, and those of
`[prices]` in their stead.

Money is integer nano-USD, figures are read as decimals. A model without a row costs "nobody knows" (None), never zero.
What counts is the price at the time of the request: some change on a day (`price_from`), some with the hour (`peak`).
"""

import functools
import tomllib
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from importlib import resources
from typing import Any

from router_core.config.spend import PriceConfig
from router_core.models.known import spellings
from router_core.money import to_nano
from router_core.spend.peak import is_peak

MILLION = 1_000_000

type Row = Mapping[str, Any]
type Prices = Mapping[str, PriceConfig]
"""The `[prices]` of config.toml."""
NO_PRICES: Prices = {}

_CHANGES = frozenset({"tiers", "price_from", "peak"})
"""What makes a model's price another one for some requests."""


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
    reasoning: int | None = None
    """None: as `output`."""

    def rewriting(self, tokens: int, *, for_1h: bool = False) -> int:
        """Nano-USD that it costs more to write a prefix to the cache again than to read it from there."""
        write = self.cache_write_1h if for_1h else self.cache_write
        return max(0, tokens * (write - self.cache_read) // MILLION)


def price_of(
    model: str, input_tokens: int = 0, *, provider: str = "", at: float | None = None, overrides: Prices = NO_PRICES
) -> Price | None:
    """The prices of a model.

    Args:
        model: in any spelling that `model_info` knows.
        input_tokens: of the whole prompt, cached ones included: long prompts are billed at another tier.
        provider: its name in the configuration, for `[prices]` of `provider/model`.
        at: epoch seconds; None: as published, whatever the day and the hour.
        overrides: `[prices]`; what they name holds for prompts of any length, on any day.
    """
    known, own = _row(model), _own(model, provider, overrides)
    if known is not None and not own and not known.keys() & _CHANGES:  # most models, most of the time
        return _unchanging(model)
    row: dict[str, Any] = dict(known) if known is not None else {}
    if known is not None and at is not None:
        row |= _on_day(known, at)
        if (peak := known.get("peak")) and is_peak(peak["window_utc"], at):
            row |= peak
    for tier in row.get("tiers", ()):
        if input_tokens > tier["above_input_tokens"]:
            row |= tier
    return _price(row | own)


def same_tier(input_tokens: int) -> int:
    """A number of input tokens that has the same price as this one, for every model: so that prices can be kept."""
    bounds = _tier_bounds()
    place = bisect_left(bounds, input_tokens)
    return bounds[place - 1] + 1 if place else 0


@functools.cache
def _tier_bounds() -> tuple[int, ...]:
    return tuple(sorted({tier["above_input_tokens"] for row in _rows().values() for tier in _tiers(row)}))


def _tiers(row: Row) -> list[Row]:
    """Those of all days."""
    later = row.get("price_from", {}).values()
    return [tier for each in (row, *later) for tier in each.get("tiers", ())]


def _on_day(row: Row, at: float) -> Row:
    """The last change of price that has come into force; days begin at midnight UTC."""
    day = datetime.fromtimestamp(at, UTC).date().isoformat()
    begun = [date for date in row.get("price_from", ()) if date <= day]
    found: Row = row["price_from"][max(begun)] if begun else {}
    return found


@functools.lru_cache(maxsize=2048)
def _unchanging(model: str) -> Price | None:
    """The price of a model whose price is the same for each request; worked out once."""
    return _price(_row(model) or {})


def _own(model: str, provider: str, overrides: Prices) -> dict[str, Decimal]:
    """The first entry of `[prices]` that fits; only what it names."""
    if not overrides:
        return {}
    names = [model.lower(), f"{provider}/{model}".lower(), *spellings(model[:256])]
    for pattern, price in overrides.items():
        lower = pattern.lower()
        if any(name == lower or fnmatchcase(name, lower) for name in names):
            return price.named()
    return {}


@functools.lru_cache(maxsize=2048)
def _row(model: str) -> Row | None:
    rows = _rows()
    return next((row for name in spellings(model[:256]) if (row := rows.get(name))), None)


def _price(row: Row) -> Price | None:
    if "input" not in row or "output" not in row:
        return None
    read = row.get("cache_read", row["input"])
    write = row.get("cache_write", row["input"])
    reasoning = row.get("reasoning")
    return Price(
        to_nano(row["input"]),
        to_nano(row["output"]),
        to_nano(read),
        to_nano(write),
        to_nano(row.get("cache_write_1h", write)),
        None if reasoning is None else to_nano(reasoning),
    )


@functools.cache
def _rows() -> dict[str, Row]:
    """By id and alias in lower case; read once, a few ms, when somebody asks for a price."""
    text = resources.files("router_core.spend").joinpath("prices.toml").read_text(encoding="utf-8")
    rows: dict[str, Row] = {}
    for name, row in tomllib.loads(text, parse_float=Decimal).items():
        for spelling in (name, *row.get("aliases", ())):
            rows[spelling.lower()] = row
    return rows
