"""A finished login becomes a token: a new one, or new credentials of the one that the same account has already."""

import re
from dataclasses import dataclass, replace

from router_core.clock import Clock
from router_core.errors import TokenError
from router_core.oauth.identity import identity_of, is_same
from router_core.oauth.token_set import TokenSet
from router_core.store.tokens import TokenStore
from router_core.tokens.token import Login, Token

TRIES = 20
"""So often may another process store a set of the same token just before us."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a login."""

    token: Token
    renewed: bool
    """It replaced the credentials of a token that was there."""
    name_taken: str = ""
    """The name that was wished for, when another account has it."""


def register(
    store: TokenStore, clock: Clock, provider: str, login: Login, found: TokenSet,
    *, name: str | None = None, priority: int | None = None,
) -> Registered:  # fmt: skip
    """Store a login.

    Args:
        name: None: made of provider and account, or left as it is.
        priority: likewise; else 100.
    """
    tokens = store.all()
    mine = identity_of(login, found.account_id, found.facts)
    same = [
        token
        for token in tokens
        if token.provider == provider
        and token.login == login
        and token.origin == "user"
        and is_same(identity_of(login, token.account_id, token.facts), mine)
    ]
    if same:
        return _renew(store, clock, same[0], found, name, priority)
    taken = {token.name for token in tokens}
    chosen = name if name and name not in taken else default_name(provider, found, taken)
    fresh = replace(
        found.put_into(Token("", chosen, provider, "", login=login), clock.now()),
        priority=100 if priority is None else priority,
    )
    return Registered(store.add(fresh), False, name if name and name != chosen else "")


def _renew(
    store: TokenStore, clock: Clock, token: Token, found: TokenSet, name: str | None, priority: int | None
) -> Registered:
    """The new set in place of whatever is stored, also when that was renewed a moment ago: both are good, the new
    login is the one that the person knows of. It is a chain of its own, so that it is shared with nobody."""
    for _ in range(TRIES):
        token = store.named(token.id)
        if store.rotate(replace(found.put_into(token, clock.now()), write_back=False, shared=""), token.generation):
            break
    else:
        raise TokenError(f"{token.name} is being changed by other processes all the time. Log in again in a moment.")
    store.heal(token.id)
    renewed = store.named(token.id)
    others = {other.name for other in store.all()} - {renewed.name}
    new_name = name if name and name not in others else renewed.name
    changed = replace(renewed, name=new_name, priority=renewed.priority if priority is None else priority, enabled=True)
    if changed != renewed:
        store.save(replace(changed, access_token=""))  # without a secret none is written
    return Registered(store.named(token.id), True, name if name and name != new_name else "")


def default_name(provider: str, found: TokenSet, taken: set[str]) -> str:
    """`codex-person`, and when somebody has it `codex-person-workspace`, then with a number."""
    facts = found.facts
    who = facts.get("email", "").partition("@")[0] or facts.get("user", "")
    parts = [provider, who, facts.get("organization", "")]
    base = _plain(provider, who)
    for candidate in (base, _plain(*parts), *(f"{base}-{number}" for number in range(2, 10_000))):
        if candidate not in taken:
            return candidate
    raise TokenError(f"There are too many tokens named {base}. Give --name.")


def _plain(*parts: str) -> str:
    words = (re.sub(r"[^A-Za-z0-9._]+", "-", part).strip("-._") for part in parts)
    return "-".join(word for word in words if word)[:56].rstrip("-._")
