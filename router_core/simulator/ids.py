"""Ids that look random and are not: made from the request and from how often the same one was answered before.

A reply that was cut short gives its number back, so a client that asks again gets what it would have got, and two
runs of the same requests are byte-identical whatever the order in which concurrent ones arrive.
"""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b

from router_core.simulator.call import Call

MAX_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class IdSource:
    """Makes the ids of one reply."""

    seed: bytes

    def make(self, prefix: str, label: str = "") -> str:
        """`prefix` and 24 hex digits; the same for the same label."""
        return f"{prefix}{blake2b(self.seed + prefix.encode() + label.encode(), digest_size=12).hexdigest()}"


class IdCounter:
    """Numbers the answers to equal requests."""

    def __init__(self) -> None:
        self._answered: OrderedDict[bytes, int] = OrderedDict()

    def take(self, call: Call) -> IdSource:
        number = self._answered.pop(call.digest, 0)
        self._answered[call.digest] = number + 1
        if len(self._answered) > MAX_REMEMBERED:
            self._answered.popitem(last=False)
        return IdSource(call.digest + number.to_bytes(4, "big"))

    def give_back(self, call: Call) -> None:
        """The reply never reached its end."""
        if self._answered.get(call.digest, 0) > 0:
            self._answered[call.digest] -= 1
