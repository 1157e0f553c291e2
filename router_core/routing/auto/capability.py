"""The highest tier that a model is good enough for: rows of capability.toml."""

import functools
import tomllib
from fnmatch import fnmatchcase
from importlib import resources

from router_core.models.known import LONGEST_NAME, spellings
from router_core.routing.auto.tier import Tier

UNKNOWN: Tier = "MEDIUM"


def capable_of(model: str) -> Tier:
    """The highest tier of a model, in any spelling.

    >>> capable_of("anthropic/claude-opus-5.5")
    'REASONING'
    >>> capable_of("claude-haiku-5-5-20261009")
    'MEDIUM'
    """
    return _cached(model) if len(model) <= LONGEST_NAME else UNKNOWN


@functools.lru_cache(maxsize=2048)
def _cached(model: str) -> Tier:
    name = spellings(model)[-1].removesuffix("-preview")
    return next((tier for pattern, tier in _rows() if fnmatchcase(name, pattern)), UNKNOWN)


@functools.cache
def _rows() -> tuple[tuple[str, Tier], ...]:
    text = resources.files("router_core.routing.auto").joinpath("capability.toml").read_text("utf-8")
    rows = tomllib.loads(text)["models"]
    return tuple((pattern, row["tier"]) for row in rows for pattern in row["match"])
