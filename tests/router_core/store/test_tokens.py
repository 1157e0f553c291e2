"""tokens.db ↔ Token."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from router_core.clock import FixedClock
from router_core.errors import TokenError
from router_core.home import Home
from router_core.store.database import transaction
from router_core.store.tokens import TokenStore, open_tokens, view_tokens, write_breaker, write_health, write_windows
from router_core.tokens.view import token_view
from tests.router_core.tokens.make import NOW, rest, token, window

CANARY = "sk-ant-oat01-CANARY-0123456789"


@pytest.fixture
def store(home: Home) -> Iterator[TokenStore]:
    store = open_tokens(home, FixedClock(NOW))
    yield store
    store.database.close()


def test_everything_a_token_is_comes_back(store: TokenStore) -> None:
    full = token(
        access_token=CANARY, refresh_token="refresh", account_id="acc", expires_at=NOW + 5.5, priority=7, enabled=False,
        origin="demo",
    )  # fmt: skip
    stored = store.add(full)
    assert stored == replace(full, credential="claude-oauth", created_at=NOW, updated_at=NOW)
    assert store.named("a") == stored
    assert store.named(stored.id) == stored


def test_health_cooldowns_and_windows_come_back(store: TokenStore) -> None:
    one = replace(
        store.add(token()), health="unhealthy", health_because="401",
        cooldowns=(rest(60), rest(3600.25, "opus")), windows=(window("5h", 0.5, None, 18000), window("7d", None)),
    )  # fmt: skip
    store.save_state(one)
    found = store.named("a")
    assert set(found.cooldowns) == set(one.cooldowns)
    assert set(found.windows) == set(one.windows)
    assert (found.health, found.health_because) == ("unhealthy", "401")


def test_order_is_priority_then_name(store: TokenStore) -> None:
    for name, priority in (("c", 1), ("b", 2), ("a", 2)):
        store.add(token(name, priority=priority))
    assert [t.name for t in store.all()] == ["c", "a", "b"]


def test_an_id_is_given_where_there_is_none(store: TokenStore) -> None:
    ids = {store.add(token(name, id="")).id for name in "abc"}
    assert len(ids) == 3
    assert all(ids)


def test_a_name_taken_is_said_and_changes_nothing(store: TokenStore) -> None:
    store.add(token("a"))
    store.add(token("b"))
    with pytest.raises(TokenError, match="already a token named 'a'"):
        store.add(token("a", id="other"))
    with pytest.raises(TokenError, match="already a token named 'a'"):
        store.save(replace(store.named("b"), name="a"))
    assert [t.name for t in store.all()] == ["a", "b"]
    assert store.edits() == 2


def test_an_unknown_name_lists_the_known_ones(store: TokenStore) -> None:
    with pytest.raises(TokenError, match="Registered: none yet"):
        store.named("x")
    store.add(token("a"))
    with pytest.raises(TokenError, match="Registered: a"):
        store.named("x")


def test_saving_keeps_state_and_a_secret_can_be_changed(store: TokenStore) -> None:
    one = store.add(token())
    store.save_state(replace(one, cooldowns=(rest(60),)))
    store.save(replace(one, name="new", access_token="changed", refresh_token=None, priority=3))
    found = store.named("new")
    assert (found.access_token, found.refresh_token, found.priority) == ("changed", None, 3)
    assert found.cooldowns == (rest(60),)


def test_healing_ends_everything(store: TokenStore) -> None:
    one = store.add(token())
    store.save_state(replace(one, health="unhealthy", health_because="401", cooldowns=(rest(60), rest(9, "opus"))))
    store.heal(one.id)
    found = store.named("a")
    assert (found.health, found.health_because, found.cooldowns) == ("healthy", "", ())


def test_removing_takes_state_along_and_late_writes_leave_nothing(store: TokenStore) -> None:
    one = replace(store.add(token()), cooldowns=(rest(60),), windows=(window("5h", 1),))
    store.save_state(one)
    store.remove(one.id)
    with transaction(store.database) as connection:
        write_health(connection, one)
        write_windows(connection, one.id, one.windows)
    counts = "select (select count(*) from tokens), (select count(*) from cooldowns), (select count(*) from windows)"
    assert store.database.execute(counts).fetchone() == (0, 0, 0)


def test_each_edit_is_counted_for_running_routers(store: TokenStore, home: Home) -> None:
    other = open_tokens(home, FixedClock(NOW))
    edits, version = other.edits(), other.data_version()
    one = store.add(token())
    store.save(one)
    store.heal(one.id)
    store.remove(one.id)
    assert other.edits() == edits + 4
    assert other.data_version() != version
    other.database.close()


def test_no_secret_can_be_read_in_any_file_of_the_home(store: TokenStore, home: Home) -> None:
    store.add(token(access_token=CANARY, refresh_token="REFRESH-" + CANARY))
    store.save(replace(store.named("a"), access_token=CANARY + "2"))
    for file in home.path.rglob("*"):
        if file.is_file():
            assert b"CANARY" not in file.read_bytes(), file


def test_a_lost_key_makes_its_tokens_unhealthy_says_the_remedy_and_loses_nothing(store: TokenStore, home: Home) -> None:
    store.add(token(access_token=CANARY))
    key = home.key_file.read_bytes()
    home.key_file.unlink()
    other = open_tokens(home, FixedClock(NOW))
    unreadable = other.named("a")
    assert (unreadable.health, unreadable.access_token) == ("unhealthy", "")
    assert "Put the key back" in unreadable.health_because
    other.save(replace(unreadable, priority=7))
    other.database.close()
    home.key_file.write_bytes(key)
    again = open_tokens(home, FixedClock(NOW))
    assert (again.named("a").access_token, again.named("a").priority, again.named("a").health) == (CANARY, 7, "healthy")
    again.database.close()


def test_a_secret_moved_to_another_row_does_not_open(store: TokenStore) -> None:
    store.add(token("a"))
    store.add(token("b"))
    store.database.execute("update tokens set secret = (select secret from tokens where name = 'a') where name = 'b'")
    assert [(found.name, found.access_token != "") for found in store.all()] == [("a", True), ("b", False)]


def test_looking_only_shows_state_but_neither_opens_nor_writes(store: TokenStore, home: Home) -> None:
    one = store.add(token(access_token=CANARY, refresh_token="r"))
    view = view_tokens(home, FixedClock(NOW))
    seen = view.named("a")
    assert (seen.name, seen.access_token, seen.refresh_token, seen.credential) == ("a", "", "", "claude-oauth")
    with pytest.raises(TokenError, match="looking at only"):
        view.save(one)
    view.database.close()
    assert store.named("a").access_token == CANARY


def test_a_listing_knows_everything_but_the_secrets(store: TokenStore) -> None:
    store.add(token(access_token=CANARY, refresh_token="r"))
    store.add(token("b", access_token="sk-proj-1"))
    store.save_state(replace(store.named("a"), windows=(window("5h", 0.5, 60, 18000),), cooldowns=(rest(60),)))
    listed = store.listed()
    assert [(each.access_token, each.refresh_token) for each in listed] == [("", ""), ("", None)]
    assert [token_view(each, NOW) for each in listed] == [token_view(each, NOW) for each in store.all()]


def test_a_credential_stored_by_an_older_version_is_named_at_the_next_start(store: TokenStore, home: Home) -> None:
    store.add(token(access_token=CANARY))
    with transaction(store.database) as connection:
        connection.execute("update tokens set credential = ''")
    assert [each.credential for each in store.listed()] == [""]
    assert [each.credential for each in open_tokens(home, FixedClock(NOW)).listed()] == ["claude-oauth"]


def test_breakers_are_remembered_and_forgotten(store: TokenStore) -> None:
    with transaction(store.database) as connection:
        write_breaker(connection, "a.example", 3, NOW, "502")
        write_breaker(connection, "b.example", 1, 0.0, "reset")
        write_breaker(connection, "a.example", 4, NOW + 1, "503")
        write_breaker(connection, "b.example", 0, 0.0, "")
    assert store.breakers() == [("a.example", 4, NOW + 1, "503")]


@pytest.mark.parametrize("name", ["'; drop table tokens; --", "a%", "a_", "ünï", '"quoted"'])
def test_names_are_only_ever_values(store: TokenStore, name: str) -> None:
    store.add(token(name))
    assert store.named(name).name == name
    store.remove(store.named(name).id)
    assert store.all() == []
