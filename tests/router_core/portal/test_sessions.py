"""Links that open once, sessions that end."""

import itertools

from router_core.clock import FixedClock
from router_core.portal.sessions import LINK_LIFETIME_S, MOST_LINKS, MOST_SESSIONS, Sessions


def book() -> tuple[FixedClock, Sessions]:
    clock, numbers = FixedClock(), itertools.count()
    return clock, Sessions(clock, lambda: f"value-{next(numbers)}")


def test_link_opens_once() -> None:
    _, sessions = book()
    code = sessions.new_link()
    assert [sessions.redeem(code), sessions.redeem(code), sessions.redeem("value-7")] == [True, False, False]


def test_link_gets_too_old() -> None:
    clock, sessions = book()
    code = sessions.new_link()
    clock.advance(LINK_LIFETIME_S)
    assert not sessions.redeem(code)


def test_links_are_bounded_in_number() -> None:
    _, sessions = book()
    codes = [sessions.new_link() for _ in range(MOST_LINKS + 1)]
    assert not sessions.redeem(codes[0])
    assert all(sessions.redeem(code) for code in codes[1:])


def test_session_is_found_by_its_cookie_until_it_ends() -> None:
    clock, sessions = book()
    value, session = sessions.begin(60)
    assert sessions.find(["other", value]) is session
    assert sessions.find([session.label]) is None, "the label is no cookie"
    clock.advance(59.9)
    assert sessions.find([value]) is session
    clock.advance(0.1)
    assert sessions.find([value]) is None


def test_session_that_was_ended_is_not_found() -> None:
    _, sessions = book()
    (first, ended), (second, kept) = sessions.begin(60), sessions.begin(60)
    sessions.end(ended)
    assert sessions.find([first]) is None
    assert sessions.find([second]) is kept


def test_sessions_are_bounded_in_number() -> None:
    _, sessions = book()
    values = [sessions.begin(60)[0] for _ in range(MOST_SESSIONS + 1)]
    assert sessions.find(values[:1]) is None
    assert sessions.find(values[1:2]) is not None


def test_values_are_kept_by_their_digest_only() -> None:
    _, sessions = book()
    code, (value, _) = sessions.new_link(), sessions.begin(60)
    kept = repr(vars(sessions))
    assert code not in kept
    assert value not in kept
