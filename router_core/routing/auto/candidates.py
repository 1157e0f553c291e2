"""The models that `auto` may choose from: those of every provider that has a token."""

from collections.abc import Callable, Iterable, Iterator

from router_core.config.schema import Config
from router_core.models.known import known_models, model_info
from router_core.providers.catalogue import vendor_of
from router_core.routing.auto.capability import capable_of
from router_core.routing.auto.choose import Candidate
from router_core.routing.target import RouteTarget, parse_target
from router_core.spend.prices import price_of


def candidate(target: RouteTarget, input_tokens: int = 0) -> Candidate:
    """What is known of a target's model."""
    info = model_info(target.model, target.provider)
    return Candidate(target, info, capable_of(target.model), price_of(target.model, input_tokens))


def candidates_of(
    config: Config,
    *,
    has_token: Callable[[str], bool],
    serves: Callable[[str, str], bool],
    input_tokens: int = 0,
) -> list[Candidate]:
    """Every model that may be asked, in the owner's order of providers.

    Args:
        has_token: provider name → some token is registered there.
        serves: (provider name, model) → the provider's own list has that model; nothing where no list is known.
        input_tokens: of the prompt: long ones are billed at other prices.
    """
    names = sorted(
        (name for name, provider in config.providers.items() if provider.enabled and has_token(name)),
        key=lambda name: (config.providers[name].order, name),
    )
    targets = [RouteTarget(name, model) for name in names for model in _models(name, config, serves)]
    for text in (text for tier in config.routing.auto.tiers.values() for text in tier.texts()):
        target = parse_target(text, config)
        if target is not None and target.provider in names:
            targets.append(target)
    return [candidate(target, input_tokens) for target in dict.fromkeys(targets)]


def _models(name: str, config: Config, serves: Callable[[str, str], bool]) -> Iterator[str]:
    """What the config lists; else the vendor's models that the provider's own list has, all where it has none."""
    provider = config.providers[name]
    if provider.models:
        yield from provider.models
        return
    vendor = vendor_of(name, provider)
    known: Iterable[str] = [
        info.id
        for info in known_models(vendor=vendor)
        if provider.kind != "codex" or info.reasoning.mode == "effort"  # the ChatGPT backend serves no older ones
    ]
    listed = [model for model in known if serves(name, model)]
    yield from listed or (known if vendor else ())
