"""A ticket is good once, for some seconds, and nobody makes one who has not the admin token."""

import base64

import pytest

from router_core.trace.tickets import GOOD_FOR_S, Tickets
from tests.router_core.trace.make import NOW

ADMIN = "admin-token"


def test_a_ticket_names_its_token_once() -> None:
    tickets = Tickets()
    ticket = tickets.give("t 1", ADMIN, NOW)
    assert tickets.take(ticket, ADMIN, NOW + GOOD_FOR_S - 1) == "t 1"
    assert tickets.take(ticket, ADMIN, NOW + 1) is None
    assert tickets.give("t 1", ADMIN, NOW) != tickets.give("t 1", ADMIN, NOW)


def test_it_is_taken_by_another_process_of_the_same_router() -> None:
    assert Tickets().take(Tickets().give("t1", ADMIN, NOW), ADMIN, NOW) == "t1"


def test_an_old_one_and_one_of_another_admin_token_are_none() -> None:
    ticket = Tickets().give("t1", ADMIN, NOW)
    assert Tickets().take(ticket, ADMIN, NOW + GOOD_FOR_S) is None
    assert Tickets().take(ticket, "another", NOW) is None
    assert ADMIN not in ticket
    assert ADMIN.encode() not in base64.urlsafe_b64decode(ticket)


@pytest.mark.parametrize("place", [0, 31, 32, -1])
def test_one_that_was_changed_is_none(place: int) -> None:
    content = bytearray(base64.urlsafe_b64decode(Tickets().give("t1", ADMIN, NOW)))
    content[place] ^= 1
    assert Tickets().take(base64.urlsafe_b64encode(content).decode(), ADMIN, NOW) is None


@pytest.mark.parametrize("ticket", ["", "x", "ü", "====", "A" * 400, "a b"])
def test_what_is_no_ticket_is_none(ticket: str) -> None:
    assert Tickets().take(ticket, ADMIN, NOW) is None
