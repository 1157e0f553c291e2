"""How the line of pages shrinks."""

from typing import NamedTuple

import pytest
from rich.cells import cell_len

from tui.widgets.page_line import spots


class Place(NamedTuple):
    key: str
    name: str
    short: str


PLACES = [
    Place("1", "Overview", "Over"),
    Place("2", "Tokens", "Tokens"),
    Place("3", "Requests", "Reqs"),
    Place("4", "Sessions", "Sess"),
    Place("5", "Statistics", "Stats"),
    Place("6", "Routing", "Route"),
    Place("7", "Playground", "Play"),
    Place("8", "Logs", "Logs"),
    Place("9", "Config", "Conf"),
    Place("?", "Help", ""),
]


def line(width: int, current: str = "Statistics") -> str:
    return "".join(piece.text for spot in spots(PLACES, current, width) for piece in spot.pieces)


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (120, "4 Sessions   5 Statistics  6 Routing"),
        (80, "4 Sess  5 Statistics 6 Route"),
        (40, "4  5 Statistics 6 7"),
    ],
)
def test_names_are_as_long_as_there_is_room(width: int, told: str) -> None:
    assert told in line(width)
    assert cell_len(line(width).rstrip()) < width


@pytest.mark.parametrize("current", [place.name for place in PLACES])
def test_80_columns_name_every_page_whichever_is_shown(current: str) -> None:
    assert all(place.short in line(80, current) or place.name in line(80, current) for place in PLACES)
    assert cell_len(line(80, current).rstrip()) < 80


def test_a_click_is_a_press_of_the_key() -> None:
    assert [spot.name for spot in spots(PLACES, "Logs", 80)][-2:] == ["9", "question_mark"]
