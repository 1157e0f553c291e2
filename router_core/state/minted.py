"""Remembers who minted an opaque value, in memory, with every change queued for state.db.

Only a hash is kept: enough to recognise a value, useless to whoever reads the database. All that is remembered is in
memory, so an answer never waits for disk. Bounded by count (least recently used first) and by age.
"""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b

from router_core.clock import Clock
from router_core.state.owner import Owner, ProofKind, foreign
from router_core.store.database import Writer
from router_core.store.state import StateStore, trim_minted, write_minted
from router_core.wire.model import Issuer

MAX_COUNT = 20_000
"""About 5 MB of memory, and weeks of one person's work."""
MAX_AGE_S = 30 * 86400.0
TOUCH_INTERVAL_S = 86400.0
"""Each turn sends all proofs back; that a proof is still in use is written once a day."""
_TRIM_EVERY = 500


class Minted:
    """Who minted which proof.

    Args:
        store: an open state store; read once, here.
        writer: queues writes to the same database.
    """

    def __init__(
        self,
        store: StateStore,
        writer: Writer,
        clock: Clock,
        *,
        max_count: int = MAX_COUNT,
        max_age_s: float = MAX_AGE_S,
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._max_count = max_count
        self._max_age_s = max_age_s
        self._since_trim = 0
        self._known: OrderedDict[bytes, tuple[Owner, float]] = OrderedDict()
        owners: dict[Owner, Owner] = {}  # a few owners own everything: one object each
        for hash_, owner, used_at in store.minted(limit=max_count, after=clock.now() - max_age_s):
            self._known[hash_] = owners.setdefault(owner, owner), used_at
        self._trim()

    def __len__(self) -> int:
        return len(self._known)

    def remember(self, value: str | bytes, provider: str, token_id: str, kind: ProofKind, issuer: Issuer) -> None:
        """Note who minted a value that has just come from a provider.

        Args:
            provider: config name.
            issuer: family of the provider (`family_of`).
        """
        if value:
            self._put(_hash(value), Owner(issuer, provider, token_id, kind))

    def owner(self, value: str | bytes) -> Owner | None:
        """Who minted this value; None when nobody remembers."""
        hash_ = _hash(value)
        found = self._known.get(hash_)
        if found is None:
            return None
        owner, used_at = found
        now = self._clock.now()
        if now - used_at > self._max_age_s:
            del self._known[hash_]
            return None
        if now - used_at > TOUCH_INTERVAL_S:
            self._put(hash_, owner)
        else:
            self._known.move_to_end(hash_)
        return owner

    def foreign_to(
        self, provider: str, token_id: str, family: Issuer, *, client_family: Issuer
    ) -> Callable[[str, ProofKind], bool]:
        """Tells which proofs must be taken out of a request to this target (for `take_out`).

        Args:
            family: of the provider (`family_of`).
            client_family: of the client's wire format; decides for proofs that nobody remembers.
        """

        def is_foreign(value: str, kind: ProofKind) -> bool:
            return foreign(self.owner(value), provider, token_id, family, client_family=client_family)

        return is_foreign

    def _put(self, hash_: bytes, owner: Owner) -> None:
        now = self._clock.now()
        self._known[hash_] = owner, now
        self._known.move_to_end(hash_)
        if len(self._known) > self._max_count:
            self._known.popitem(last=False)
        self._writer.submit(lambda connection: write_minted(connection, hash_, owner, now))
        self._since_trim += 1
        if self._since_trim >= _TRIM_EVERY:
            self._trim()

    def _trim(self) -> None:
        self._since_trim = 0
        keep, before = self._max_count, self._clock.now() - self._max_age_s
        self._writer.submit(lambda connection: trim_minted(connection, keep=keep, before=before))


def _hash(value: str | bytes) -> bytes:
    raw = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return blake2b(raw, digest_size=16).digest()
