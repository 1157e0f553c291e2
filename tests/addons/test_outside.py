"""Asking somebody outside: answers, failures, and an end that waits for nobody."""

import asyncio
import threading

import pytest

from addons.outside import ask_outside
from tests.support.hanging import HANGS_S, end_waits_for_nobody


async def test_what_is_answered_or_raised_comes_back() -> None:
    assert await ask_outside(lambda one, two: one + two, 1, two=2) == 3
    with pytest.raises(ValueError, match="no"):
        await ask_outside(int, "no")


async def test_the_loop_goes_on_meanwhile_and_a_cancelled_question_comes_to_nothing() -> None:
    release = threading.Event()
    question = asyncio.create_task(ask_outside(release.wait, 5))
    await asyncio.sleep(0.01)
    assert not question.done()
    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question
    release.set()


def test_the_end_does_not_wait_for_somebody_who_hangs() -> None:
    assert end_waits_for_nobody(f"time.sleep, {HANGS_S}")
