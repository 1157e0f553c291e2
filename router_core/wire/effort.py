"""How much a model shall think, in words and in tokens: the two ways in which formats say it.

The thresholds are those in use among routers of this field since 2025; providers publish none.
"""

from router_core.wire.model import Effort, ThinkingSetting

BUDGET_OF: dict[Effort, int] = {
    "none": 0,
    "minimal": 512,
    "low": 1024,
    "medium": 8192,
    "high": 24576,
    "xhigh": 32768,
    "max": 128000,
}
ORDER: tuple[Effort, ...] = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def effort_of_budget(budget: int) -> Effort:
    """The word for a number of thinking tokens."""
    for effort in ORDER[:-2]:
        if budget <= BUDGET_OF[effort]:
            return effort
    return "xhigh"


def effort_of(setting: ThinkingSetting | None) -> Effort | None:
    """The word for a setting; None when the request says nothing of it, or leaves it to the model."""
    if setting is None:
        return None
    if setting.mode == "off":
        return "none"
    if setting.effort is not None:
        return setting.effort
    if setting.budget is not None and setting.budget >= 0:
        return effort_of_budget(setting.budget)
    return None


def budget_of(setting: ThinkingSetting) -> int | None:
    """Tokens for a setting; None when it is left to the model."""
    if setting.mode == "off":
        return 0
    if setting.budget is not None:
        return setting.budget if setting.budget >= 0 else None
    return BUDGET_OF[setting.effort] if setting.effort else None


def nearest(effort: Effort, allowed: tuple[Effort, ...]) -> Effort | None:
    """The allowed word closest to `effort`; of two equally close ones the greater. None when none is allowed."""
    wanted = ORDER.index(effort)
    return min(allowed, key=lambda word: (abs(ORDER.index(word) - wanted), -ORDER.index(word)), default=None)
