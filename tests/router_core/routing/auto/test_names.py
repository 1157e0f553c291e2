"""What a model name that begins with `auto` asks for."""

import pytest

from router_core.routing.auto.names import auto_of
from router_core.routing.auto.tier import Tier


@pytest.mark.parametrize(
    ("model", "of_medium"),
    [
        ("auto", "MEDIUM"),
        ("AUTO", "MEDIUM"),
        ("auto-cheap", "SIMPLE"),
        ("auto-fast", "SIMPLE"),
        ("auto-best", "COMPLEX"),
        ("auto-strong", "COMPLEX"),
        ("auto-simple", "SIMPLE"),
        ("auto-medium", "MEDIUM"),
        ("auto-complex", "COMPLEX"),
        ("Auto-Reasoning", "REASONING"),
        ("auto-coder", "MEDIUM"),
        ("auto-", "MEDIUM"),
    ],
)
def test_an_ending_says_what_becomes_of_a_medium_prompt(model: str, of_medium: Tier) -> None:
    asked = auto_of(model)
    assert asked is not None
    assert asked.name == model
    assert asked.applied("MEDIUM") == of_medium


def test_a_shift_ends_at_the_weakest_and_the_strongest_tier() -> None:
    cheap, best = auto_of("auto-cheap"), auto_of("auto-best")
    assert cheap is not None
    assert best is not None
    assert cheap.applied("SIMPLE") == "SIMPLE"
    assert best.applied("REASONING") == "REASONING"


@pytest.mark.parametrize("model", ["", "automatic", "gpt-6-sol", "openrouter/auto", "autogpt", "claude-auto"])
def test_other_names_are_models(model: str) -> None:
    assert auto_of(model) is None
