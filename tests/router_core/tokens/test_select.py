# ruff: noqa: E501 - a table is read by its rows
"""Which token pays, and why not the others."""

import pytest

from router_core.config.schema import Strategy
from router_core.errors import NoTokenAvailable
from router_core.tokens.select import Selection, Use, select, why_not
from router_core.tokens.token import Token
from tests.router_core.tokens.make import NOW, rest, token, window


def _select(*tokens: Token, strategy: Strategy = "priority", **more: object) -> Selection:
    arguments = {"provider": "claude", "model": "opus", "now": NOW, **more}
    return select(tokens, strategy, **arguments)  # type: ignore[arg-type]  # the tests' own names


WEEK = 7 * 86400


@pytest.mark.parametrize(
    ("strategy", "tokens", "use", "chosen"),
    [
        ("priority", [token("a", priority=5), token("b", priority=1)], {}, "b"),
        ("priority", [token("b"), token("a")], {}, "a"),
        ("round_robin", [token("a"), token("b")], {"id-a": Use(9, 3.0), "id-b": Use(1, 2.0)}, "b"),
        ("round_robin", [token("a", priority=9), token("b")], {"id-b": Use(1, 1.0)}, "a"),
        ("round_robin", [token("a"), token("b", weight=2)], {"id-a": Use(1, 1.0), "id-b": Use(2, 1.0)}, "b"),
        ("least_used", [token("a"), token("b")], {"id-a": Use(3), "id-b": Use(2)}, "b"),
        ("least_used", [token("a", weight=3), token("b")], {"id-a": Use(5), "id-b": Use(2)}, "a"),
        ("least_used", [token("a", priority=200), token("b")], {}, "b"),
        ("fill_first", [token("a", windows=(window("5h", 0.2),)), token("b", windows=(window("5h", 0.7),))], {}, "b"),
        ("fill_first", [token("a", windows=(window("5h", 0.2),)), token("b", windows=(window("5h", 0.7, -1),))], {}, "a"),
        ("fill_first", [token("a", windows=(window("7d_oi", 0.9),)), token("b", windows=(window("5h", 0.1),))], {}, "b"),
        ("quota", [token("a", windows=(window("5h", 0.1),)), token("b")], {}, "b"),
        ("quota", [token("a", windows=(window("5h", 0.97),)), token("b", windows=(window("5h", 0.5),))], {}, "b"),
        ("quota", [token("a", windows=(window("5h", 0.6, 900, 18_000), window("7d", 0.2, 900, WEEK))),
                   token("b", windows=(window("5h", 0.4, 900, 18_000), window("7d", 0.2, 9000, WEEK)))], {}, "b"),
        ("quota", [token("a", windows=(window("5h", 0.2, 900, 18_000), window("7d", 0.9, 900, WEEK))),
                   token("b", windows=(window("5h", 0.2, 900, 18_000), window("7d", 0.2, 9000, WEEK)))], {}, "a"),
        ("quota", [token("a", windows=(window("7d", 0.5, 900, WEEK),)),
                   token("b", windows=(window("7d", 0.5, 100, WEEK),))], {}, "b"),
        ("quota", [token("a", windows=(window("7d", 0.97, 100, WEEK),)),
                   token("b", windows=(window("7d", 0.99, 50, WEEK),))], {}, "b"),
    ],
)  # fmt: skip
def test_each_strategy(strategy: Strategy, tokens: list[Token], use: dict[str, Use], chosen: str) -> None:
    selection = _select(*tokens, strategy=strategy, use=use)
    assert selection.token.name == chosen
    assert selection.because.startswith(f"{strategy}: {chosen} ")


