"""What the overview says is wrong, and what to do about it."""

from dataclasses import replace

import pytest

from router_core.tokens.token import Cooldown, Token, Window
from tests.tui.seed import budget
from tui.advice import Situation, advise, tightest
from tui.budgets import stand_of
from tui.messages import LockSeen, TokensChanged
from tui.news import News
from tui.sanitize import Sanitizer

NOW = 1_795_201_751.0
FINE = Token("a", "anna", "claude", "x", windows=(Window("5h", 0.2, NOW + 3600, 18000),))
FULL = replace(FINE, id="b", name="ben", windows=(Window("5h", 0.95, NOW + 3600, 18000),))
RESTING = replace(FINE, id="c", name="carl", cooldowns=(Cooldown(NOW + 600, "window", "429: used up", "", NOW),))
DEAD = replace(FINE, id="d", name="dora", health="unhealthy", health_because="401 for dora", login="x")


def situation(*tokens: Token, **fields: object) -> Situation:
    news = News(tokens=TokensChanged(list(tokens), []))
    found = Situation(news, NOW, "mitmrouter", Sanitizer())
    return replace(found, **fields)  # type: ignore[arg-type]


def told(found: Situation) -> list[tuple[str, str, str]]:
    return [(advice.level, advice.said, advice.remedy) for advice in advise(found)]


def test_nothing_is_said_while_all_is_well() -> None:
    assert advise(situation()) == []
    assert advise(situation(FINE, replace(DEAD, enabled=False))) == []
    assert advise(Situation(News(), NOW, "mitmrouter", Sanitizer())) == []


@pytest.mark.parametrize(
    ("tokens", "level", "said", "remedy"),
    [
        ((FINE, FULL), "warn", "ben is nearly empty: 5% of its 5h window left, full again in 1h 00m", "then anna pays"),
        ((FULL,), "warn", "ben is nearly empty", "no other token of claude is free then: 2 adds one"),
        ((FINE, RESTING), "warn", "carl rests 10m 00s: 429: used up", "it comes back by itself"),
        ((FINE, DEAD), "bad", "dora is refused: 401 for dora", "log in again: mitmrouter auth login claude"),
        (
            (RESTING, DEAD),
            "bad",
            "No token of claude can pay now; the first is back in 10m 00s",
            "2 adds one, or mends",
        ),
    ],
)
def test_tokens_in_trouble_are_told_of_with_the_remedy(
    tokens: tuple[Token, ...], level: str, said: str, remedy: str
) -> None:
    first = told(situation(*tokens))[0]
    assert first[0] == level
    assert first[1].startswith(said)
    assert first[2].startswith(remedy)


def test_the_worst_comes_first_and_leads_to_where_it_is_mended() -> None:
    found = advise(situation(FINE, FULL, RESTING, DEAD))
    assert [advice.level for advice in found] == ["bad", "warn", "warn"]
    assert [(advice.page, advice.at) for advice in found] == [("Tokens", "dora"), ("Tokens", "ben"), ("Tokens", "carl")]


def test_budgets_are_told_of_when_the_router_warns_or_they_are_used_up() -> None:
    stands = [stand_of(budget("a", 0.5)), stand_of(budget("b", 0.86, scope={"project": "clock"}))]
    stands.append(stand_of(budget("c", 1.02)))
    assert told(situation(budgets=stands)) == [
        ("bad", "The budget c is used up: $5.10 of $5.00 a day", "it begins anew in 4h 50m; 9 raises it, in [spend]"),
        (
            "warn",
            "The budget b (clock) is 86% used: $4.30 of $5.00 a day",
            "it begins anew in 4h 50m; 9 raises it, in [spend]",
        ),
    ]


def test_a_lock_an_open_breaker_and_a_wrong_config_are_told_of() -> None:
    found = situation(config_problems=("config.toml, line 3: wrong", "config.toml, line 4: wrong too"))
    found.news.lock = LockSeen("codex", NOW - 60)
    found.news.tokens = TokensChanged([], [("api.x.com", 5, NOW + 30, "connect timeout"), ("b", 1, NOW - 1, "")])
    assert told(found) == [
        (
            "bad",
            "config.toml, line 3: wrong (and 1 more)",
            "the settings before it hold until then; 9 mends it",
        ),
        ("warn", "All routing is pinned to codex since 19:08:11", "L lets go"),
        (
            "warn",
            "api.x.com is left alone for 30s after 5 failures: connect timeout",
            "it is tried again then; mitmrouter doctor asks it now",
        ),
    ]


def test_names_are_hidden_in_all_of_it() -> None:
    sanitizer = Sanitizer(on=True)
    for token in (FINE, FULL, RESTING, DEAD):
        sanitizer.name(token.name)
    budgets = [stand_of(budget("b", 0.86, scope={"project": "clock"}))]
    said = str(told(situation(FINE, FULL, RESTING, DEAD, sanitizer=sanitizer, budgets=budgets)))
    assert not [name for name in ("anna", "ben", "carl", "dora", "clock") if name in said]


def test_commands_are_those_of_this_home() -> None:
    (advice, *_) = advise(situation(FINE, DEAD, program="mitmrouter --home /x"))
    assert advice.remedy == "log in again: mitmrouter --home /x auth login claude"


def test_the_tightest_window_is_one_that_matters() -> None:
    minute, past = Window("requests", 0.99, NOW + 30, 60), Window("7d", 1.0, NOW - 1, 7 * 86400)
    token = replace(FINE, windows=(minute, past, Window("5h", 0.3, NOW + 60, 18000), Window("x", None, None)))
    found = tightest(token, NOW)
    assert found is not None
    assert (found[0].name, found[1]) == ("5h", 0.3)
    assert tightest(replace(FINE, windows=()), NOW) is None
