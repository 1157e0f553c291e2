"""How the router and the process that serves the portal's apps (`python -m tui.portal`) speak with each other.

That process listens on a port of loopback, which any program of this machine can reach. So it answers only what carries
a secret that is made anew for each start, handed over on its standard input, and known to the router alone.
"""

import secrets
from dataclasses import asdict, dataclass

import orjson

SECRET_HEADER = "x-mitmrouter-portal"  # noqa: S105 - the name, not the secret
SESSION_HEADER = "x-mitmrouter-session"
"""The session's label: when a person logs out, what runs for it ends."""
REMAINING_HEADER = "x-mitmrouter-remaining"
"""After so many seconds the session is over, and what runs for it ends."""
MAX_MESSAGE_BYTES = 1024 * 1024
"""Of what a browser sends at once: a key, or what was pasted."""
IDLE_S = 600.0
"""With nobody looking for so long the process ends; the next visit starts it again."""


@dataclass(frozen=True, slots=True)
class Orders:
    """The one line that the process reads first."""

    secret: str
    home: str
    most_apps: int
    idle_s: float = IDLE_S

    def line(self) -> bytes:
        return orjson.dumps(asdict(self)) + b"\n"


def read_orders(line: bytes) -> Orders:
    """Raises ValueError for what is none."""
    found = orjson.loads(line)
    if not isinstance(found, dict):
        raise ValueError("the orders are no object")
    try:
        return Orders(str(found["secret"]), str(found["home"]), int(found["most_apps"]), float(found["idle_s"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"the orders are not complete ({error})") from error


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def is_secret(given: str, expected: str) -> bool:
    """Compared in constant time; nothing is equal to an empty one."""
    return bool(expected) and secrets.compare_digest(given.encode("utf-8", "replace"), expected.encode())
