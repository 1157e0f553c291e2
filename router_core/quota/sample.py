"""What a quota window was at, at a moment: the raw material of a forecast."""

from dataclasses import dataclass

from router_core.trace.record import Usage

ROLLOVER_S = 60.0
"""`resets_at` jitters by a second or two between reports: only a larger move is another window."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One reported fraction, and what we ourselves had used of the window by then."""

    observed_at: float
    """Epoch seconds."""
    used: float
    """Fraction, as reported: most providers round to whole percents."""
    reset_at: float | None
    """Epoch seconds."""
    own_tokens: float = 0.0
    """Weighted LLM tokens of ours since the window's reset; 0 throughout when nobody counted."""


def same_window(one: float | None, other: float | None) -> bool:
    """Whether two reported resets are those of one window."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= ROLLOVER_S


def weighted_tokens(usage: Usage) -> float:
    """What a request counts towards a window, roughly: the kinds of LLM tokens in proportion to their usual prices.

    Only proportions matter: what a window holds of them is measured (see consumption.py).
    """
    return (
        (usage.input_tokens or 0)
        + 5.0 * (usage.output_tokens or 0)
        + 0.1 * (usage.cache_read_tokens or 0)
        + 1.25 * (usage.cache_write_tokens or 0)
        + 2.0 * (usage.cache_write_1h_tokens or 0)
    )