def test_round_robin_takes_turns() -> None:
    tokens, order = [token(name) for name in "abc"], []
    use: dict[str, Use] = {}
    for step in range(6):
        chosen = _select(*tokens, strategy="round_robin", use=use, now=NOW + step).token
        use[chosen.id] = Use(1, use.get(chosen.id, Use()).turn + 1)
        order.append(chosen.name)
    assert "".join(order) == "abcabc"


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        (token(), ""),
        (token(enabled=False, health="unhealthy"), "disabled"),
        (token(health="unhealthy", health_because="401: expired"), "unhealthy: 401: expired"),
        (token(cooldowns=(rest(120),)), "resting for 2m: busy"),
        (token(cooldowns=(rest(120, "opus"),)), "resting for opus for 2m: busy"),
        (token(cooldowns=(rest(120, "sonnet"),)), ""),
        (token(cooldowns=(rest(-1), rest(0))), ""),
        (token(cooldowns=(rest(60, "opus"), rest(7200))), "resting for 2h00m: busy"),
    ],
)
def test_why_a_token_cannot_pay(candidate: Token, why: str) -> None:
    assert why_not(candidate, "opus", NOW) == why


def test_a_token_that_already_failed_this_request_is_passed_over() -> None:
    selection = _select(token("a"), token("b"), tried={"id-a"})
    assert selection.token.name == "b"
    assert selection.passed_over == (("a", "already tried for this request"),)


def test_a_cooled_token_is_skipped_until_its_reset() -> None:
    tokens = [token("a", priority=1, cooldowns=(rest(60),)), token("b")]
    assert _select(*tokens, now=NOW + 59.9).token.name == "b"
    assert _select(*tokens, now=NOW + 60).token.name == "a"


def test_a_model_s_cooldown_leaves_the_other_models() -> None:
    tokens = [token("a", priority=1, cooldowns=(rest(60, "opus"),)), token("b")]
    assert _select(*tokens, model="opus").token.name == "b"
    assert _select(*tokens, model="haiku").token.name == "a"


def test_without_any_token_the_message_says_how_to_add_one() -> None:
    with pytest.raises(NoTokenAvailable) as caught:
        _select()
    assert caught.value.retry_after_s is None
    assert "mitmrouter token add NAME --provider claude" in caught.value.message


def test_the_message_names_each_token_and_when_it_comes_back() -> None:
    tokens = [
        token("plan", cooldowns=(rest(7800),)),
        token("spare", cooldowns=(rest(45, "opus"),)),
        token("old", health="unhealthy", health_because="401: revoked"),
        token("off", enabled=False, cooldowns=(rest(1),)),
    ]
    with pytest.raises(NoTokenAvailable) as caught:
        _select(*tokens)
    assert caught.value.retry_after_s == 45
    assert caught.value.message == (
        "No token of provider 'claude' can be used now. plan: resting for 2h10m: busy; "
        "spare: resting for opus for 45s: busy; old: unhealthy: 401: revoked; off: disabled."
    )


def test_where_none_comes_back_by_itself_there_is_nothing_to_wait_for() -> None:
    with pytest.raises(NoTokenAvailable) as caught:
        _select(token(health="unhealthy", cooldowns=(rest(60),)), token("b", enabled=False))
    assert caught.value.retry_after_s is None


def test_for_a_token_that_must_not_pay_for_this_request_nobody_waits() -> None:
    def unfit(one: Token) -> str:
        return "for others only" if one.name == "a" else ""

    with pytest.raises(NoTokenAvailable) as caught:
        _select(token("a"), unfit=unfit)
    assert caught.value.retry_after_s is None
    assert "a: for others only" in caught.value.message
    with pytest.raises(NoTokenAvailable) as caught:
        _select(token("a", cooldowns=(rest(5),)), token("b", cooldowns=(rest(60),)), unfit=unfit)
    assert caught.value.retry_after_s == 60


def test_no_secret_is_in_reasons_or_repr() -> None:
    tokens = [token("a", refresh_token="refresh-of-a"), token("b", cooldowns=(rest(5),))]
    for text in (repr(tokens), repr(_select(*tokens))):
        assert "secret-of" not in text
        assert "refresh-of" not in text
