"""One credential and how it is doing."""

import pytest

from router_core.tokens.token import Token
from tests.router_core.tokens.make import NOW, rest, token


@pytest.mark.parametrize(
    ("one", "status"),
    [
        (token(), "healthy"),
        (token(enabled=False, health="unhealthy", cooldowns=(rest(9),)), "disabled"),
        (token(health="unhealthy", cooldowns=(rest(9),)), "unhealthy"),
        (token(cooldowns=(rest(9),)), "resting"),
        (token(cooldowns=(rest(9, "opus"),)), "healthy"),
        (token(cooldowns=(rest(0),)), "healthy"),
    ],
)
def test_status_in_one_word(one: Token, status: str) -> None:
    assert one.status(NOW) == status


def test_the_longest_cooldown_that_applies_counts() -> None:
    one = token(cooldowns=(rest(5), rest(9, "opus"), rest(99, "haiku")))
    found = one.resting("opus", NOW)
    assert found is not None
    assert found.until == NOW + 9
    assert one.resting("sonnet", NOW) == rest(5)
    assert one.resting("sonnet", NOW + 5) is None
