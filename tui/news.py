"""What is known now, for pages that were not there when it was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.messages import LockSeen, RouterSeen, TokensChanged


@dataclass
class News:
    """Kept by the app, read by the pages."""

    tokens: TokensChanged | None = None
    """None: not read yet."""
    lock: LockSeen = field(default_factory=LockSeen)
    router: RouterSeen | None = None
    """None: not asked yet."""
    today: Mapping[str, int] = field(default_factory=dict)
    running: int = 0
    """Requests that have no end yet; what runs while no router is up has been left by one that was killed."""
    committed: int = 0
    """Grows whenever something was written to traces.db."""
