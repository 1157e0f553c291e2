"""The models that `auto` may choose from: those of every provider that has a token.

What is known of a model changes with the hour at most (prices), so it is kept, and so is the whole list of those that
may be asked: by all that it follows from, so that a request costs one look-up and never sees an older list.
"""

import functools
from collections.abc import Callable, Sequence

from router_core.config.schema import Config
from router_core.models.known import known_models, model_info
from router_core.providers.catalogue import vendor_of
from router_core.routing.auto.capability import capable_of
from router_core.routing.auto.choose import Candidate
from router_core.routing.target import RouteTarget, parse_target
from router_core.spend.prices import NO_PRICES, Prices, price_of, same_tier

_QUARTER_S = 900.0
"""Prices of a time of the day begin and end on a quarter of an hour."""


class _Same:
    """Overrides as a key: those of one config snapshot are one object."""

    __slots__ = ("prices",)

    def __init__(self, prices: Prices) -> None:
        self.prices = prices

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.prices is self.prices

    def __hash__(self) -> int:
        return id(self.prices)


def candidate(
    target: RouteTarget, input_tokens: int = 0, *, at: float | None = None, overrides: Prices = NO_PRICES
) -> Candidate:
    """What is known of a target's model.

    Args:
        input_tokens: of the prompt: long ones are billed at other prices.
        at: epoch seconds; None: prices as published, whatever the day and the hour.
        overrides: `[prices]`.
    """
    return _candidate(target, same_tier(input_tokens), _quarter(at), _Same(overrides))


def _quarter(at: float | None) -> float | None:
    return None if at is None else at // _QUARTER_S * _QUARTER_S


@functools.lru_cache(maxsize=4096)
def _candidate(target: RouteTarget, input_tokens: int, at: float | None, overrides: _Same) -> Candidate:
    price = price_of(target.model, input_tokens, provider=target.provider, at=at, overrides=overrides.prices)
    return Candidate(target, model_info(target.model, target.provider), capable_of(target.model), price)


def candidates_of(
    config: Config,
    *,
    has_token: Callable[[str], bool],
    serves: Callable[[str, str], bool],
    input_tokens: int = 0,
    at: float | None = None,
) -> Sequence[Candidate]:
    """Every model that may be asked, in the owner's order of providers.

    Args:
        has_token: provider name → some token is registered there.
        serves: (provider name, model) → the provider's own list has that model; nothing where no list is known.
        input_tokens: of the prompt.
        at: epoch seconds, for prices that change with the day or the hour.
    """
    providers = config.providers
    names = [name for name, provider in providers.items() if provider.enabled and has_token(name)]
    names.sort(key=lambda name: (providers[name].order, name))
    listed = tuple((name, _models(name, config, serves)) for name in names)
    written = [text for tier in config.routing.auto.tiers.values() for text in tier.texts()]
    targets = [parse_target(text, config) for text in written]
    own = tuple(target for target in targets if target is not None and target.provider in names)
    return _candidates(listed, own, same_tier(input_tokens), _quarter(at), _Same(config.prices))


@functools.lru_cache(maxsize=64)
def _candidates(
    listed: tuple[tuple[str, tuple[str, ...]], ...],
    own: tuple[RouteTarget, ...],
    input_tokens: int,
    at: float | None,
    overrides: _Same,
) -> tuple[Candidate, ...]:
    """Of the models that each provider has, and of the targets of the owner's tiers."""
    targets = [RouteTarget(name, model) for name, models in listed for model in models]
    return tuple([_candidate(each, input_tokens, at, overrides) for each in dict.fromkeys([*targets, *own])])


def _models(name: str, config: Config, serves: Callable[[str, str], bool]) -> tuple[str, ...]:
    """What the config lists; else the vendor's models that the provider's own list has, all where it has none."""
    provider = config.providers[name]
    if provider.models:
        return provider.models
    vendor = vendor_of(name, provider)
    known = _known_ids(vendor, provider.kind == "codex")
    return tuple([model for model in known if serves(name, model)]) or (known if vendor else ())


@functools.lru_cache(maxsize=64)
def _known_ids(vendor: str, chatgpt: bool) -> tuple[str, ...]:
    """A vendor's models; the ChatGPT backend serves no older ones than those that take an effort."""
    found = known_models(vendor=vendor)
    return tuple(info.id for info in found if not chatgpt or info.reasoning.mode == "effort")
