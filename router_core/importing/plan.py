"""What becomes of a find: a new token, a newer credential for a token that is there, or nothing, and why."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from router_core.importing.found import Found, owner_of
from router_core.oauth.identity import is_same
from router_core.tokens.token import Token

Action = Literal["add", "update", "keep", "skip"]
PREFIX_OF_THE_DEMO = "demo-"
NAME_LIMIT = 56
"""Shorter than a name may be: a number may be added."""


@dataclass(frozen=True, slots=True)
class Step:
    """One find and what is to be done with it."""

    found: Found
    action: Action
    because: str = ""
    token: Token | None = None
    """The token that is there already."""
    name: str = ""
    """Of the token, old or new."""

    @property
    def possible(self) -> bool:
        """Whether choosing it would do anything."""
        return self.action in ("add", "update")


def plan(
    finds: Iterable[Found], tokens: Sequence[Token], providers: Collection[str], now: float, *, prefix: str = ""
) -> list[Step]:
    """A step for each find, in the same order.

    Args:
        tokens: every token that is registered.
        providers: names of the configured ones.
        prefix: put before the names of new tokens.
    """
    taken = {token.name for token in tokens}
    steps = []
    for found in finds:
        step = _step(found, tokens, providers, now)
        if step.action == "add":
            step = replace(step, name=_free((prefix + suggested_name(found))[:NAME_LIMIT], taken))
            taken.add(step.name)
        steps.append(step)
    return steps


def _step(found: Found, tokens: Sequence[Token], providers: Collection[str], now: float) -> Step:
    if found.problem:
        return Step(found, "skip", found.problem)
    if found.provider not in providers:
        return Step(found, "skip", f"Provider {found.provider} is not configured.")
    token = matching(found, tokens)
    if token is None:
        return Step(found, "add", "" if found.enabled else "Switched off, as it is there.")
    if same_set(found, token):
        if found.shared and found.shared != token.shared and token.login in ("", found.login):
            return Step(found, "update", "It is there already; that it is shared is new.", token, token.name)
        return Step(found, "keep", "It is there already.", token, token.name)
    if token.login and not token.shared and found.shared and _works(token, now):
        return Step(found, "keep", "The account has a login of its own here, which is better.", token, token.name)
    if not _newer(found, token, now):
        return Step(found, "keep", "What is there is newer.", token, token.name)
    return Step(found, "update", "It is newer than what is there.", token, token.name)


def matching(found: Found, tokens: Sequence[Token]) -> Token | None:
    """The token that a find is of: the same secret, else the same account, else the same shared place.

    Not by e-mail: one address can have several accounts, and accounts at several providers.
    """
    own = [token for token in tokens if token.provider == found.provider and token.origin == "user"]
    for token in own:
        if set(found.secrets) & _secrets(token):
            return token
    if not found.login:
        return None
    same = [token for token in own if token.login in ("", found.login) and _same_account(found, token)]
    if len(same) == 1:  # of two organisations nobody can say which one is meant
        return same[0]
    for token in own:
        if found.shared and found.shared == token.shared and _may_be_same_account(found, token):
            return token
    return None


def _secrets(token: Token) -> set[str]:
    return {secret for secret in (token.access_token, token.refresh_token, *token.extra.values()) if secret}


def _same_account(found: Found, token: Token) -> bool:
    return is_same(found.owner, owner_of(found.login, token.account_id, token.facts))


def _may_be_same_account(found: Found, token: Token) -> bool:
    """Nobody knows better."""
    theirs = owner_of(found.login, token.account_id, token.facts)
    organizations = {found.facts.get("organization_id"), token.facts.get("organization_id")} - {None}
    return (found.owner is None or theirs is None) and len(organizations) <= 1


def same_set(found: Found, token: Token) -> bool:
    """Whether there is nothing to take over: the secrets that say who one is are all there."""
    if service_account := found.extra.get("service_account"):
        return token.extra.get("service_account") == service_account
    if found.access_token and found.access_token != token.access_token:
        return False
    return found.refresh_token is None or found.refresh_token == token.refresh_token


def _newer(found: Found, token: Token, now: float) -> bool:
    """Whether the find shall replace what is there. Without two times to compare it shall, unless what is there works
    and the find does not."""
    if found.refresh_token and not token.refresh_token:
        return True  # what is there was added by hand, and lasts only until it expires
    mine, theirs = found.expires_at, token.expires_at
    if mine is not None and theirs is not None:
        return mine > theirs or not _works(token, now)
    return mine is None or mine > now or not _works(token, now)


def _works(token: Token, now: float) -> bool:
    alive = token.expires_at is None or token.expires_at > now or bool(token.refresh_token)
    return token.health == "healthy" and alive


def suggested_name(found: Found) -> str:
    """`claude-me`, after its name there or the e-mail address; `openai-env` after the source where there is neither."""
    email = found.facts.get("email", "").partition("@")[0]
    of = (
        found.called or email or found.facts.get("user", "") or (found.source if found.source != found.provider else "")
    )
    cleaned = re.sub(r"[^a-z0-9._-]+", "-", of.lower()).strip("-._")
    if not cleaned or cleaned.startswith(found.provider):
        return cleaned[:48] or found.provider
    return f"{found.provider}-{cleaned}"[:48]


def _free(name: str, taken: Collection[str]) -> str:
    if name.startswith(PREFIX_OF_THE_DEMO):
        name = f"my-{name}"
    if name not in taken:
        return name
    return next(f"{name}-{number}" for number in range(2, 10_000) if f"{name}-{number}" not in taken)
