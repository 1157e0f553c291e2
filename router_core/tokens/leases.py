"""Who uses which token at this moment: one lease per request under way, so that a token's limit can be kept.

A lease ends by itself when nobody renews it: a request that crashed never holds a token for good. The numbers grow,
so that an engine shared by several routers could stand behind the same five methods.
"""

import itertools
from dataclasses import dataclass

LEASE_S = 30.0
"""An attempt under way is renewed far more often."""


@dataclass(slots=True)
class Lease:
    """One request's hold on one token."""

    number: int
    token_id: str
    owner: str
    """The request's id, as `trace show` takes it."""
    taken_at: float
    expires_at: float


class Leases:
    """The leases of this process."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._held: dict[str, dict[int, Lease]] = {}

    def take(self, token_id: str, owner: str, now: float) -> Lease:
        """Hold a token. Whether its limit allows that is the selection's to decide, with `busy`."""
        lease = Lease(next(self._numbers), token_id, owner, now, now + LEASE_S)
        self._held.setdefault(token_id, {})[lease.number] = lease
        return lease

    def renew(self, lease: Lease, now: float) -> None:
        """The request lives."""
        lease.expires_at = now + LEASE_S

    def release(self, lease: Lease) -> bool:
        """Let go of the token; False when that had been done already."""
        held = self._held.get(lease.token_id)
        return held is not None and held.pop(lease.number, None) is not None

    def busy(self, token_id: str, now: float) -> int:
        """How many requests hold the token."""
        return len(self.held(token_id, now))

    def held(self, token_id: str, now: float) -> list[Lease]:
        """The leases of one token, oldest first; those that have expired are forgotten."""
        held = self._held.get(token_id)
        if held is None:
            return []
        alive = [lease for lease in held.values() if lease.expires_at > now]
        if len(alive) < len(held):
            self._held[token_id] = {lease.number: lease for lease in alive}
        return alive
