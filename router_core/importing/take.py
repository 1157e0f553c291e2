"""Carry out a step: the token is stored, or its credential replaced."""

from dataclasses import replace

from router_core.errors import TokenError
from router_core.importing.plan import Step, same_set
from router_core.store.tokens import TokenStore
from router_core.tokens.token import Token

DEFAULT_PRIORITY = 100


def take(step: Step, store: TokenStore, now: float, *, priority: int | None = None) -> Token:
    """Do what the step says.

    Args:
        priority: of the token, new or old; None: as it is, or was where a new one was found.

    Raises:
        TokenError: the token was changed meanwhile by another process.
    """
    if step.token is None:
        known = (priority, step.found.priority, DEFAULT_PRIORITY)
        return store.add(_new(step, now, next(one for one in known if one is not None)))
    return _updated(step, step.token, store, now, priority)


def _new(step: Step, now: float, priority: int) -> Token:
    found = step.found
    return Token(
        id="",
        name=step.name,
        provider=found.provider,
        access_token=found.access_token,
        refresh_token=found.refresh_token,
        account_id=found.account_id,
        expires_at=found.expires_at,
        refresh_expires_at=found.refresh_expires_at,
        priority=priority,
        enabled=found.enabled,
        login=found.login,
        shared=found.shared,
        extra=dict(found.extra),
        facts=dict(found.facts),
        refreshed_at=now,
    )


def _updated(step: Step, token: Token, store: TokenStore, now: float, priority: int | None) -> Token:
    found = step.found
    if not same_set(found, token):
        changed = replace(
            token,
            access_token=found.access_token,
            refresh_token=found.refresh_token or token.refresh_token,
            account_id=found.account_id or token.account_id,
            expires_at=found.expires_at,
            refresh_expires_at=found.refresh_expires_at,
            extra={**token.extra, **found.extra},
            facts={**token.facts, **found.facts},
            refreshed_at=now,
            write_back=False,
            shared=found.shared,
        )
        if not store.rotate(changed, token.generation):
            raise TokenError(f"{token.name} was renewed by another process just now. Import again if need be.")
    marked = replace(
        store.named(token.id),
        access_token="",  # saves everything but the secrets: they may be rotated by another process at any time
        login=found.login or token.login,
        shared=found.shared,
        priority=token.priority if priority is None else priority,
    )
    store.save(marked)
    if token.health == "unhealthy":  # what was wrong was wrong with the old credential
        store.heal(token.id)
    return store.named(token.id)
