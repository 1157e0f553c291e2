"""A long rest is tried now and then: providers reset early, and people buy credit."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from router_core.clock import FixedClock
from router_core.errors import NoTokenAvailable
from router_core.home import Home
from router_core.providers.failure import FailureKind
from router_core.store.tokens import open_tokens
from router_core.tokens.token import LONG_REST_S, TRIED_AGAIN, TRY_EVERY_S, Cooldown
from router_core.tokens.view import token_view
from tests.router_core.tokens.make import NOW, token, window
from tests.router_core.tokens.test_pool import Router

DAYS = 3 * 86400.0


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def router(home: Home, clock: FixedClock) -> Iterator[Router]:
    store = open_tokens(home, clock)
    store.add(token("first", priority=1))
    store.add(token("second", priority=2))
    store.database.close()
    made = Router(home, clock)
    yield made
    made.close()


def taken(router: Router, clock: FixedClock, hours: int, *, model: str = "opus") -> list[float]:
    """After how many minutes the first token was taken; a request comes each minute."""
    minutes = []
    for minute in range(hours * 60):
        if router.select(model) == "first":
            minutes.append(minute)
        clock.advance(60)
    return minutes


def test_a_stored_reset_is_not_believed_for_days(router: Router, clock: FixedClock) -> None:  # 11
    router.rest("first", NOW + DAYS, kind="window_exhausted")
    assert taken(router, clock, 2) == [30, 60, 90]  # one request each, not all of them
    router.pool.succeeded("id-first", "opus")
    assert router.select() == "first"


def test_a_try_that_fails_leaves_the_rest_as_it_was(router: Router, clock: FixedClock) -> None:
    router.rest("first", NOW + DAYS, kind="quota_exhausted")
    clock.advance(TRY_EVERY_S)
    assert router.select() == "first"
    router.rest("first", NOW + DAYS - 5, kind="quota_exhausted")  # said a little differently this time
    assert router.select() == "second"
    clock.advance(TRY_EVERY_S - 60)
    assert router.select() == "second"
    clock.advance(60)
    assert router.select() == "first"


def test_a_model_that_rests_long_is_tried_for_that_model(router: Router, clock: FixedClock) -> None:
    router.rest("first", NOW + DAYS, model="fable", kind="model_limited")
    assert taken(router, clock, 1, model="fable") == [30]
    assert router.select("opus") == "first"


@pytest.mark.parametrize(
    ("until_s", "kind"),
    [(LONG_REST_S, "window_exhausted"), (DAYS, "rate_limited"), (DAYS, "overloaded")],
    ids=["short", "asked to wait", "overloaded"],
)
def test_other_rests_are_kept_to_their_end(router: Router, clock: FixedClock, until_s: float, kind: str) -> None:
    router.rest("first", NOW + until_s, kind=kind)
    clock.advance(min(until_s, 2 * TRY_EVERY_S) - 1)
    assert router.select() == "second"


def test_the_last_token_is_tried_rather_than_nobody(router: Router, clock: FixedClock) -> None:
    router.rest("first", NOW + DAYS, kind="window_exhausted")
    router.rest("second", NOW + DAYS, kind="window_exhausted")
    with pytest.raises(NoTokenAvailable):
        router.select()
    clock.advance(TRY_EVERY_S)
    assert {router.select(), router.select()} == {"first", "second"}
    with pytest.raises(NoTokenAvailable):
        router.select()


def test_it_is_shown_as_resting_all_the_while(clock: FixedClock) -> None:
    resting = replace(token("first"), cooldowns=(Cooldown(NOW + DAYS, "window_exhausted", "429", "", NOW),))
    later = NOW + TRY_EVERY_S
    assert resting.resting("opus", later) is None
    assert resting.status(later) == "resting"
    assert token_view(resting, later)["because"] == "429"


def test_kinds_are_those_of_failures() -> None:
    assert {kind.value for kind in FailureKind} >= TRIED_AGAIN


def test_a_report_that_shows_room_ends_rests_about_windows_only(router: Router) -> None:
    router.rest("first", NOW + DAYS, kind="window_exhausted")
    router.rest("first", NOW + 60, model="opus", kind="overloaded")
    router.pool.relieved("id-first", [window("5h", 1.0), window("7d", 0.2)])
    assert router.select() == "second"  # one of them is full
    router.pool.relieved("id-first", [window("7d_opus", 0.2)])
    assert router.select() == "second"  # says nothing of the account
    router.pool.relieved("id-first", [window("5h", 0.9), window("7d", 0.2), window("7d_opus", 1.0)])
    assert router.select("sonnet") == "first"
    assert router.select("opus") == "second"
