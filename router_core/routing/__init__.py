"""Which provider and model a request goes to."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from router_core.routing.auto.classify import Classified, classify
    from router_core.routing.auto.prompt import Prompt

__all__ = ["Classified", "Prompt", "classify"]

_PLACES = {
    "Classified": "router_core.routing.auto.classify",
    "Prompt": "router_core.routing.auto.prompt",
    "classify": "router_core.routing.auto.classify",
}


def __getattr__(name: str) -> Any:
    """What is named above, imported when first used: the router itself starts without it."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)
