"""What three people ask of their coding agents in a week: conversations that grow, in bursts, at working hours."""

import random
from dataclasses import dataclass

HOUR, DAY = 3600.0, 86_400.0
START = 1_800_230_400.0
"""A Monday, 00:00 UTC."""
PEOPLE = 3
SYSTEM_TOKENS = 18_000
"""System prompt and tools: what every conversation begins with."""
COMPACTED_AT, COMPACTED_TO = 160_000, 30_000


@dataclass(frozen=True, slots=True)
class Turn:
    """One request."""

    at: float
    session: str
    prompt_tokens: int
    """All of it; what the last turn of the session had is its prefix."""
    same_prefix: bool
    """False after a compaction, and at the start: nothing of it can be cached."""
    output_tokens: int


def week(seed: int) -> list[Turn]:
    """Every request of the week in order; the same for each strategy."""
    return _days(seed, 7)


def week_after(seed: int) -> list[Turn]:
    """The same people in the week after that."""
    return [turn for turn in _days(seed, 14) if turn.at >= START + 7 * DAY]


def _days(seed: int, days: int) -> list[Turn]:
    turns: list[Turn] = []
    for person in range(PEOPLE):
        dice = random.Random(seed * 100 + person)
        for day in range(days):
            if day % 7 >= 5 and dice.random() < 0.6:
                continue  # a free day
            begins = START + day * DAY + dice.uniform(7.5, 10) * HOUR
            ends = begins + dice.uniform(6, 10) * HOUR
            turns += _day(dice, f"person-{person}", begins, ends)
    return sorted(turns, key=lambda turn: turn.at)


def _day(dice: random.Random, person: str, begins: float, ends: float) -> list[Turn]:
    turns: list[Turn] = []
    at, number = begins, 0
    while at < ends:
        number += 1
        session = f"{person}-{begins:.0f}-{number}"
        tokens, fresh = SYSTEM_TOKENS + dice.randrange(500, 6_000), True
        for _ in range(dice.randrange(2, 9)):  # bursts of an agent at work, with a person's pauses between them
            for _ in range(dice.randrange(4, 30)):
                output = dice.randrange(100, 1_500)
                turns.append(Turn(at, session, tokens, not fresh, output))
                fresh = False
                tokens += output + dice.randrange(200, 3_500)
                if tokens > COMPACTED_AT:
                    tokens, fresh = COMPACTED_TO, True
                at += dice.uniform(5, 45)
            at += min(dice.expovariate(1 / (4 * 60.0)), 40 * 60.0)
            if at >= ends:
                return turns
        at += dice.expovariate(1 / (10 * 60.0))
    return turns
