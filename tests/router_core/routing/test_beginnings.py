"""How a conversation began that is continued by a response's id."""

import pytest

from router_core.routing.beginnings import NOTHING, Beginning, Beginnings

TAGGED = Beginning("codex,gpt-5.5", "/srv/app")


def test_it_holds_from_response_to_response() -> None:
    beginnings = Beginnings()
    beginnings.note("resp_1", TAGGED)
    beginnings.note("resp_2", beginnings.before("resp_1"))
    assert beginnings.before("resp_2") == TAGGED


@pytest.mark.parametrize("response_id", ["resp_9", "", None, 7, ["resp_1"]])
def test_of_others_nothing_is_known(response_id: object) -> None:
    beginnings = Beginnings()
    beginnings.note("resp_1", TAGGED)
    beginnings.note("resp_9", NOTHING)
    beginnings.note("", TAGGED)
    assert beginnings.before(response_id) == NOTHING


def test_the_oldest_are_forgotten() -> None:
    beginnings = Beginnings(most=2)
    for number in range(3):
        beginnings.note(f"resp_{number}", TAGGED)
    assert [beginnings.before(f"resp_{number}") for number in range(3)] == [NOTHING, TAGGED, TAGGED]
