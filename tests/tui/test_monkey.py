"""Random keys, clicks and sizes over a home of hostile texts: nothing raises, nothing harmful or hidden is shown."""

import os
import random

import pytest

from tests.tui.fake_router import FakeRouter
from tests.tui.hostile import CANARY, FORBIDDEN, add_hostile
from tests.tui.screen import shows, text
from tests.tui.seed import Seeded
from tui.app import RouterApp

pytestmark = pytest.mark.slow

KEYS = (
    *("1", "2", "3", "4", "5", "6", "7", "8", "9", "question_mark", "colon", "ctrl+p", "slash", "equals_sign", "space"),
    *("up", "down", "pageup", "pagedown", "home", "end", "left", "right", "enter", "tab", "shift+tab", "escape"),
    *("left_square_bracket", "right_square_bracket", "full_stop", "comma", "plus", "minus", "backspace", "f1", "f8"),
    *("ctrl+a", "ctrl+r", "ctrl+s", "ctrl+u", "ctrl+z", *"abcdefghijklmnoprstuvwxyz", *"ACEGLNOPRSTUX"),
)
SIZES = ((80, 24), (240, 70), (40, 10), (120, 40), (20, 5), (200, 60))
KEYS_PRESSED = int(os.environ.get("MONKEY_KEYS", "80"))
"""A search for faults takes some thousands, and another MONKEY_SEED each time."""


@pytest.mark.parametrize(("light", "sanitized"), [(False, False), (True, True)], ids=["dark", "light-sanitized"])
async def test_no_key_raises_and_nothing_harmful_is_shown(
    seeded: Seeded, router: FakeRouter, light: bool, sanitized: bool
) -> None:
    add_hostile(seeded, canary=sanitized)
    chance = random.Random(int(os.environ.get("MONKEY_SEED", "1")))
    app = RouterApp(seeded.home, clock=seeded.clock, light=light, sanitized=sanitized)
    pressed: list[object] = []
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await shows(pilot, router.address)
            for _ in range(KEYS_PRESSED):
                kind = chance.random()
                if kind < 0.04:
                    size = chance.choice(SIZES)
                    pressed.append(size)
                    await pilot.resize_terminal(*size)
                elif kind < 0.14:
                    place = (chance.randrange(app.size.width), chance.randrange(app.size.height))
                    pressed.append(("click", place))
                    await pilot.click(offset=place, times=chance.choice((1, 1, 2)))
                else:
                    key = chance.choice(KEYS)
                    pressed.append(key)
                    await pilot.press(key)
                seen = text(pilot)
                harm = FORBIDDEN.intersection(seen.replace("\n", ""))
                assert not harm, f"{harm!r} after {pressed[-8:]}:\n{seen}"
                if sanitized:
                    assert CANARY not in seen, f"after {pressed[-8:]}:\n{seen}"
                    assert CANARY not in app.clipboard
                if app._exit:  # q, or the command
                    break
    except BaseException:
        print(f"\npressed {len(pressed)}: {pressed[-20:]}")
        raise
