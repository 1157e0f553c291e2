"""A listing made straight from the rows says what one made of Tokens says."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.store.token_list import token_views
from router_core.store.token_rows import read_tokens
from router_core.store.tokens import open_tokens
from router_core.tokens.view import token_view
from tests.router_core.store.many_tokens import MIXES, put
from tests.router_core.tokens.make import NOW, rest, token, window


def test_both_ways_give_the_same(home: Home) -> None:
    store = open_tokens(home.ensure(), FixedClock(NOW))
    store.add(token("plain", priority=3))
    store.add(token("full", weight=2.0, max_concurrent=4, account_id="acc", expires_at=NOW + 60, refresh_token="r"))
    store.add(token("off", enabled=False, claude_code_compat=True, access_token="sk-ant-oat01-x"))
    store.add(token("known", facts={"plan": "max"}, login="claude"))
    store.add(token("half-a-character", facts={"plan": "pro \ud83d"}))
    for name in ("resting", "resting for a model", "rested", "unhealthy"):
        store.add(token(name.replace(" ", "-")))
    windows = (window("7d", 0.5, 90, 604_800), window("5h", None, None, 18_000), window("7d_opus", 1.2, -5))
    store.save_state(replace(store.named("full"), windows=windows))
    store.save_state(replace(store.named("resting"), windows=windows, cooldowns=(rest(60),)))
    store.save_state(replace(store.named("resting-for-a-model"), cooldowns=(rest(60, "opus"),)))
    store.save_state(replace(store.named("rested"), cooldowns=(rest(-60),)))
    store.save_state(replace(store.named("unhealthy"), health="unhealthy", health_because="401: revoked"))
    expected = [token_view(each, NOW) for each in store.all()]
    assert store.views(NOW) == expected
    assert [list(view) for view in store.views(NOW)] == [list(view) for view in expected]


@pytest.mark.parametrize("mix", MIXES)
def test_both_ways_give_the_same_of_each_mix_of_tokens(mix: str, home: Home) -> None:
    store = open_tokens(home.ensure(), FixedClock(NOW))
    put(store, mix, 700)
    listed = store.listed()
    for now in (NOW - 1000, NOW, NOW + 5000.0005, listed[0].cooldowns[0].until if listed[0].cooldowns else NOW + 1e6):
        shown, expected = store.views(now), [token_view(each, now) for each in listed]
        assert len(shown) == 700
        assert shown == expected
        assert [[(key, type(value)) for key, value in view.items()] for view in shown] == [
            [(key, type(value)) for key, value in view.items()] for view in expected
        ]


def test_the_mixes_hold_what_is_hard_to_list(home: Home) -> None:
    store = open_tokens(home.ensure(), FixedClock(NOW))
    put(store, "some of each", 700)
    views = store.views(NOW)
    assert {view["status"] for view in views} == {"healthy", "resting", "unhealthy", "disabled"}
    assert {len(view["cooldowns"]) for view in views} == {0, 1, 2}
    assert {len(view["windows"]) for view in views} == {0, 2, 3}
    assert {view["plan"] for view in views} == {"", "max", "pro ü"}
    assert len({view["remedy"] for view in views if view["status"] == "unhealthy"}) > 50


def test_a_database_of_the_first_version_is_listed_as_it_is(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "tokens.db")
    connection.executescript(
        """
        create table tokens (id text primary key, name text, provider text, secret blob, refresh_secret blob,
            account_id text, expires_at integer, priority integer, enabled integer, origin text, health text,
            health_because text, created_at integer, updated_at integer);
        create table cooldowns (token_id, model, until integer, kind, because, since integer);
        create table windows (token_id, name, used real, length_s integer, reset_at integer, status, observed_at);
        insert into tokens values ('i', 'old', 'claude', x'00', x'00', null, 5000, 1, 1, 'user', 'healthy', '', 7, 7);
        """
    )
    shown = token_views(connection, NOW)
    assert shown == [token_view(each, NOW) for each in read_tokens(connection, None)]
    assert (shown[0]["weight"], shown[0]["kind"], shown[0]["can_refresh"]) == (1.0, "", True)
    connection.close()


@pytest.mark.parametrize("lost", [True, False])
def test_a_lost_key_is_told_of_each_token(lost: bool, home: Home) -> None:
    store = open_tokens(home.ensure(), FixedClock(NOW))
    store.add(token("a"))
    store.add(token("b"))
    store.database.conn.close()
    if lost:
        home.key_file.unlink(missing_ok=True)
    seen = {view["name"]: view["status"] for view in open_tokens(home, FixedClock(NOW)).views(NOW)}
    assert seen == dict.fromkeys("ab", "unhealthy" if lost else "healthy")
