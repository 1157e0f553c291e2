"""Which words fit into a line of them."""

import pytest

from tui.widgets.cells import Piece
from tui.widgets.hot_line import Spot, placed

SPOTS = [Spot(word, [Piece(f"{word} ")]) for word in ("add", "edit", "remove", "help", "quit")]


@pytest.mark.parametrize(
    ("width", "found"),
    [
        (40, [(1, "add"), (5, "edit"), (10, "remove"), (17, "help"), (22, "quit")]),
        (26, [(1, "add"), (5, "edit"), (10, "remove"), (17, "help"), (22, "quit")]),
        (21, [(1, "add"), (5, "edit"), (10, "remove"), (17, "help")]),
        (20, [(1, "add"), (5, "edit"), (10, "help")]),
        (9, [(1, "add"), (5, "help")]),
        (3, [(1, "help")]),
    ],
)
def test_the_one_to_keep_is_there_whatever_else_has_no_room(width: int, found: list[tuple[int, str]]) -> None:
    assert [(x, spot.name) for x, spot in placed(SPOTS, width, keep="help")] == found


def test_without_one_to_keep_the_first_ones_are_there() -> None:
    assert [spot.name for _, spot in placed(SPOTS, 20)] == ["add", "edit", "remove"]
    facts = [Spot("", spot.pieces) for spot in SPOTS]
    assert len(placed(facts, 20)) == 3
