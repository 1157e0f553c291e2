"""Which credential is renewed when, and what a failure of one means for the others: nothing."""

from dataclasses import replace

import pytest

from router_core.config.schema import Config
from router_core.oauth.keeper import Keeper
from router_core.oauth.want import Renewed, Want
from router_core.tokens.token import Token

NOW = 1_800_000_000.0
HOUR_S = 3600.0
CONFIG = Config()
TOKEN = Token("t1", "one", "claude", "a", "r1", login="claude", expires_at=NOW + HOUR_S, refreshed_at=NOW - 7 * HOUR_S)


def _due(keeper: Keeper, *tokens: Token, now: float = NOW) -> list[tuple[str, Want]]:
    return [(token.name, want) for token, want in keeper.due(tokens, CONFIG, now)[0]]


def test_a_login_is_due_five_to_six_minutes_ahead_and_the_time_is_known_before() -> None:
    keeper = Keeper()
    due, wake_at = keeper.due([TOKEN], CONFIG, NOW)
    assert due == []
    assert NOW + HOUR_S - 360 <= wake_at <= NOW + HOUR_S - 300
    assert _due(keeper, TOKEN, now=wake_at) == [("one", Want())]
    assert _due(keeper, TOKEN, now=wake_at - 1) == []


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(Token("k", "key", "claude", "sk-ant-api03-x"), id="key"),
        pytest.param(replace(TOKEN, refresh_token=None, expires_at=NOW), id="nothing-to-renew-with"),
        pytest.param(replace(TOKEN, enabled=False, expires_at=NOW), id="disabled"),
        pytest.param(replace(TOKEN, origin="demo", expires_at=NOW), id="demo"),
    ],
)
def test_who_is_never_due(token: Token) -> None:
    assert _due(Keeper(), token, now=NOW + 100 * HOUR_S) == []


def test_a_login_without_an_access_token_and_one_that_ran_out_are_due_at_once() -> None:
    tokens = [replace(TOKEN, access_token="", expires_at=None), replace(TOKEN, id="t2", name="two", expires_at=NOW - 9)]
    assert [name for name, _ in _due(Keeper(), *tokens)] == ["one", "two"]


def test_a_failure_that_may_pass_is_tried_again_later_and_later() -> None:
    keeper, token = Keeper(), replace(TOKEN, expires_at=NOW)
    waits = []
    now = NOW
    for _ in range(9):
        keeper.done(token, Want(), Renewed("failed", "503"), now)
        stopped = keeper.stopped(token, now)
        assert stopped is not None
        waits.append(stopped.not_before - now)
        assert _due(keeper, token, now=stopped.not_before - 1) == []
        now = stopped.not_before
        assert _due(keeper, token, now=now) == [("one", Want())]
    assert waits == [15, 30, 60, 120, 240, 480, 600, 600, 600]


def test_what_the_server_asks_for_counts() -> None:
    keeper = Keeper()
    keeper.done(TOKEN, Want(), Renewed("failed", "429", not_before=NOW + 300), NOW)
    stopped = keeper.stopped(TOKEN, NOW)
    assert stopped is not None
    assert stopped.not_before == NOW + 300


def test_one_bad_token_never_delays_another() -> None:
    keeper = Keeper()
    bad, good = replace(TOKEN, expires_at=NOW), replace(TOKEN, id="t2", name="two", expires_at=NOW)
    keeper.done(bad, Want(), Renewed("failed", "revoked", permanent=True), NOW)
    assert _due(keeper, bad, good) == [("two", Want())]


def test_a_dead_login_is_not_tried_again_until_its_credential_changes() -> None:
    keeper, token = Keeper(), replace(TOKEN, expires_at=NOW)
    keeper.done(token, Want(), Renewed("failed", "revoked", permanent=True), NOW)
    assert not keeper.can_renew(token, CONFIG)
    assert not keeper.must_wait(token, CONFIG, NOW + HOUR_S)
    assert _due(keeper, token, now=NOW + 100 * HOUR_S) == []
    again = replace(token, generation=1)
    assert keeper.can_renew(again, CONFIG)
    assert _due(keeper, again) == [("one", Want())]


def test_a_success_forgets_the_failures() -> None:
    keeper = Keeper()
    keeper.done(TOKEN, Want(), Renewed("failed", "503"), NOW)
    keeper.done(TOKEN, Want(), Renewed("renewed", "done"), NOW)
    assert keeper.stopped(TOKEN, NOW) is None


def test_a_set_that_was_not_handed_over_is_offered_once_a_minute() -> None:
    keeper, token = Keeper(), replace(TOKEN, shared="claude-file:/x", write_back=True)
    assert _due(keeper, token) == [("one", Want(look_only=True))]
    keeper.done(token, Want(look_only=True), Renewed("failed", "disk full"), NOW)
    assert _due(keeper, token, now=NOW + 59) == []
    assert _due(keeper, token, now=NOW + 60) == [("one", Want(look_only=True))]
    assert keeper.can_renew(token, CONFIG)


def test_a_request_waits_for_a_login_that_ran_out_unless_a_try_is_pointless() -> None:
    keeper, token = Keeper(), replace(TOKEN, expires_at=NOW + 2)
    assert keeper.must_wait(token, CONFIG, NOW)
    assert not keeper.must_wait(TOKEN, CONFIG, NOW)
    keeper.done(token, Want(), Renewed("failed", "503"), NOW)
    assert not keeper.must_wait(token, CONFIG, NOW)
    assert keeper.must_wait(token, CONFIG, NOW + 16)


def test_ten_thousand_keys_cost_the_event_loop_next_to_nothing() -> None:
    import time

    keys = [Token(f"k{n}", f"key-{n}", "claude", "sk-ant-api03-x") for n in range(10_000)]
    began = time.perf_counter()
    assert Keeper().due(keys, CONFIG, NOW)[0] == []
    assert time.perf_counter() - began < 0.5  # measured: 4 ms; a machine with other work is no failure
