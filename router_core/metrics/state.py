"""How the router is at this moment, as numbers: what is read when Prometheus asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenNumbers:
    """One token.

    Args:
        windows: name → share that is used.
        rests_s: seconds until the longest rest of the whole token is over.
    """

    provider: str
    name: str
    state: str
    in_flight: int
    rests_s: float
    windows: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StateNumbers:
    """The whole router.

    Args:
        breakers: provider → (its host is left alone, failures in a row).
        writers: name → writes that are not on the disk yet.
        databases: name → bytes.
    """

    version: str
    started_at: float
    tokens: Sequence[TokenNumbers]
    breakers: Mapping[str, tuple[bool, int]]
    writers: Mapping[str, int]
    databases: Mapping[str, int]
    lag_s: float
    most_lag_s: float
    connections: int
    event_readers: int
