"""Whose a login is: person, and workspace or organization. One e-mail can have several: different accounts."""

from collections.abc import Mapping

from router_core.tokens.token import Login

type Identity = tuple[str, ...]


def identity_of(login: Login, account_id: str | None, facts: Mapping[str, str]) -> Identity | None:
    """What two logins of the same account have in common; None when it is not known whose one is."""
    if not account_id:
        return None
    match login:
        case "claude":
            return account_id, facts.get("organization_id", "")
        case "codex":  # `account_id` is the workspace here
            return account_id, facts.get("user_id", "")
        case "vertex":
            return account_id, facts.get("project", "")
        case _:
            return (account_id,)


def is_same(one: Identity | None, other: Identity | None) -> bool:
    """Whether two logins are of one account. A part that one of them does not know does not tell them apart; an
    account that nobody knows is like no other."""
    if one is None or other is None or len(one) != len(other):
        return False
    return one[0] == other[0] and all(not a or not b or a == b for a, b in zip(one[1:], other[1:], strict=True))
