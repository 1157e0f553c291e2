"""What a window is spared of its work, in the course of a possible future."""

import pytest

from router_core.quota.reserve import STEP_S, Reserve, Room, Rooms

DAY = 86400.0


def reserve(*rooms: Room, spare: float = 0.05) -> Reserve:
    return Reserve(spare, rooms, 7 * DAY, 0.0, (0.0, 0.1, 0.4), len(rooms) + 1)


@pytest.mark.parametrize(
    ("left", "wanted", "carried", "own"),
    [
        (0.5, 0.1, 0.0, 0.1),
        (0.1, 0.1, 0.0, 0.05),
        (0.05, 0.2, 0.0, 0.0),
        (0.04, 0.1, 0.1, 0.0),
        (0.05, 0.4, 0.2, 0.15),
        (0.5, 0.1, 0.5, 0.3),
        (0.1, 0.1, 0.6, 0.05 + 0.35 / 2),
    ],
    ids=[
        "far from its end it is used",
        "up to where it is held back",
        "held back it rests",
        "also beyond that",
        "what the others have no room for is shared with them",
        "while it alone has room it takes all that",
        "and then its part",
    ],
)
def test_a_window_is_spared_while_others_have_room(left: float, wanted: float, carried: float, own: float) -> None:
    rooms = Rooms(reserve(Room(0.3, 0.9, 8 * DAY)))
    assert rooms.own_share(DAY, left, wanted, carried) == pytest.approx(own)


def test_what_was_taken_is_gone_until_that_window_resets() -> None:
    rooms = Rooms(reserve(Room(0.2, 0.9, 2 * DAY), Room(0.1, 0.9, 5 * DAY)))
    assert rooms.own_share(DAY, 0.05, 0.3, 0.0) == 0
    assert rooms.own_share(DAY, 0.05, 0.03, 0.0) == pytest.approx(0.01)  # no room: a third of it, among three
    assert rooms.own_share(2 * DAY, 0.05, 0.9, 0.0) == 0
    assert rooms.own_share(4 * DAY, 0.05, 0.03, 0.0) == pytest.approx(0.01)
    assert (
        rooms.own_share(9.5 * DAY, 0.05, 0.9 + 0.9, 0.0) == 0
    )  # one a week after its reset, the other since the fifth day


def test_what_the_others_carried_is_read_from_the_past() -> None:
    assert reserve(Room(1, 1, DAY)).carried(0.0, STEP_S) == pytest.approx(0.1)
    assert reserve(Room(1, 1, DAY)).carried(STEP_S, 2 * STEP_S) == pytest.approx(0.3)
