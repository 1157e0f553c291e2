"""What `trace show` and the TUI both say."""

import pytest

from router_core.trace.words import cache_text, edits_text, estimate_text


@pytest.mark.parametrize(
    ("estimated", "measured", "said"),
    [
        (None, 5, ""),
        (48_900, None, "about 48,900 input tokens before it was sent"),
        (48_900, 0, "about 48,900 input tokens before it was sent"),
        (48_900, 50_142, "about 48,900 input tokens, 50,142 measured (2% too few)"),
        (120, 100, "about 120 input tokens, 100 measured (20% too many)"),
        (1000, 1001, "about 1,000 input tokens, 1,001 measured (0% off)"),
    ],
)
def test_an_estimate_is_compared_with_what_was_measured(estimated: int | None, measured: int | None, said: str) -> None:
    assert estimate_text(estimated, measured) == said


def test_edits_stand_with_their_rule() -> None:
    edits = [("model", "target"), ("a", "mine"), ("b", "mine"), ("c", "mine"), ("d", "mine"), ("", "nothing")]
    assert edits_text(edits) == "target (model); mine (a, b, c, …)"
    assert edits_text([]) == ""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((None, None, None), ""),
        ((7, 0, None), "7 tokens kept"),
        ((None, 9, None), "9 tokens lost"),
        ((7, 9, 480_000_000), "7 tokens kept; 9 tokens lost, 0.4800 USD to write them again"),
    ],
)
def test_what_a_switch_costs_the_prompt_cache(values: tuple[int | None, int | None, int | None], said: str) -> None:
    assert cache_text(*values) == said
