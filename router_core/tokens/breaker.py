"""A breaker per provider host: when the host itself fails again and again, stop asking it for a while.

It is about hosts, not tokens: an outage of the provider must not put a pool of good tokens to rest.
"""

from collections.abc import Callable
from dataclasses import dataclass

from router_core.clock import Clock

OPENS_AFTER = 10
"""Requests in a row that were given up because of the host (each has tried more than once)."""
FIRST_OPEN_S = 5.0
LONGEST_OPEN_S = 60.0

type Save = Callable[[str, int, float, str], None]


@dataclass(slots=True)
class _Host:
    failures: int = 0
    open_until: float = 0.0
    because: str = ""


class Breakers:
    """Counts failures per host; a success closes the breaker."""

    def __init__(self, save: Save, clock: Clock) -> None:
        self._save = save
        self._clock = clock
        self._hosts: dict[str, _Host] = {}

    def restore(self, host: str, failures: int, open_until: float, because: str) -> None:
        """What was remembered from before a restart."""
        self._hosts[host] = _Host(failures, open_until, because)

    def open_for(self, host: str) -> tuple[float, str] | None:
        """(seconds until it is asked again, why), or None when it may be asked now."""
        state = self._hosts.get(host)
        if state is None or state.open_until <= self._clock.now():
            return None
        return state.open_until - self._clock.now(), state.because

    def failures(self, host: str) -> int:
        """Requests in a row that were given up because of it."""
        state = self._hosts.get(host)
        return 0 if state is None else state.failures

    def down(self) -> list[tuple[str, str]]:
        """(host, why) of those that have failed so often that they are let alone from time to time."""
        return [(host, state.because) for host, state in self._hosts.items() if state.failures >= OPENS_AFTER]

    def failed(self, host: str, because: str) -> None:
        state = self._hosts.setdefault(host, _Host())
        state.failures += 1
        state.because = because
        if state.failures >= OPENS_AFTER:
            doublings = min(state.failures - OPENS_AFTER, 16)  # an outage of a day must not overflow a float
            opened = min(FIRST_OPEN_S * 2**doublings, LONGEST_OPEN_S)
            state.open_until = self._clock.now() + opened
        self._save(host, state.failures, state.open_until, because)

    def succeeded(self, host: str) -> None:
        if self._hosts.pop(host, None):
            self._save(host, 0, 0.0, "")
