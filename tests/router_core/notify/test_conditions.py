"""What may be the matter: tables of tokens, windows, budgets."""

from dataclasses import replace
from typing import Any

import pytest

from router_core.config.notify import NotifyConfig
from router_core.notify.conditions import (
    budget_conditions,
    loop_conditions,
    provider_conditions,
    quota_conditions,
    token_conditions,
)
from router_core.tokens.token import Token, Window

NOW = 1_800_000_000.0
ON = NotifyConfig()
TOKEN = Token("id1", "work", "claude", "sk-ant-oat01-secret", windows=())


def window(used: float | None = 0.9, length_s: int | None = 18_000, reset_in: float | None = 600.0) -> Window:
    reset_at = None if reset_in is None else NOW + reset_in
    return Window("5h", used, reset_at, length_s, observed_at=NOW)


@pytest.mark.parametrize(
    ("of", "holds"),
    [
        (window(0.8), [True]),
        (window(1.3), [True]),
        (window(0.79), [None]),
        (window(0.71), [None]),
        (window(0.69), [False]),
        (window(0.9, reset_in=-1), [False]),
        (window(0.9, reset_in=None), [True]),
        (window(None), []),
        (window(0.9, length_s=60), []),
        (window(0.9, length_s=None, reset_in=59), []),
        (window(0.9, length_s=None, reset_in=7200), [True]),
    ],
)
def test_window_holds_from_its_threshold_and_lets_go_well_below(of: Window, holds: list[bool | None]) -> None:
    found = list(quota_conditions([replace(TOKEN, windows=(of,))], ON, NOW))
    assert [each.holds for each in found] == holds


def test_window_is_told_with_what_programs_need() -> None:
    (found,) = quota_conditions([replace(TOKEN, windows=(window(),))], ON, NOW)
    assert found.title == "work: 90% of 5h used"
    assert found.text == "The 5h window of work (claude) is used to 90%, anew in 10m."
    assert found.subject["reset_at_ms"] == (NOW + 600) * 1000
    assert "secret" not in repr(found)
    assert not list(quota_conditions([replace(TOKEN, windows=(window(),), enabled=False)], ON, NOW))


@pytest.mark.parametrize(
    ("token", "holds"),
    [
        (TOKEN, False),
        (replace(TOKEN, health="unhealthy", health_because="401: revoked"), True),
        (replace(TOKEN, health="unhealthy", enabled=False), False),
    ],
)
def test_token_that_is_refused_has_died(token: Token, holds: bool) -> None:
    (found,) = token_conditions([token], ON)
    assert found.holds is holds


def test_dead_token_is_told_with_its_remedy() -> None:
    (found,) = token_conditions([replace(TOKEN, health="unhealthy", health_because="revoked\x1b[31m")], ON)
    assert found.text.startswith("claude refuses work: revoked")
    assert found.subject["remedy"] in found.text
    assert found.text.isprintable()


STANDING: dict[str, Any] = {
    "budget": "daily", "period": "day", "begins": "2026-11-29", "resets_at": NOW + 7200, "share": 0.85,
    "nearest": "nano_usd", "scope": {"project": "/p"},
}  # fmt: skip


@pytest.mark.parametrize(("share", "holds"), [(0.85, True), (0.75, None), (0.6, False)])
def test_budget_holds_from_its_threshold(share: float, holds: bool | None) -> None:
    (found,) = budget_conditions([{**STANDING, "share": share}], ON, NOW)
    assert found.holds is holds


def test_budgets_of_other_scopes_and_periods_are_told_apart() -> None:
    others = [STANDING, {**STANDING, "scope": {"project": "/q"}}, {**STANDING, "begins": "2026-11-30"}]
    found = list(budget_conditions(others, ON, NOW))
    assert len({each.key for each in found}) == 3
    assert found[0].title == "Budget daily (project /p): 85% of a day used"


def test_runaway_sessions_and_broken_providers_are_told_as_they_are() -> None:
    (loop,) = loop_conditions([("s1\0thread", "the same call 10 times")], ON)
    assert (loop.text, loop.holds) == ("Session s1: the same call 10 times.", True)
    (down,) = provider_conditions([("api.example.com:443", "502 again")], ON)
    assert down.title == "api.example.com:443 is down"


@pytest.mark.parametrize("name", ["quota", "budget", "token_died", "loop", "provider_down"])
def test_each_can_be_switched_off(name: str) -> None:
    config = NotifyConfig.model_validate({name: False})
    found = [
        *quota_conditions([replace(TOKEN, windows=(window(),))], config, NOW), *token_conditions([TOKEN], config),
        *budget_conditions([STANDING], config, NOW), *loop_conditions([("s", "x")], config),
        *provider_conditions([("h", "x")], config),
    ]  # fmt: skip
    assert {each.kind for each in found} == {"quota", "budget", "token_died", "loop", "provider_down"} - {name}


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"webhook": "http://hooks.example.com/x"}, "plain http"),
        ({"webhook": "ftp://a"}, "must be a URL"),
        ({"command": "rm -rf /"}, "must be a list"),
        ({"quota_at": 80}, "less than or equal to 1"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        NotifyConfig.model_validate(settings)


def test_webhook_is_a_secret() -> None:
    config = NotifyConfig.model_validate({"webhook": "https://hooks.example.com/T0/B0/verysecret"})
    assert "verysecret" not in repr(config)
