"""Asking many usage endpoints: each is asked, a few at a time, and the end waits for none that hangs."""

import threading

import pytest

from router_core.quota.inquiry import AT_ONCE, each
from tests.support.hanging import HANGS_S, end_waits_for_nobody


def test_each_is_asked_and_told_in_order_a_few_at_a_time() -> None:
    full = threading.Barrier(AT_ONCE)
    running, most, lock = 0, 0, threading.Lock()

    def ask(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        full.wait(10)
        with lock:
            running -= 1
        return number * 2

    assert each(range(2 * AT_ONCE), ask) == [number * 2 for number in range(2 * AT_ONCE)]
    assert most == AT_ONCE
    assert each([], ask) == []


def test_what_one_raises_comes_back() -> None:
    with pytest.raises(ValueError, match="no"):
        each(["1", "no", "3"], int)


def test_the_end_does_not_wait_for_one_that_hangs() -> None:
    assert end_waits_for_nobody(f"each, [{HANGS_S}], time.sleep", "from router_core.quota.inquiry import each")
