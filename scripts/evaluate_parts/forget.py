"""The same prompts for somebody who knows fewer words.

The lists in words/ were made by whoever wrote the prompts, so on these prompts words say more than they will on other
people's. Weights are fitted on the prompts and on copies in which each word that was found is forgotten with some
chance: then sizes, lists and numbers must carry their share.
"""

import random
from collections.abc import Iterator, Mapping

from router_core.routing.auto.signals import WORD_DIMENSIONS, Signals, share, together

COPIES, FORGOTTEN = 2, 0.4


def forgetful(
    signals: Signals, id: str, copies: int = COPIES, forgotten: float = FORGOTTEN
) -> Iterator[Mapping[str, float]]:
    """Values of the dimensions, with some of the words; the same ones in every run."""
    dice = random.Random(id)
    for _ in range(copies):
        values = {name: value for name, value in signals.raw.items() if name not in WORD_DIMENSIONS}
        for name in WORD_DIMENSIONS:
            entries = signals.found.get(name, ())
            left = sum(dice.random() >= forgotten for _ in entries)
            if left:
                values[name] = signals.raw.get(name, 0.0) * share(name, left) / share(name, len(entries))
        yield together(values)
