"""The client keys as the running router knows them: read when tokens.db was edited, found by their digest."""

from router_core.config.spend import Dimension, PeriodLimits, SpendConfig
from router_core.spend.budget import OF_A_KEY, Budget, limits_of
from router_core.store.client_keys import KeyStore
from router_core.tokens.client_key import PREFIX, ClientKey, digest_of


class KeyRing:
    """Args: store: read on the calling thread."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._hash_key = b""
        self._by_digest: dict[bytes, ClientKey] = {}
        self._by_name: dict[str, ClientKey] = {}
        self.edition = -1
        """Of the tokens that the keys were read with."""

    def refresh(self, edition: int) -> None:
        """Read the keys again if tokens.db was edited since."""
        if edition == self.edition:
            return
        self.edition = edition
        keys = self._store.all()
        self._hash_key = self._store.hash_key() if keys else b""
        self._by_digest = {key.digest: key for key in keys}
        self._by_name = {key.name: key for key in keys}

    def find(self, presented: str) -> ClientKey | None:
        """The key that a client presents, valid or not. How long that takes tells nothing: what is compared are digests
        under a key that nobody outside knows."""
        if not self._by_digest or not presented.startswith(PREFIX):
            return None
        return self._by_digest.get(digest_of(presented, self._hash_key))

    def named(self, name: str) -> ClientKey | None:
        return self._by_name.get(name)

    def budgets(self, spend: SpendConfig) -> list[Budget]:
        """What the keys themselves limit."""
        found = []
        for key in self._by_name.values():
            periods = [PeriodLimits.model_validate(key.limits.get(name, {})) for name in ("day", "week", "month")]
            if limits := limits_of(*periods):
                own: dict[Dimension, str] = {"client_key": key.name}  # names hold no `*`, `?` or `[`
                found.append(
                    Budget(
                        f"{OF_A_KEY}{key.name}", f"key {key.name}", own, limits=limits,
                        on_limit=spend.on_limit, warn_at=spend.warn_at, count=spend.count,
                    )
                )  # fmt: skip
        return found
