"""The order in which tokens are taken, as their owner moves them about, and the priorities that say so."""

from collections.abc import Mapping, Sequence

from router_core.errors import TokenError
from router_core.tokens.token import Token


def listed(tokens: Sequence[Token]) -> list[Token]:
    """By provider, each provider's own in the order in which they are taken; the providers by their first token."""
    in_order = sorted(tokens, key=lambda token: (token.priority, token.name))
    place: dict[str, int] = {}
    for token in in_order:
        place.setdefault(token.provider, len(place))
    return sorted(in_order, key=lambda token: place[token.provider])


def priorities_of(order: Sequence[Token]) -> Mapping[str, int]:
    """Token id → its new priority, so that they are taken in this order; only those that change.

    The numbers that are there stay as far as they can: two neighbours that change places change numbers. Equal ones
    are drawn apart, since among equals the name decides.
    """
    numbers = sorted(token.priority for token in order)
    for place in range(1, len(numbers)):
        numbers[place] = max(numbers[place], numbers[place - 1] + 1)
    return {token.id: number for token, number in zip(order, numbers, strict=True) if token.priority != number}


def ordered(names: Sequence[str], tokens: Sequence[Token]) -> list[Token]:
    """The tokens of these names, which are all of one provider.

    Raises:
        TokenError: one is not there, is named twice, or is of another provider.
    """
    by_name = {token.name: token for token in tokens}
    if missing := [name for name in names if name not in by_name]:
        raise TokenError(f"There is no token named {missing[0]!r}. Registered: {', '.join(by_name) or 'none yet'}.")
    if len(set(names)) < len(names):
        raise TokenError("A token is named twice.")
    found = [by_name[name] for name in names]
    if len(providers := {token.provider for token in found}) > 1:
        raise TokenError(f"The order is one of a single provider's tokens, not of {' and '.join(sorted(providers))}.")
    return found


def moved(token: Token, by: int, tokens: Sequence[Token]) -> list[str]:
    """Names of the provider's tokens after one of them went so many places; [] where it cannot go further."""
    names = [other.name for other in listed(tokens) if other.provider == token.provider]
    at = names.index(token.name)
    to = at + by
    if not 0 <= to < len(names):
        return []
    names.insert(to, names.pop(at))
    return names
