"""Outlooks as the listings get them: with what the provider's other tokens take over, where its strategy spares."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.quota.known import KnownQuota
from router_core.quota.sample import Sample
from router_core.store.database import transaction
from router_core.store.quota import write_samples
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Token, Window
from tests.router_core.quota.test_sparing import NOW, used

TAKES_OVER = "it lasts until its reset at this rate; from 95% on other tokens take over while they have room"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TokenStore]:
    store = open_tokens(Home(tmp_path / "home").ensure(), FixedClock(NOW))
    for name, level in {"full": 0.9, "fresh": 0.1}.items():
        add(store, name, used(level))
    yield store
    store.database.close()


def add(store: TokenStore, name: str, samples: list[Sample]) -> None:
    store.add(Token(name, name, "claude", f"sk-ant-oat01-{name}"))
    with transaction(store.database) as connection:
        write_samples(connection, name, [("7d", sample) for sample in samples])


def tokens(store: TokenStore) -> list[Token]:
    """With the windows as they were last reported."""
    return [
        replace(token, windows=(Window("7d", 0.5, NOW, 7 * 86400, observed_at=NOW),)) for token in store.all()
    ]  # fmt: skip


def test_a_token_is_spared_where_the_strategy_holds_it_back(store: TokenStore) -> None:
    known = KnownQuota(store.database).of(tokens(store), NOW, {"claude"})
    assert known["full"].outlooks["7d"].because == TAKES_OVER
    assert known["fresh"].outlooks["7d"].forecast is None


def test_it_is_used_up_where_the_strategy_does_not(store: TokenStore) -> None:
    known = KnownQuota(store.database).of(tokens(store), NOW)
    assert known["full"].outlooks["7d"].forecast is not None


def test_a_token_that_is_disabled_takes_nothing_over(store: TokenStore) -> None:
    alone = [replace(token, enabled=token.name != "fresh") for token in tokens(store)]
    known = KnownQuota(store.database).of(alone, NOW, {"claude"})
    assert known["full"].outlooks["7d"].forecast is not None
    assert "7d" in known["fresh"].outlooks


def test_within_the_minute_nothing_is_worked_out_again(store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    quota = KnownQuota(store.database)
    first = quota.of(tokens(store), NOW, {"claude"})
    monkeypatch.setattr("router_core.quota.sparing.reserves", None)
    again = quota.of(tokens(store), NOW + 30, {"claude"})
    assert again["full"].outlooks["7d"] is first["full"].outlooks["7d"]
