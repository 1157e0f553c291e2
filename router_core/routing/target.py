"""A target: provider and model, written `provider/model` (on input `provider,model` too)."""

from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from router_core.config.schema import Config


@dataclass(frozen=True, slots=True)
class RouteTarget:
    """Where a request may go."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


def split_target(text: str) -> RouteTarget | None:
    """The two halves of `provider/model` or `provider,model`; None when it is no such text.

    A model may have slashes of its own (`openrouter/z-ai/glm-5`): the first separator counts.
    """
    cut = min((at for at in (text.find("/"), text.find(",")) if at > 0), default=0)
    provider, model = text[:cut].strip(), text[cut + 1 :].strip()
    return RouteTarget(provider, model) if provider and model else None


def provider_meant(name: str, providers: Container[str]) -> str | None:
    """The provider that a name stands for: its own, or one that the catalogue knows it by (`anthropic` is `claude`)."""
    if name in providers:
        return name
    from router_core.providers.catalogue import ALIASES  # here: the catalogue is made of what config has

    meant = ALIASES.get(name.lower())
    return meant if meant is not None and meant in providers else None


def parse_target(text: str, config: "Config") -> RouteTarget | None:
    """A target whose provider exists and is enabled; None for anything else."""
    target = split_target(text)
    name = provider_meant(target.provider, config.providers) if target is not None else None
    if target is None or name is None or not config.providers[name].enabled:
        return None
    return target if name == target.provider else RouteTarget(name, target.model)
