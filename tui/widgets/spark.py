"""How a window filled, as a row of small bars."""

from collections.abc import Sequence

from router_core.quota.sample import Sample

BARS = "▁▂▃▄▅▆▇█"
AHEAD = "·"


def spark(samples: Sequence[Sample], since: float, until: float, now: float, width: int) -> str:
    """One bar for each part of the time from `since` to `until`; dots for what is to come, blanks before the first.

    Args:
        samples: oldest first.
    """
    step = (until - since) / width
    bars, place, level = [], 0, None
    for column in range(width):
        begins, ends = since + column * step, since + (column + 1) * step
        if begins > now:
            bars.append(AHEAD)
            continue
        while place < len(samples) and samples[place].observed_at < ends:
            level = samples[place].used
            place += 1
        bars.append(" " if level is None else BARS[min(len(BARS) - 1, max(0, int(level * len(BARS))))])
    return "".join(bars)
