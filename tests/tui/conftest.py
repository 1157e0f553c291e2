"""What the TUI's tests share: a home to fill, a fake router beside it, and waiting without sleeping blindly."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.clock import FixedClock
from tests.tui.fake_router import FakeRouter
from tests.tui.seed import Seeded, open_home

NOW = 1_795_201_751.0  # 2026-11-20


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def seeded(tmp_path: Path, clock: FixedClock) -> Iterator[Seeded]:
    with open_home(tmp_path / "home", clock) as home:
        yield home


@pytest.fixture
def router(seeded: Seeded) -> Iterator[FakeRouter]:
    with FakeRouter(seeded.home, seeded.tokens) as running:
        yield running
