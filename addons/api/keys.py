"""`/api/keys`: keys of clients that are not to have the gateway token, each with a budget and targets of its own."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Annotated, Any, Literal

from pydantic import Field

from addons.api.endpoint import Answer, Change, Endpoint, View
from addons.api.question_types import LATEST_MS
from addons.api.reading import read_traces
from addons.runtime import Runtime
from router_core.clock import to_ms
from router_core.errors import Refused, TokenError
from router_core.spend.periods import began_at
from router_core.store.client_keys import KeyStore, open_keys
from router_core.store.traces import used_by_keys
from router_core.tokens.client_key import ClientKey, is_key_name

MOST_PATTERNS = 100
Count = Annotated[int, Field(ge=0, le=10**15)]
Target = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class KeyLimits(Change):
    """Most that may be used with a key in a day, a week or a month; what is left out is not limited."""

    requests: Count | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    usd: Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?$")] | None = None
    """As text, so that no cent is lost: `"2.50"`."""


class NewKey(Change):
    """A key to be made."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    expires_at: Annotated[int, Field(ge=0, le=LATEST_MS)] | None = None
    """Epoch milliseconds; left out: never."""
    allow: list[Target] = Field(default_factory=list, max_length=MOST_PATTERNS)
    """Targets that it may use (`claude/*`), nothing else then."""
    deny: list[Target] = Field(default_factory=list, max_length=MOST_PATTERNS)
    """Targets that it may not use."""
    day: KeyLimits = KeyLimits()
    week: KeyLimits = KeyLimits()
    """From Monday on."""
    month: KeyLimits = KeyLimits()


class KeyUse(View):
    """What was used since midnight; money in nano-USD."""

    requests: int
    cost_nano_usd: int
    metered_nano_usd: int


class KeyView(View):
    """A key, without itself. Times are epoch milliseconds."""

    name: str
    state: Literal["valid", "revoked", "expired"]
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    allow: list[str]
    deny: list[str]
    limits: dict[str, dict[str, int | str]]
    """day, week, month → what is limited; money as text."""


class UsedKeyView(KeyView):
    """A key with its use."""

    used_today: KeyUse


class MadeKeyView(KeyView):
    """A key that was just made."""

    key: str
    """Shown this once: only a hash of it is stored."""


class KeyList(View):
    """By name, revoked ones too."""

    keys: list[UsedKeyView]


class Keys:
    """Reads and changes the client keys of this router's home."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint("GET", "/api/keys", self.listed, "The keys, and what each has used today", KeyList, tag="keys"),
            Endpoint(
                "POST", "/api/keys", self.add, "Make a key; it is shown this once", MadeKeyView,
                body=NewKey, status=201, tag="keys", errors={409: "There is a key of this name."},
                example={"name": "anna", "allow": ["claude/*"], "day": {"usd": "5"}},
            ),
            Endpoint(
                "DELETE", "/api/keys/{name}", self.revoke, "Make a key worthless, at once and for good", KeyView,
                tag="keys", errors={404: "There is no such key."},
            ),
        ]  # fmt: skip

    async def listed(self) -> Answer:
        now = self.runtime.clock.now()
        keys = await self._with_store(lambda store: store.all())
        midnight = began_at("day", now)
        used = await read_traces(self.runtime.home, lambda traces: used_by_keys(traces, midnight)) if keys else {}
        nothing = {"requests": 0, "cost_nano_usd": 0, "metered_nano_usd": 0}
        return Answer({"keys": [{**_view(key, now), "used_today": used.get(key.name, nothing)} for key in keys]})

    async def add(self, body: NewKey) -> Answer:
        now = self.runtime.clock.now()
        if body.expires_at is not None and body.expires_at <= to_ms(now):
            raise Refused(400, "bad_request", "expires_at: is past")
        periods = {period: getattr(body, period).model_dump(exclude_none=True) for period in ("day", "week", "month")}
        limits = {period: given for period, given in periods.items() if given}
        expires_at = None if body.expires_at is None else body.expires_at / 1000

        def make(store: KeyStore) -> tuple[str, ClientKey]:
            if any(key.name == body.name and key.revoked_at is None for key in store.all()):
                raise Refused(409, "exists", f"There is a key {body.name!r} already. Revoke it first.")
            made = store.add(
                body.name, expires_at=expires_at, allow=tuple(body.allow), deny=tuple(body.deny), limits=limits
            )
            return made, store.named(body.name)

        secret, key = await self._with_store(make)
        return Answer({**_view(key, now), "key": secret})

    async def revoke(self, name: str) -> Answer:
        def revoke(store: KeyStore) -> ClientKey:
            try:
                return store.revoke(name if is_key_name(name) else "")
            except TokenError as error:
                raise Refused(404, "not_found", error.message) from error

        return Answer(_view(await self._with_store(revoke), self.runtime.clock.now()))

    async def _with_store[Told](self, ask: Callable[[KeyStore], Told]) -> Told:
        def asked() -> Told:
            store = open_keys(self.runtime.home, self.runtime.clock)
            with closing(store.database):
                return ask(store)

        return await asyncio.to_thread(asked)


def _view(key: ClientKey, now: float) -> dict[str, Any]:
    return {
        "name": key.name,
        "state": key.state(now),
        "created_at": to_ms(key.created_at),
        "expires_at": None if key.expires_at is None else to_ms(key.expires_at),
        "revoked_at": None if key.revoked_at is None else to_ms(key.revoked_at),
        "allow": key.allow,
        "deny": key.deny,
        "limits": key.limits,
    }
