"""What the record of a lock says against sending a refresh token once more. Pure: record, token and time come in."""

from dataclasses import dataclass
from datetime import datetime

from router_core.oauth.lock import Record
from router_core.tokens.token import Login, Token

SINGLE_USE: frozenset[Login] = frozenset({"claude", "codex"})
"""Each renewal replaces the refresh token, and a second use of it may end the whole login."""
ELSEWHERE_WAIT_S = 600.0
"""Another home that has sent the same refresh token gets this long for storing the answer."""
HAND_OVER_WAIT_S = 30.0
"""When to look again whether the home that has renewed a shared login has handed it over."""


@dataclass(frozen=True, slots=True)
class Known:
    """Why the server is not asked."""

    because: str
    is_final: bool
    """Once the access token has run out, only a new login helps."""
    not_before: float | None = None
    at_once: bool = False
    """Final already now: its server has said so."""


def known_of(record: Record | None, token: Token, home: str, now: float, *, owner: bool) -> Known | None:
    """None: nothing speaks against asking.

    Args:
        home: of the process that would ask.
        owner: the owner wants it asked; a dead login may have been repaired at the provider.
    """
    if record is None or (token.login not in SINGLE_USE and record.use != "dead"):
        return None
    is_ours = record.home == home
    match record.use:
        case "used":
            who = "this home" if is_ours else f"another mitmrouter home ({record.home})"
            because = f"The refresh token of {token.name} was used up {_when(record.at)} by {who}, which got a new one."
            if token.shared and now < record.at + ELSEWHERE_WAIT_S:
                return Known(f"{because} It has not handed it over yet.", False, now + HAND_OVER_WAIT_S)
            return Known(f"{because} One login serves one home: log in again here ({_login(token)}).", True)
        case "asked" if not is_ours and now < record.at + ELSEWHERE_WAIT_S:
            because = (
                f"{token.name} is being renewed by another mitmrouter home ({record.home}) since {_when(record.at)}."
            )
            return Known(because, False, record.at + ELSEWHERE_WAIT_S)
        case "dead" if not owner:
            return Known(record.because, True, at_once=True)
        case _:
            return None


def perhaps_used_up(record: Record) -> str:
    """What has probably happened when a refresh token is refused that was sent before and got no answer."""
    return (
        f"A renewal was begun {_when(record.at)} and its answer never arrived, so the refresh token was probably used "
        "up by it."
    )


def _when(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("on %Y-%m-%d at %H:%M")


def _login(token: Token) -> str:
    return f"mitmrouter auth login {token.login or token.provider}"
