"""A login as a vendor's own program keeps it, told in one way for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from router_core.errors import RouterError
from router_core.tokens.token import NOTHING


@dataclass(frozen=True, slots=True)
class VendorLogin:
    """What one place holds for one account."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    """Epoch seconds; None: it does not say."""
    refresh_expires_at: float | None = None
    account_id: str | None = None
    extra: Mapping[str, str] = field(default=NOTHING, repr=False)
    """Further secrets: `id_token`."""
    facts: Mapping[str, str] = NOTHING
    """`email`, `plan`, `organization`, `organization_id`, `scopes` …, named as router_core/oauth names them."""

    def is_account_of(self, other: "VendorLogin") -> bool:
        """Whether both may be the same account: nothing that both say of it differs.

        Not by e-mail: one address can hold several accounts and organisations.
        """
        pairs = [
            (self.account_id, other.account_id),
            *((self.facts.get(name), other.facts.get(name)) for name in ("organization_id", "user_id")),
        ]
        return all(mine == theirs for mine, theirs in pairs if mine and theirs)


class VendorStoreError(RouterError):
    """A place of a vendor's login cannot be read or written now; the message names it and what to do."""

    status = 502
    kind = "vendor_store"


class NoLogin(VendorStoreError):
    """The place exists, but holds no login that could be used; the message says why."""

    kind = "no_login"


class StoreChanged(VendorStoreError):
    """The place meanwhile holds something else than the login that was to be replaced: read it again."""

    kind = "store_changed"
