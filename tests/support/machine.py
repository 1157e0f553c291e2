"""How quick this machine is just now, for limits in seconds that were set on a certain one."""

import time

REFERENCE_S = 0.0058
"""What `_work` takes on the machine where the limits were set: two cores of 2.1 GHz for itself, Python 3.12."""
MOST = 2.0
"""What takes longer than twice the limit is slow on any machine."""


def slowness() -> float:
    """1.0 on that machine and on quicker ones, 1.5 where Python takes half as long again, never above `MOST`.

    A virtual machine whose neighbours are busy is slower for minutes, in CPU time as well.
    """
    return min(MOST, max(1.0, min(_seconds() for _ in range(10)) / REFERENCE_S))


def _seconds() -> float:
    began = time.thread_time()
    _work()
    return time.thread_time() - began


def _work() -> int:
    """Objects, dictionaries, strings and calls, as programs are made of."""
    held: dict[str, list[int]] = {}
    for number in range(20_000):
        held.setdefault(f"key-{number % 500}", []).append(number)
    return sum(len(sorted(numbers, reverse=True)) for numbers in held.values())
