"""The pictures of the README show the app as it is: `scripts/tui-picture` draws them anew."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.picture import EVERYWHERE, PICTURES, draw
from tests.tui.shots import SHOTS

pytestmark = pytest.mark.slow  # draws whole apps

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {**EVERYWHERE, "HOME": os.environ.get("HOME", "/")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MITMROUTER_COMMAND", raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", [name for name, shot in SHOTS.items() if shot.in_readme])
@pytest.mark.usefixtures("everywhere")
async def test_a_picture_of_the_readme_is_the_app(name: str) -> None:
    assert await draw(name) == (PICTURES / f"tui-{name}.svg").read_text(encoding="utf-8"), "run scripts/tui-picture"


def test_the_readme_shows_the_pictures_that_are_drawn_for_it() -> None:
    drawn = {f"tui-{name}.svg" for name, shot in SHOTS.items() if shot.in_readme}
    assert {file.name for file in PICTURES.iterdir()} == drawn
    text = README.read_text(encoding="utf-8")
    assert [name for name in drawn if f"(tests/tui/pictures/{name})" not in text] == []
