"""When a usage endpoint is asked, and how long it is left alone."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from router_core.clock import FixedClock
from router_core.config.schema import Config
from router_core.home import Home
from router_core.oauth.http import HttpAnswer, HttpCall, NotReached
from router_core.quota.poll import Polled, poll_usage
from router_core.quota.polling import may_poll, next_poll
from router_core.quota.report import UsageRefused
from router_core.store.quota import Poll, polls
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Token

NOW = 1_800_000_000.0
CLAUDE = Token("id", "work", "claude", "sk-ant-oat01-work")


@pytest.mark.parametrize(
    ("changes", "poll", "told_at", "forced", "because"),
    [
        ({}, None, 0.0, False, ""),
        ({}, None, NOW - 400, False, ""),
        ({}, None, NOW - 60, False, "told 1m ago by an answer"),
        ({}, None, NOW - 60, True, ""),
        ({}, Poll(NOW - 60, NOW + 240), 0.0, True, "asked 1m ago, again in 4m"),
        ({}, Poll(NOW - 60, NOW + 240, "429"), 0.0, True, "asked 1m ago, again in 4m: 429"),
        ({}, Poll(NOW - 301, NOW - 1, "429"), 0.0, False, ""),
        ({}, Poll(NOW - 9e5, NOW - 8e5, "403", 0), 0.0, True, "403: what is shown comes from the headers of answers"),
        ({"generation": 1}, Poll(NOW - 9e5, NOW - 8e5, "403", 0), 0.0, True, ""),
        ({"enabled": False}, None, 0.0, True, "the token is disabled"),
        ({"access_token": ""}, None, 0.0, True, "the token holds no credential"),
    ],
    ids=[
        "never", "stale", "fresh", "fresh, forced", "too early", "too early after 429", "due again", "may not ask",
        "may not ask with an older credential", "disabled", "no secret",
    ],
)  # fmt: skip
def test_it_is_asked_when_somebody_wants_to_know_and_the_last_word_is_old(
    changes: dict[str, Any], poll: Poll | None, told_at: float, forced: bool, because: str
) -> None:
    from dataclasses import replace

    said = may_poll(replace(CLAUDE, **changes), poll, NOW, told_at=told_at, forced=forced)
    assert (said.now, said.because) == (because == "", because)


def test_after_429s_it_is_left_alone_longer_and_longer_up_to_an_hour() -> None:
    limited = UsageRefused("429", limited=True, not_before=NOW)  # retry-after: 0
    waits, before = [], Poll(NOW - 300, NOW)
    for _ in range(6):
        until = next_poll(limited, before, NOW, 300)
        waits.append(until - NOW)
        before = Poll(NOW, until, "429")
    assert waits == [300, 600, 1200, 2400, 3600, 3600]
    assert next_poll(None, before, NOW, 300) == NOW + 300


def test_a_time_that_the_endpoint_names_is_kept() -> None:
    assert next_poll(UsageRefused("429", limited=True, not_before=NOW + 7200), None, NOW, 300) == NOW + 7200
    assert next_poll(UsageRefused("500"), None, NOW, 60) == NOW + 60


class Asked:
    """Stands for the network."""

    def __init__(self, *answers: HttpAnswer | Exception) -> None:
        self.calls: list[HttpCall] = []
        self._answers = list(answers)

    def __call__(self, call: HttpCall) -> HttpAnswer:
        self.calls.append(call)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def usage(percent: float) -> HttpAnswer:
    return HttpAnswer(200, {}, orjson.dumps({"five_hour": {"utilization": percent, "resets_at": None}}))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def store(tmp_path: Path, clock: FixedClock) -> TokenStore:
    return open_tokens(Home(tmp_path / "home").ensure(), clock)


@pytest.fixture
def token(store: TokenStore) -> Token:
    return store.add(Token("", "work", "claude", "sk-ant-oat01-work"))


def poll(store: TokenStore, token: Token, clock: FixedClock, asked: Asked, *, forced: bool = True) -> Polled:
    return poll_usage(token, Config(), store.database, clock, told_at=0.0, forced=forced, ask=asked)


def test_two_processes_do_not_ask_twice(tmp_path: Path, store: TokenStore, token: Token, clock: FixedClock) -> None:
    other = open_tokens(Home(tmp_path / "home"), clock)
    asked = Asked(usage(10), usage(20))
    assert poll(store, token, clock, asked).report is not None
    assert "asked 0s ago" in poll(other, token, clock, asked).because
    clock.advance(301)
    assert poll(other, token, clock, asked).report is not None
    assert len(asked.calls) == 2


def test_a_token_that_may_not_ask_is_not_asked_for_again(store: TokenStore, token: Token, clock: FixedClock) -> None:
    asked = Asked(HttpAnswer(403, {}, b"{}"))
    assert "403" in poll(store, token, clock, asked).because
    clock.advance(86400)
    assert "headers" in poll(store, token, clock, asked).because
    assert len(asked.calls) == 1


def test_a_server_that_is_not_reached_is_noted(store: TokenStore, token: Token, clock: FixedClock) -> None:
    asked = Asked(NotReached("api.anthropic.com was not reached.", maybe_done=False))
    assert poll(store, token, clock, asked).because == "api.anthropic.com was not reached."
    assert polls(store.database)[token.id] == Poll(NOW, NOW + 300, "api.anthropic.com was not reached.")


def test_the_secret_is_in_no_message(store: TokenStore, token: Token, clock: FixedClock) -> None:
    asked = Asked(HttpAnswer(500, {}, b"{}"))
    said = poll(store, token, clock, asked)
    assert token.access_token not in said.because + repr(said) + repr(polls(store.database))


@pytest.mark.parametrize(
    ("provider", "because"),
    [("openai", "has no usage endpoint"), ("gone", "the provider 'gone' is not configured")],
)
def test_nobody_is_asked_where_nobody_tells(store: TokenStore, clock: FixedClock, provider: str, because: str) -> None:
    other = store.add(Token("", "other", provider, "sk-other"))
    assert because in poll(store, other, clock, Asked()).because
