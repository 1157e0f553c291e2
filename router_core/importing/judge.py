"""Whether a credential that was found can work, and which finds are one and the same."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from router_core.importing.found import Found
from router_core.oauth.identity import is_same

SHORTEST_KEY = 16
LONGEST = 16 * 1024
_SENDABLE = re.compile(r"[\x21-\x7e]+")


def judged(found: Found, *, now: float, own_secrets: frozenset[str] = frozenset()) -> Found:
    """The find, with the reason why it cannot be imported if there is one.

    Args:
        own_secrets: the router's client tokens: a tool that is set up for the router has one in place of a key.
    """
    if found.problem:
        return found
    return replace(found, problem=_problem(found, now, own_secrets))


def _problem(found: Found, now: float, own_secrets: frozenset[str]) -> str:
    tokens = [found.access_token, found.refresh_token or ""]
    made_on_use = found.extra.get("service_account")
    if not any(tokens) and not made_on_use:
        return "It is empty."
    if any(secret in own_secrets for secret in tokens if secret):
        return "It is the gateway token of this router, not a credential of the provider."
    for secret in filter(None, tokens):
        if not _SENDABLE.fullmatch(secret) or len(secret) > LONGEST:
            return "It holds white space or other characters that no credential has."
        if found.sort == "key" and len(secret) < SHORTEST_KEY:
            return "It is too short for a credential: a placeholder, most likely."
    if found.expires_at is None or found.expires_at > now or made_on_use:
        return ""
    if not found.refresh_token:
        return f"It {_ended(found.expires_at)}, and there is no refresh token to renew it with."
    if found.refresh_expires_at is not None and found.refresh_expires_at <= now:
        return f"Its refresh token {_ended(found.refresh_expires_at)}: log in again."
    return ""


def _ended(at: float) -> str:
    return f"expired on {datetime.fromtimestamp(at, UTC):%Y-%m-%d}" if at > 0 else "has expired"


def merged(finds: Iterable[Found]) -> list[Found]:
    """The finds without repetition: what several places hold is one find that names them all.

    One and the same is: the same secret, or (of logins) the same account and organisation. Of several the first usable
    one stands for all; a place that a vendor's own program keeps wins, so that a shared login is known as shared.
    """
    groups: list[list[Found]] = []
    for found in finds:
        same = [group for group in groups if any(found.holds_same_secret(other) for other in group)]
        known = [one for group in same for one in group]
        alike = [group for group in groups if group not in same and _same_account(found, group, known)]
        if len(alike) == 1:  # of two organisations nobody can say which one is meant
            same += alike
        joined = [one for group in same for one in group] + [found]
        groups = [group for group in groups if group not in same]
        groups.append(joined)
    return [_one_for_all(group) for group in groups]


def _same_account(found: Found, group: Sequence[Found], same: Sequence[Found]) -> bool:
    """A login of this group's account.

    Args:
        same: finds of the same secret: what they say of the organisation counts as well.
    """
    if not any(found.provider == other.provider and is_same(found.owner, other.owner) for other in group):
        return False
    further = {owner[1] for one in (*group, *same, found) if (owner := one.owner) and len(owner) > 1}
    return len(further - {""}) <= 1


def _one_for_all(group: Sequence[Found]) -> Found:
    first = min(group, key=lambda found: (bool(found.problem), not found.shared))  # min() keeps the order of equals
    others = [found for found in group if found is not first]
    facts = {name: value for found in (*others, first) for name, value in found.facts.items()}
    account = first.account_id or next((found.account_id for found in others if found.account_id), None)
    return replace(first, facts=facts, account_id=account, also=tuple(found.place for found in others))
