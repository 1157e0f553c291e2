"""To whom a model belongs by its name: the provider that lists it, whose family it is of, that serves it, or its
vendor's; always one with a token, the first in the owner's order."""

from collections.abc import Callable

from router_core.config.schema import Config
from router_core.models.known import model_info
from router_core.providers.catalogue import vendor_of
from router_core.routing.target import RouteTarget

_FAMILIES: tuple[tuple[tuple[str, ...], frozenset[str]], ...] = (
    (("claude",), frozenset({"anthropic", "vertex"})),
    (("gpt", "o1", "o3", "o4", "codex", "chatgpt"), frozenset({"openai", "openai-responses", "codex"})),
    (("gemini", "gemma"), frozenset({"gemini", "vertex", "antigravity", "code-assist"})),
)
"""Beginnings of model names → the kinds of provider that serve them."""

type HasToken = Callable[[str], bool]
type Serves = Callable[[str, str], bool]


def providers_with_token(config: Config, has_token: HasToken) -> list[str]:
    """In the owner's order."""
    return sorted(
        (name for name, provider in config.providers.items() if provider.enabled and has_token(name)),
        key=lambda name: (config.providers[name].order, name),
    )


def owner_of(model: str, config: Config, has_token: HasToken, serves: Serves) -> tuple[RouteTarget, str] | None:
    """The target, and why; None when nobody is known to serve the model."""
    if not model:
        return None
    providers = providers_with_token(config, has_token)
    for name in providers:
        if model in config.providers[name].models:
            return RouteTarget(name, model), f"[providers.{name}] lists {model}"
    for beginnings, kinds in _FAMILIES:
        if model.startswith(beginnings):
            for name in providers:
                if config.providers[name].kind in kinds and _own_models(name, config):
                    return RouteTarget(name, model), f"{model} belongs to {name}"
    for name in providers:
        if serves(name, model):
            return RouteTarget(name, model), f"{name} serves {model}"
    if "/" not in model and (vendor := model_info(model).vendor):  # nobody's own service has a `vendor/` in its names
        for name in providers:
            if vendor_of(name, config.providers[name]) == vendor:
                return RouteTarget(name, model), f"{model} is a model of {name}'s vendor"
    return None


def is_model_name(text: str, config: Config, has_token: HasToken, serves: Serves) -> bool:
    """Whether a provider with a token has a model of just this name (OpenRouter has `anthropic/claude-sonnet-5`)."""
    providers = providers_with_token(config, has_token)
    return any(text in config.providers[name].models or serves(name, text) for name in providers)


def _own_models(name: str, config: Config) -> bool:
    """False for another vendor's service that only speaks the format: it answers to names of models that it lacks."""
    vendor = vendor_of(name, config.providers[name])
    return vendor in ("anthropic", "openai", "google", "")
