"""What is done about each failure: the rows of the design's table, one by one."""

import pytest

from router_core.failover import Verdict, growing_rest, judge
from router_core.providers.failure import Failure, FailureKind

K = FailureKind
NOW = 1_800_000_000.0


def _judge(
    kind: K,
    *history: K,
    rest_until: float | None = None,
    model: bool = False,
    rotated: bool = False,
    can_renew: bool = False,
) -> Verdict:
    failure = Failure(kind, "the provider's words", rest_until, model)
    return judge(failure, history, now=NOW, token_rotated=rotated, can_renew=can_renew)


@pytest.mark.parametrize("kind", list(K))
def test_every_kind_has_a_row_with_a_reason(kind: K) -> None:
    assert "the provider's words" in _judge(kind).because


@pytest.mark.parametrize("kind", [K.WINDOW_EXHAUSTED, K.QUOTA_EXHAUSTED, K.RATE_LIMITED])
@pytest.mark.parametrize("rest_until", [NOW + 3600, None])
def test_used_up_quota_rests_the_token_and_takes_the_next(kind: K, rest_until: float | None) -> None:
    verdict = _judge(kind, rest_until=rest_until)
    assert (verdict.action, verdict.effect, verdict.rest_until) == ("next_token", "rest", rest_until)
    assert not verdict.rest_model_only


def test_a_model_limit_rests_only_the_model() -> None:
    verdict = _judge(K.MODEL_LIMITED, rest_until=NOW + 60, model=True)
    assert (verdict.action, verdict.effect, verdict.rest_model_only) == ("next_token", "rest", True)


def test_a_model_that_a_plan_lacks_is_remembered_for_that_pair_and_asked_of_the_next() -> None:
    verdict = _judge(K.MODEL_UNAVAILABLE)
    assert (verdict.action, verdict.effect, verdict.rest_model_only) == ("next_token", "rest", True)
    assert verdict.rest_until == NOW + 6 * 3600


def test_windowless_429_rests_nobody_and_is_tried_once_more() -> None:
    """better-ccflare #375, #301: benching accounts for it empties the pool and never helps."""
    first, second = _judge(K.REQUEST_LIMITED), _judge(K.REQUEST_LIMITED, K.REQUEST_LIMITED)
    assert (first.action, first.effect) == ("same_token", "none")
    assert (second.action, second.effect) == ("give_up", "none")


def test_a_refused_credential_is_unhealthy_and_the_next_token_answers() -> None:
    verdict = _judge(K.CREDENTIAL_REFUSED)
    assert (verdict.action, verdict.effect) == ("next_token", "unhealthy")


def test_a_credential_renewed_meanwhile_is_tried_once_with_the_new_one() -> None:
    assert _judge(K.CREDENTIAL_REFUSED, rotated=True).action == "same_token"
    assert _judge(K.CREDENTIAL_REFUSED, rotated=True).effect == "none"
    again = _judge(K.CREDENTIAL_REFUSED, K.CREDENTIAL_REFUSED, rotated=True)
    assert (again.action, again.effect) == ("next_token", "unhealthy")


def test_a_refused_credential_that_can_be_renewed_is_renewed_and_not_blamed() -> None:
    verdict = _judge(K.CREDENTIAL_REFUSED, can_renew=True)
    assert (verdict.action, verdict.effect) == ("renew", "none")
    second_token = _judge(K.CREDENTIAL_REFUSED, K.CREDENTIAL_REFUSED, can_renew=True)
    assert second_token.action == "renew"
    assert _judge(K.CREDENTIAL_REFUSED, rotated=True, can_renew=True).action == "same_token"
    assert _judge(K.TOKEN_UNUSABLE, can_renew=True).effect == "unhealthy"


def test_an_account_that_cannot_do_this_is_unhealthy() -> None:
    verdict = _judge(K.TOKEN_UNUSABLE)
    assert (verdict.action, verdict.effect) == ("next_token", "unhealthy")


@pytest.mark.parametrize(
    ("named", "until"),
    [(None, 10.0), (5.0, 5.0), (0.0, 1.0), (-9.0, 1.0), (3600.0, 120.0)],
    ids=["unnamed", "named", "zero", "past", "an-hour-is-too-long"],
)
def test_overload_rests_token_and_model_shortly(named: float | None, until: float) -> None:
    verdict = _judge(K.OVERLOADED, rest_until=None if named is None else NOW + named, model=True)
    assert (verdict.action, verdict.effect, verdict.rest_model_only) == ("next_token", "rest", True)
    assert verdict.rest_until == NOW + until


def test_a_client_s_error_is_handed_on_and_rests_nobody() -> None:
    """krouter #11: a 400 must never start a cooldown."""
    verdict = _judge(K.CLIENT_ERROR)
    assert (verdict.action, verdict.effect, verdict.counts_against_host) == ("give_up", "none", False)


@pytest.mark.parametrize(
    ("kind", "actions"),
    [
        (K.SERVER_ERROR, ["same_token", "next_token", "give_up"]),
        (K.CONNECTION_CLOSED, ["same_token", "next_token", "give_up"]),
        (K.CONNECT_FAILED, ["same_token", "give_up"]),
        (K.TIMED_OUT, ["same_token", "next_token", "give_up"]),
    ],
)
def test_host_failures_never_punish_a_token(kind: K, actions: list[str]) -> None:
    """CLIProxyAPI #4327, #2428: keep transport failures and quota failures apart."""
    verdicts = [_judge(kind, *[kind] * before) for before in range(len(actions))]
    assert [v.action for v in verdicts] == actions
    assert {v.effect for v in verdicts} == {"none"}
    assert [v.counts_against_host for v in verdicts] == [False] * (len(actions) - 1) + [True]


def test_host_failures_of_different_kinds_are_counted_together() -> None:
    assert _judge(K.SERVER_ERROR, K.CONNECT_FAILED, K.TIMED_OUT).action == "give_up"


def test_failures_of_tokens_do_not_count_against_the_host() -> None:
    assert _judge(K.SERVER_ERROR, K.WINDOW_EXHAUSTED, K.CREDENTIAL_REFUSED).action == "same_token"


@pytest.mark.parametrize(
    ("before", "rest"), [(None, 60), (0.001, 60), (60, 120), (120, 240), (3000, 3600), (5 * 3600, 3600)]
)
def test_rest_grows_while_nobody_says_how_long(before: float | None, rest: float) -> None:
    assert growing_rest(before) == rest
