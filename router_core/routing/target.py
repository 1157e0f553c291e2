"""A target: provider and model, written `provider/model` (on input `provider,model` too)."""

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


def parse_target(text: str, config: "Config") -> RouteTarget | None:
    """A target whose provider exists and is enabled; None for anything else (`z-ai/glm-5` may be a model's name)."""
    target = split_target(text)
    if target is None:
        return None
    provider = config.providers.get(target.provider)
    return target if provider is not None and provider.enabled else None
