"""Tokens on their way from one home to another."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from router_core.clock import FixedClock
from router_core.errors import TokenError
from router_core.home import Home
from router_core.store.carry import CARRIED, Arrived, carried, receive, tokens_in
from router_core.store.sealed_file import SealedFileError
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Token
from tests.router_core.tokens.make import NOW, token

FULL = token(
    "a", access_token="access", refresh_token="refresh", account_id="acc", expires_at=NOW + 5, priority=7,
    enabled=False,
    login="codex", shared="codex-file:/x", extra={"id_token": "id"}, facts={"email": "me@example"}, weight=2.5,
    max_concurrent=3, generation=4, refreshed_at=NOW - 60, refresh_expires_at=NOW + 99, claude_code_compat=True,
)  # fmt: skip


@pytest.fixture
def store(home: Home) -> Iterator[TokenStore]:
    store = open_tokens(home, FixedClock(NOW))
    yield store
    store.database.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[TokenStore]:
    store = open_tokens(Home(tmp_path / "other").ensure(), FixedClock(NOW + 1000))
    yield store
    store.database.close()


def over_the_wire(store: TokenStore) -> list[Token]:
    return tokens_in(json.loads(json.dumps({"tokens": carried(store.all())})))


def move(tokens: list[Token], to: TokenStore, replace_newer: bool = False) -> list[Arrived]:
    return receive(to, tokens, replace_newer=replace_newer, known=lambda name: True)


def test_everything_but_the_state_arrives(store: TokenStore, other: TokenStore) -> None:
    store.add(FULL)
    assert [one.result for one in move(over_the_wire(store), other)] == ["added"]
    for name in CARRIED:
        if name not in ("created_at", "updated_at"):
            assert getattr(other.named("a"), name) == getattr(FULL, name), name


def test_what_is_there_already_is_left(store: TokenStore) -> None:
    store.add(FULL)
    edits = store.edits()
    assert [one.result for one in move(over_the_wire(store), store)] == ["unchanged"]
    assert store.edits() == edits


def test_a_set_that_was_renewed_since_is_not_overwritten_unless_told(store: TokenStore) -> None:
    store.add(FULL)
    exported = over_the_wire(store)
    now = store.named("a")
    assert store.rotate(
        replace(now, access_token="newer", refresh_token="newer-r", refreshed_at=NOW + 10), now.generation
    )
    (one,) = move(exported, store)
    assert (one.result, "newer" in one.because, "--replace" in one.because) == ("kept", True, True)
    assert store.named("a").refresh_token == "newer-r"
    (one,) = move(exported, store, replace_newer=True)
    assert one.result == "replaced"
    found = store.named("a")
    assert (found.access_token, found.refresh_token, dict(found.extra)) == ("access", "refresh", {"id_token": "id"})
    assert found.generation > now.generation


def test_a_newer_set_replaces_an_older_one_and_heals(store: TokenStore, other: TokenStore) -> None:
    store.add(FULL)
    move(over_the_wire(store), other)
    other.save_state(replace(other.named("a"), health="unhealthy", health_because="401"))
    now = store.named("a")
    store.rotate(replace(now, access_token="newer", refresh_token="newer-r", refreshed_at=NOW + 10), now.generation)
    assert [one.result for one in move(over_the_wire(store), other)] == ["replaced"]
    found = other.named("a")
    assert (found.access_token, found.refresh_token, found.health) == ("newer", "newer-r", "healthy")


def test_a_name_of_another_provider_is_left_alone(store: TokenStore, other: TokenStore) -> None:
    store.add(FULL)
    other.add(token("a", id="else", provider="openai", access_token="mine"))
    (one,) = move(over_the_wire(store), other)
    assert (one.result, other.named("a").access_token) == ("kept", "mine")
    assert "rename" in one.because


def test_a_provider_that_is_not_here_is_said(store: TokenStore, other: TokenStore) -> None:
    store.add(FULL)
    (one,) = receive(other, over_the_wire(store), replace_newer=False, known=lambda name: False)
    assert (one.result, "no provider" in one.because) == ("added", True)


def test_demo_tokens_stay_at_home_and_an_unreadable_one_is_named(store: TokenStore) -> None:
    store.add(token("demo-a", origin="demo"))
    assert carried(store.all()) == []
    with pytest.raises(TokenError, match="secret of b cannot be read"):
        carried([token("b", access_token="", health_because="lost key")])


@pytest.mark.parametrize(
    "tokens",
    [
        None, {}, [1], [{}], [{"name": "a", "provider": "p"}], [{"name": "a", "provider": "p", "access_token": 5}],
        [{"name": "a", "provider": "p", "access_token": "x", "facts": {"a": 1}}],
        [{"name": "a", "provider": "p", "access_token": "x", "generation": "1"}],
    ],
    ids=str,
)  # fmt: skip
def test_what_we_did_not_write_is_refused(tokens: Any) -> None:
    with pytest.raises(SealedFileError):
        tokens_in({"tokens": tokens})


def test_what_a_later_version_adds_is_passed_over() -> None:
    (found,) = tokens_in({"tokens": [{"name": "a", "provider": "p", "access_token": "x", "later": 1, "health": "x"}]})
    assert (found.name, found.health) == ("a", "healthy")
