"""Which lines the lock's screen offers."""

import pytest

from tui.lock_choices import Targets, choices, chosen_of

TARGETS = Targets(("claude", "openrouter"), ("claude/opus-5", "claude/haiku-5", "openrouter/z-ai/glm-5"))


def offered(typed: str, *, locked: bool = False, chosen: str = "claude/haiku-5") -> list[str | None]:
    return [choice.target for choice in choices(TARGETS, locked=locked, chosen=chosen, typed=typed)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["claude/haiku-5", "claude", "openrouter", "claude/opus-5", "openrouter/z-ai/glm-5"]),
        (" OPUS ", ["claude/opus-5"]),
        ("5 claude", ["claude/haiku-5", "claude/opus-5"]),
        ("z-ai/glm", ["openrouter/z-ai/glm-5", "z-ai/glm"]),
        ("claude/opus-6", ["claude/opus-6"]),
        ("claude/opus-5", ["claude/opus-5"]),
        ("claude/", ["claude/haiku-5", "claude/opus-5"]),
        ("nowhere", []),
        ("no where/x", []),
    ],
)
def test_typed_words_narrow_and_a_whole_target_can_be_taken(typed: str, found: list[str]) -> None:
    assert offered(typed) == found


def test_letting_go_comes_first_while_something_is_pinned() -> None:
    assert offered("", locked=True)[:2] == [None, "claude/haiku-5"]
    assert None not in offered("c", locked=True)


def test_nothing_is_offered_twice() -> None:
    assert offered("", chosen="claude").count("claude") == 1
    assert offered("haiku") == ["claude/haiku-5"]


@pytest.mark.parametrize(
    ("provider", "model", "target"), [("a", "b/c", "a/b/c"), ("a", "", "a"), ("", "", ""), ("", "b", "")]
)
def test_the_target_of_a_request(provider: str, model: str, target: str) -> None:
    assert chosen_of(provider, model) == target
