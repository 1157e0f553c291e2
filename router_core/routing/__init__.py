"""Which provider and model a request goes to.

Two functions are of use in any program, without a router: `classify` says how much of a model a prompt needs, `route`
which model should answer it, what that costs and what it saves.

>>> from router_core.routing import classify, route
>>> classify("What's the capital of Mongolia?").tier
'SIMPLE'
>>> route("Prove that sqrt(2) is irrational", system=None, max_output_tokens=4096).tier
'REASONING'
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from router_core.routing.auto.classify import Classified, classify
    from router_core.routing.auto.prompt import Prompt
    from router_core.routing.auto.route import Decision, route

__all__ = ["Classified", "Decision", "Prompt", "classify", "route"]

_PLACES = {
    "Classified": "router_core.routing.auto.classify",
    "Decision": "router_core.routing.auto.route",
    "Prompt": "router_core.routing.auto.prompt",
    "classify": "router_core.routing.auto.classify",
    "route": "router_core.routing.auto.route",
}


def __getattr__(name: str) -> Any:
    """What is named above, imported when first used: the router itself starts without it."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)
