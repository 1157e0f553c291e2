"""Every schema there ever was opens and becomes the newest, with what is in it."""

import sqlite3

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.store import migrations
from router_core.store.database import open_database
from router_core.store.tokens import open_tokens, view_tokens
from router_core.store.traces import find, open_traces

FIRST_TOKENS = """
create table tokens (
    id text primary key, name text not null unique, provider text not null, secret blob not null, refresh_secret blob,
    account_id text, expires_at integer, priority integer not null default 100, enabled integer not null default 1,
    origin text not null default 'user', health text not null default 'healthy',
    health_because text not null default '', created_at integer not null, updated_at integer not null
);
create table cooldowns (
    token_id text not null references tokens(id) on delete cascade, model text not null default '',
    until integer not null, kind text not null, because text not null, since integer not null,
    primary key (token_id, model)
);
create table windows (
    token_id text not null references tokens(id) on delete cascade, name text not null, used real, length_s integer,
    reset_at integer, status text not null default '', observed_at integer not null, primary key (token_id, name)
);
create table breakers (
    host text primary key, failures integer not null, open_until integer not null, because text not null
);
create table edits (only_row integer primary key check (only_row = 1), count integer not null);
insert into edits values (1, 7);
"""
"""The schema as m001 made it, written out: whoever edits m001 instead of adding a step is told here."""

FIRST_TRACES = {
    "requests": "id started_at finished_at client user_agent session method path format streamed provider model token "
    "because state status attempts ttft_ms total_ms input_tokens output_tokens cache_read_tokens cache_write_tokens "
    "cache_write_1h_tokens reasoning_tokens stop_reason cost_nano_usd error",
    "attempts": "request_id number provider model token_id token url because started_at finished_at status outcome "
    "action reason first_byte_ms total_ms request_headers response_headers",
    "bodies": "request_id kind size truncated content_type content",
    "usage_daily": "day provider token model session requests failures input_tokens output_tokens cache_read_tokens "
    "cache_write_tokens cache_write_1h_tokens reasoning_tokens cost_nano_usd",
}
_APPLIED = """
create table _sqlite_migrations (id integer primary key, migration_set text, name text, applied_at text);
create unique index idx__sqlite_migrations_migration_set_name on _sqlite_migrations (migration_set, name);
"""


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"pragma table_info({table})")]


def test_a_token_database_of_the_first_schema_opens_with_its_tokens(home: Home) -> None:
    home.key_file.write_bytes(b"k" * 32)
    sealed = b"nonce-of-12-" + AESGCM(b"k" * 32).encrypt(b"nonce-of-12-", b"sk-ant-old", b"t1")
    first = sqlite3.connect(home.tokens_db)
    first.executescript(FIRST_TOKENS + _APPLIED)
    first.execute(
        "insert into _sqlite_migrations (migration_set, name, applied_at) values ('tokens', 'm001_tokens', '')"
    )
    first.execute(
        "insert into tokens (id, name, provider, secret, created_at, updated_at) "
        "values ('t1','old','claude',?,1000,2000)",
        (sealed,),
    )
    first.execute("insert into cooldowns values ('t1', '', 1800000060000, 'rate_limited', 'busy', 1800000000000)")
    first.commit()
    first.close()
    store = open_tokens(home, FixedClock())
    token = store.named("old")
    assert (token.access_token, token.created_at, token.origin) == ("sk-ant-old", 1.0, "user")
    assert token.claude_code_compat is False
    assert [c.until for c in token.cooldowns] == [1_800_000_060.0]
    assert store.edits() == 7
    store.database.close()


def test_the_first_token_schema_has_not_been_edited(home: Home) -> None:
    old, new = sqlite3.connect(":memory:"), open_database(home.tokens_db, migrations.tokens)
    old.executescript(FIRST_TOKENS)
    for (table,) in old.execute("select name from sqlite_master where type = 'table'").fetchall():
        assert _columns(new.conn, table)[: len(_columns(old, table))] == _columns(old, table)
    old.close()
    new.close()


def test_looking_at_the_first_token_schema_neither_changes_it_nor_fails(home: Home) -> None:
    first = sqlite3.connect(home.tokens_db)
    first.executescript(FIRST_TOKENS)
    first.execute(
        "insert into tokens (id, name, provider, secret, created_at, updated_at) values ('t1','old','claude',x'00',1,2)"
    )
    first.commit()
    first.close()
    view = view_tokens(home, FixedClock())
    assert [(token.name, token.claude_code_compat) for token in view.all()] == [("old", False)]
    assert "claude_code_compat" not in _columns(view.database.conn, "tokens")
    view.database.close()


@pytest.mark.parametrize("table", FIRST_TRACES)
def test_the_public_trace_schema_keeps_its_columns(home: Home, table: str) -> None:
    """Anyone may read traces.db: columns are added, never renamed or removed."""
    database = open_traces(home)
    assert set(FIRST_TRACES[table].split()) <= set(_columns(database.conn, table))
    database.close()


def test_opening_again_changes_nothing(home: Home) -> None:
    open_traces(home).close()
    before = home.traces_db.read_bytes()
    database = open_traces(home)
    assert find(database, "last") is None
    database.close()
    assert home.traces_db.read_bytes() == before


def test_looking_needs_no_key_and_shows_no_secret(home: Home) -> None:
    open_tokens(home, FixedClock()).database.close()
    home.key_file.unlink()
    view = view_tokens(home, FixedClock())
    assert view.all() == []
    assert not home.key_file.exists()
    view.database.close()
