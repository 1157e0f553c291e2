"""Time as an argument."""

import time

from router_core.clock import FixedClock, SystemClock, to_ms


def test_fixed_clock_moves_only_when_told_to() -> None:
    clock = FixedClock(100.0)
    assert clock.now() == clock.now() == 100.0
    clock.advance(2.5)
    assert clock.now() == 102.5


def test_system_clock_is_the_machine_s() -> None:
    before = time.time()
    assert before <= SystemClock().now() <= time.time()


def test_milliseconds_are_rounded_not_cut() -> None:
    assert to_ms(1.0016) == 1002
    assert to_ms(1_800_000_000.123) == 1_800_000_000_123
