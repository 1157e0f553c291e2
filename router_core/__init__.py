"""The decisions and formats of mitmrouter as plain Python: no mitmproxy, no textual.

`from router_core import run_router` starts a router for the program that says so.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from router_core.embed import EmbeddedRouter as EmbeddedRouter
    from router_core.embed import run_router as run_router
    from router_core.embed import run_router_async as run_router_async

__version__ = "0.1.0"
_EMBED = ("EmbeddedRouter", "run_router", "run_router_async")


def __getattr__(name: str) -> Any:
    """What is seldom needed is imported when it is asked for."""
    if name in _EMBED:
        from router_core import embed

        return getattr(embed, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
