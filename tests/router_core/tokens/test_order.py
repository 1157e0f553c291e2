"""In which order tokens are taken, and which priorities say so."""

import pytest

from router_core.errors import TokenError
from router_core.tokens.order import listed, moved, ordered, priorities_of
from router_core.tokens.token import Token


def tokens(*rows: tuple[str, int], provider: str = "claude") -> list[Token]:
    return [Token(f"id-{name}", name, provider, "", priority=priority) for name, priority in rows]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ((("a", 10), ("b", 20), ("c", 30)), {}),
        ((("b", 20), ("a", 10), ("c", 30)), {"b": 10, "a": 20}),
        ((("c", 30), ("a", 10), ("b", 20)), {"c": 10, "a": 20, "b": 30}),
        ((("b", 100), ("a", 100)), {"a": 101}),
        ((("c", 100), ("a", 100), ("b", 100)), {"a": 101, "b": 102}),
        ((("a", -5), ("b", -5), ("c", -4)), {"b": -4, "c": -3}),
        ((("only", 7),), {}),
    ],
    ids=["as it is", "neighbours", "last goes first", "equals", "three equals", "room is made", "one"],
)
def test_numbers_stay_as_far_as_they_can(wanted: tuple[tuple[str, int], ...], numbers: dict[str, int]) -> None:
    order = tokens(*wanted)
    changed = priorities_of(order)
    assert changed == {f"id-{name}": number for name, number in numbers.items()}
    after = [(changed.get(token.id, token.priority), token.name) for token in order]
    assert after == sorted(after), "what is wanted is what comes out"


def test_listing_keeps_providers_together_by_their_first_token() -> None:
    rows = [*tokens(("z", 10), ("y", 50)), *tokens(("k", 20), provider="openai"), *tokens(("a", 5), provider="codex")]
    assert [token.name for token in listed(rows)] == ["a", "z", "y", "k"]


def test_a_token_moves_among_its_provider_s_own_and_no_further() -> None:
    rows = [*tokens(("a", 1), ("b", 3)), *tokens(("k", 2), provider="openai")]
    assert moved(rows[0], 1, rows) == ["b", "a"]
    assert moved(rows[0], -1, rows) == []
    assert moved(rows[2], 1, rows) == []


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["a", "nobody"], "no token named 'nobody'. Registered: a, b, k."),
        (["a", "a"], "named twice"),
        (["a", "k"], "not of claude and openai"),
    ],
)
def test_an_order_is_of_one_provider_s_tokens(names: list[str], says: str) -> None:
    rows = [*tokens(("a", 1), ("b", 3)), *tokens(("k", 2), provider="openai")]
    with pytest.raises(TokenError, match=says):
        ordered(names, rows)
