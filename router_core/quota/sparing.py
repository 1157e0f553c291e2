"""Which windows are spared before they are full, and what the other tokens can take over.

The strategy `quota` holds a token back that is nearly used up, while others have room (tokens/select.py): its window
then stays where it is, and the work goes to the others, until they are held back as well. So its own past alone would
call walls that never come. Here is worked out how much the others can take, and what they have to carry anyway.

How many LLM tokens a percent of each account's window is, is measured (consumption.py). Where it is not, all accounts
count as equally large.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from router_core.config.schema import Config
from router_core.quota.consumption import Curve
from router_core.quota.reserve import STEP_S, Reserve, Room
from router_core.tokens.select import HELD_BACK_FROM, NEARLY_USED, is_over
from router_core.tokens.token import Token

LONG_S = 86400.0
SPANS = 20
"""Windows that reset within such a part of their length are one room: a thousand tokens cost little more than a few."""


@dataclass(frozen=True, slots=True)
class Account:
    """A window of one of the provider's tokens that can pay."""

    curve: Curve
    reset_at: float | None
    """Epoch seconds; once that is over, the window is untouched."""
    length_s: float

    def level(self, now: float) -> float:
        """Used of it."""
        return 0.0 if self.reset_at is not None and self.reset_at <= now else self.curve.level


def sparing(config: Config) -> frozenset[str]:
    """The providers whose strategy holds tokens back."""
    return frozenset(
        name
        for name, provider in config.providers.items()
        if (provider.strategy or config.selection.strategy) == "quota"
    )


def can_take_over(token: Token, now: float) -> bool:
    """Whether it pays at all. One that rests is back soon, against the length of its windows."""
    return token.enabled and token.health == "healthy" and not is_over(token, now)


def reserves(accounts: Mapping[str, Mapping[str, Account]], now: float) -> dict[tuple[str, str], Reserve]:
    """The reserve of each (token, window) that has one.

    Args:
        accounts: by token and window: those of one provider whose strategy is `quota`, windows of the whole account.
        now: epoch seconds.
    """
    found: dict[tuple[str, str], Reserve] = {}
    for window in {name for windows in accounts.values() for name in windows}:
        found |= _of_window(window, accounts, now)
    return found


def _of_window(
    window: str, accounts: Mapping[str, Mapping[str, Account]], now: float
) -> dict[tuple[str, str], Reserve]:
    alike = {token: windows[window] for token, windows in accounts.items() if window in windows}
    if len(alike) < 2:
        return {}
    sizes = _sizes(alike)
    start = min(account.curve.times[0] for account in alike.values())
    steps = [start + i * STEP_S for i in range(int((now - start) / STEP_S) + 2)]
    used = {token: [account.curve.upto(at) * sizes[token] for at in steps] for token, account in alike.items()}
    together = [sum(each) for each in zip(*used.values(), strict=True)]
    offers: dict[float, dict[str, _Offer]] = {}
    found = {}
    for token, account in alike.items():
        size = sizes[token]
        for degree in HELD_BACK_FROM if account.length_s < LONG_S else (NEARLY_USED,):
            if degree not in offers:
                offers[degree] = {
                    name: _offer(account, sizes[name], degree, now)
                    for name, account in alike.items()
                    if not _is_closed(accounts[name], window, now)
                }
            rooms = _rooms(offers[degree], token, size, account.length_s)
            if any(room.left > 0 for room in rooms):
                demand = tuple((all_ - own) / size for all_, own in zip(together, used[token], strict=True))
                found[token, window] = Reserve(1 - degree, rooms, account.length_s, start, demand, len(alike))
                break
            if account.level(now) < degree:
                break  # it is the last one that is not held back so far
    return found


def _sizes(alike: Mapping[str, Account]) -> dict[str, float]:
    """LLM tokens that each window holds, or 1 for all."""
    per_token = {token: account.curve.per_token or 0.0 for token, account in alike.items()}
    if min(per_token.values()) <= 0:
        return dict.fromkeys(alike, 1.0)
    return {token: 1 / slope for token, slope in per_token.items()}


def _is_closed(windows: Mapping[str, Account], window: str, now: float) -> bool:
    """Whether it is held back for the sake of another, long window."""
    return any(
        account.level(now) >= NEARLY_USED
        for name, account in windows.items()
        if name != window and account.length_s >= LONG_S
    )


class _Offer(NamedTuple):
    """What one token takes over, in LLM tokens."""

    reset_at: float
    left: float
    whole: float


def _offer(account: Account, size: float, degree: float, now: float) -> _Offer:
    reset_at = max(account.reset_at or 0.0, now)
    reset_at += account.length_s if reset_at == now else 0.0
    return _Offer(reset_at, max(degree - account.level(now), 0.0) * size, degree * size)


def _rooms(offers: Mapping[str, _Offer], but: str, size: float, length_s: float) -> tuple[Room, ...]:
    """All but one's, in fractions of that one's window."""
    spans: dict[int, tuple[float, float]] = {}
    for token, offer in offers.items():
        if token != but:
            span = int(offer.reset_at * SPANS / length_s)
            left, whole = spans.get(span, (0.0, 0.0))
            spans[span] = left + offer.left / size, whole + offer.whole / size
    return tuple(Room(*spans[span], (span + 1) * length_s / SPANS) for span in sorted(spans))
