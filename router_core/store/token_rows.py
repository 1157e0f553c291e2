"""Rows of tokens.db → Token. Ten thousand are read in a tenth of a second: columns by their place, one query per table.

A database of an older version is read as it is: columns that it does not have yet have their defaults.
"""

import contextlib
import gc
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from router_core.tokens.token import NOTHING, Cooldown, Token, Window, credential_kind

type Opened = tuple[str, str | None, Mapping[str, str], str]
"""(access token, refresh token, further secrets, why they cannot be read)"""
type Open = Callable[[str, bytes | None, bytes | None, bytes | None], Opened]
"""(token id, and the sealed three) → the secrets"""

SEALED = "id, secret, refresh_secret, extra_secret"
"""What `Open` takes, as columns."""
_SINCE_THE_FIRST = (
    "id", "name", "provider", "account_id", "expires_at", "priority", "enabled", "origin", "health", "health_because",
    "created_at", "updated_at",
)  # fmt: skip
_LATER = {
    "claude_code_compat": "0", "login": "''", "shared": "''", "facts": "'{}'", "credential": "''", "weight": "1.0",
    "max_concurrent": "null", "generation": "0", "refreshed_at": "null", "refresh_expires_at": "null",
    "write_back": "0", "health_kind": "''", "extra_secret": "null",
}  # fmt: skip
"""Columns that older databases lack, and what then stands for them."""


def read_tokens(
    connection: sqlite3.Connection, open_secrets: Open | None, token_id: str = "", *, where: str = ""
) -> list[Token]:
    """Every token with its state, in the order of priority, then name; or only the one with this id.

    Args:
        open_secrets: None: the secrets stay closed, `access_token` is empty.
        where: only those, as a condition on `tokens`.
    """
    with nothing_to_collect():
        return _read(connection, open_secrets, token_id, where)


@contextlib.contextmanager
def nothing_to_collect() -> Iterator[None]:
    """All that is made meanwhile stays: looking for garbage in it would take a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def closed(refresh: bytes | None) -> Opened:
    """Nothing decrypted; that there is a refresh token is told by an empty one."""
    return "", None if refresh is None else "", NOTHING, ""


def _read(connection: sqlite3.Connection, open_secrets: Open | None, token_id: str, where: str) -> list[Token]:
    only, one = (" where token_id = ?", (token_id,)) if token_id else ("", ())
    if where:
        only = f" where token_id in (select id from tokens where {where})"
    condition = "id = ?" if token_id else where
    cooldowns: dict[str, list[Cooldown]] = {}
    query = f"select token_id, model, until, kind, because, since from cooldowns{only if token_id else ''}"
    for id_, model, until, kind, because, since in connection.execute(query, one):
        cooldowns.setdefault(id_, []).append(Cooldown(until / 1000, kind, because, model, since / 1000))
    windows: dict[str, list[Window]] = {}
    query = f"select token_id, name, used, length_s, reset_at, status, observed_at from windows{only}"
    for id_, name, used, length_s, reset, status, observed in connection.execute(
        f"{query} order by length_s, name", one
    ):
        window = Window(name, used, None if reset is None else reset / 1000, length_s, status, observed / 1000)
        windows.setdefault(id_, []).append(window)
    tokens = []
    for row in connection.execute(_query(connection, condition, secrets=open_secrets is not None), one):
        tokens.append(_token(row, open_secrets, cooldowns, windows))
    return tokens


def select_columns(connection: sqlite3.Connection, names: Iterable[str]) -> str:
    """These columns of `tokens`, for a select; the default of one that the database does not have yet."""
    have = {row[1] for row in connection.execute("pragma table_info(tokens)")}
    return ", ".join(name if name in have else f"{_LATER[name]} as {name}" for name in names)


def _query(connection: sqlite3.Connection, condition: str, *, secrets: bool) -> str:
    sealed = "secret, refresh_secret" if secrets else "null, refresh_secret is not null"
    where = f" where {condition}" if condition else ""
    columns = select_columns(connection, (*_SINCE_THE_FIRST, *_LATER))
    return f"select {columns}, {sealed} from tokens{where} order by priority, name"


def _token(
    row: tuple[Any, ...],
    open_secrets: Open | None,
    cooldowns: Mapping[str, list[Cooldown]],
    windows: Mapping[str, list[Window]],
) -> Token:
    (
        id_, name, provider, account_id, expires_at, priority, enabled, origin, health, because, created_at, updated_at,
        compat, login, shared, facts, credential, weight, max_concurrent, generation, refreshed_at, refresh_expires_at,
        write_back, health_kind, extra_secret, secret, refresh_secret,
    ) = row  # fmt: skip
    access_token, refresh_token, extra, unreadable = "", "" if refresh_secret else None, NOTHING, ""
    if open_secrets is not None:
        access_token, refresh_token, extra, unreadable = open_secrets(id_, secret, refresh_secret, extra_secret)
    return Token(
        id_,
        name,
        provider,
        access_token,
        refresh_token,
        account_id,
        None if expires_at is None else expires_at / 1000,
        priority,
        enabled == 1,
        origin,
        compat == 1,
        login,
        shared,
        extra,
        NOTHING if facts == "{}" else json.loads(facts),
        credential=credential or credential_kind(access_token),
        weight=weight,
        max_concurrent=max_concurrent,
        generation=generation,
        refreshed_at=None if refreshed_at is None else refreshed_at / 1000,
        refresh_expires_at=None if refresh_expires_at is None else refresh_expires_at / 1000,
        write_back=write_back == 1,
        health="unhealthy" if unreadable else health,
        health_because=unreadable or because,
        health_kind="unreadable" if unreadable else health_kind,
        cooldowns=tuple(cooldowns.get(id_, ())),
        windows=tuple(windows.get(id_, ())),
        created_at=created_at / 1000,
        updated_at=updated_at / 1000,
    )
