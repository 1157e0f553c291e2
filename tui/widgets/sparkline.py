"""Numbers as a row of bars, one or more lines high."""

from collections.abc import Sequence

BARS = " ▁▂▃▄▅▆▇█"
STEPS = len(BARS) - 1


def squeezed(values: Sequence[float], width: int) -> list[float]:
    """At most `width` numbers: neighbours are added up until that holds, from the end, so that the last are whole."""
    each = max(1, -(-len(values) // max(1, width)))
    first = len(values) % each
    groups = ([values[:first]] if first else []) + [values[at : at + each] for at in range(first, len(values), each)]
    return [sum(group) for group in groups]


def bars(values: Sequence[float], most: float, lines: int = 1) -> list[str]:
    """One text a line, from the top; what is not nothing shows at least the lowest bar.

    Args:
        most: the number that reaches the top.
    """
    heights = [_height(value, most, lines * STEPS) for value in values]
    return [
        "".join(BARS[max(0, min(STEPS, height - line * STEPS))] for height in heights) for line in range(lines)[::-1]
    ]


def _height(value: float, most: float, steps: int) -> int:
    if value <= 0 or most <= 0:
        return 0
    return max(1, min(steps, round(value / most * steps)))
