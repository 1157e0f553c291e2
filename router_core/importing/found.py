"""One credential that a search found, before anything is done with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from router_core.oauth.identity import Identity, identity_of
from router_core.tokens.token import NOTHING, Login
from router_core.vendors.login import VendorLogin

Sort = Literal["login", "key", "long-lived token", "service account"]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found where, and for which provider."""

    source: str
    """Name of the source, as typed: `claude`, `env` …"""
    provider: str
    place: str
    """For people: a path, `$VARIABLE`, a keychain item; with the name of the entry in it."""
    sort: Sort = "key"
    access_token: str = field(default="", repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    refresh_expires_at: float | None = None
    account_id: str | None = None
    extra: Mapping[str, str] = field(default=NOTHING, repr=False)
    facts: Mapping[str, str] = NOTHING
    login: Login = ""
    shared: str = ""
    """Locator of the place that it stays shared with (router_core/vendors)."""
    enabled: bool = True
    """False: it was switched off where it was found, and so it is here."""
    called: str = ""
    """What it was called where it was found; "": nothing."""
    priority: int | None = None
    """That it had there, where lower is taken first, too."""
    problem: str = ""
    """Why it cannot be imported; "": it can."""
    also: tuple[str, ...] = ()
    """Other places that hold the same."""

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.access_token, self.refresh_token, *self.extra.values())))

    @property
    def owner(self) -> Identity | None:
        return owner_of(self.login, self.account_id, self.facts)

    def holds_same_secret(self, other: "Found") -> bool:
        """Whether both are one credential, be it for different programs."""
        if self.provider != other.provider:
            return False
        mine = {self.access_token, self.refresh_token, self.extra.get("service_account")} - {"", None}
        theirs = {other.access_token, other.refresh_token, other.extra.get("service_account")} - {"", None}
        return bool(mine & theirs)


def owner_of(login: Login, account_id: str | None, facts: Mapping[str, str]) -> Identity | None:
    """Whose a login is: account, and workspace or organisation; None when nobody knows. Never the e-mail address: one
    address can hold several accounts and organisations."""
    if login == "copilot":  # the plug-ins know the name only, our own login knows the number, too
        user = facts.get("user")
        return (user,) if user else None
    return identity_of(login, account_id, facts) if login else None


def of_vendor(source: str, provider: str, login: Login, held: VendorLogin, place: str, *, shared: str = "") -> Found:
    """A login that a vendor's program keeps."""
    lasting = not held.refresh_token and held.expires_at is None
    return Found(
        source,
        provider,
        place,
        sort="long-lived token" if lasting else "login",
        access_token=held.access_token,
        refresh_token=held.refresh_token,
        expires_at=held.expires_at,
        refresh_expires_at=held.refresh_expires_at,
        account_id=held.account_id,
        extra=held.extra,
        facts=held.facts,
        login="" if lasting else login,
        shared="" if lasting else shared,
    )


def key(source: str, provider: str, secret: str, place: str, *, email: str = "") -> Found:
    """An API key, or whatever else is sent as it is and renewed by nobody."""
    sort: Sort = "long-lived token" if secret.startswith("sk-ant-oat") else "key"
    facts = {"email": email} if email else NOTHING
    return Found(source, provider, place, sort=sort, access_token=secret.strip(), facts=facts)


def unusable(source: str, provider: str, place: str, why: str) -> Found:
    """Something that is listed with its reason, and not imported."""
    return Found(source, provider, place, problem=why)
