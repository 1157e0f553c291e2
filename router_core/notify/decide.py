"""What is to be said now: a condition that has begun to hold, once, and not soon again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from router_core.notify.conditions import Condition
from router_core.quota.sample import same_window

FORGOTTEN_S = 14 * 86400.0
"""What has not held for so long is forgotten."""
MOST_AT_ONCE = 10
"""The rest is said at the next look."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one key, and whether it still holds."""

    at: float
    holds: bool
    until: float | None = None


type Memory = Mapping[str, Said]


def decide(
    conditions: Iterable[Condition], memory: Memory, min_interval_s: float, now: float
) -> tuple[list[Condition], dict[str, Said]]:
    """Which of them to say, and what is remembered then.

    A condition that holds again is said when it had stopped in between, or when what it is about has begun anew; never
    sooner than `min_interval_s` after it was said last. One that is not there any more has stopped.
    """
    said: list[Condition] = []
    after: dict[str, Said] = {}
    for condition in conditions:
        before = memory.get(condition.key)
        if condition.holds:
            if _is_news(before, min_interval_s, now) and len(said) < MOST_AT_ONCE:
                said.append(condition)
                after[condition.key] = Said(now, True, condition.until)
            elif before is not None:
                after[condition.key] = replace(before, until=_same_end(before.until, condition.until, now))
        elif before is not None:
            after[condition.key] = replace(before, holds=False) if condition.holds is False else before
    for key, before in memory.items():
        if key not in after:
            after[key] = replace(before, holds=False)
    return said, {key: each for key, each in after.items() if each.holds or now - each.at < FORGOTTEN_S}


def _same_end(said: float | None, told: float | None, now: float) -> float | None:
    """When what was said ends: providers' resets move by seconds, and are no new window for that."""
    return told if said is not None and now < said and same_window(said, told) else said


def _is_news(before: Said | None, min_interval_s: float, now: float) -> bool:
    if before is None:
        return True
    began_anew = before.until is not None and now >= before.until
    return (not before.holds or began_anew) and now - before.at >= min_interval_s
