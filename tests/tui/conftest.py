"""What the TUI's tests share: a home to fill, a fake router beside it, and waiting without sleeping blindly."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet

from router_core.clock import FixedClock
from tests.tui.fake_router import FakeRouter
from tests.tui.seed import Seeded, open_home

NOW = 1_795_201_751.0  # 2026-11-20


_PARSED: dict[object, Any] = {}


@pytest.fixture(autouse=True)
def styles_are_parsed_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each app parses the same style sheets four times: a third of what its start takes."""
    if request.node.get_closest_marker("alone"):
        return  # it measures
    parse = Stylesheet._parse_rules

    def parsed(sheet: Stylesheet, *arguments: Any, **named: Any) -> Any:
        key = (arguments, tuple(sorted(named.items())), tuple(sorted(sheet._variables.items())))
        if key not in _PARSED:
            _PARSED[key] = parse(sheet, *arguments, **named)
        return _PARSED[key]

    monkeypatch.setattr(Stylesheet, "_parse_rules", parsed)


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
