"""tokens.db ↔ what is known of quota beside the windows: samples over time, balances, and when usage was asked for.

Samples are bounded: thinned out after a day, forgotten after eight.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from router_core.clock import to_ms
from router_core.quota.report import Balance
from router_core.quota.sample import Sample
from router_core.store.database import transaction
from router_core.tokens.token import Token

KEPT_S = 8 * 86400.0
WHOLE_S = 86400.0
"""Older samples are thinned out …"""
THINNED_MS = 15 * 60 * 1000
"""… to the first of each such span."""


@dataclass(frozen=True, slots=True)
class Poll:
    """When a token's usage endpoint was asked, and when it may be again."""

    polled_at: float
    not_before: float
    """Epoch seconds, both."""
    error: str = ""
    refused: int | None = None
    """Generation of the credential that may not ask at all."""


def samples_of(database: Database, token_id: str, since: float) -> dict[str, list[Sample]]:
    """By window, oldest first."""
    found: dict[str, list[Sample]] = {}
    for window, at, used, reset_at, own in database.execute(
        "select window, observed_at, used, reset_at, own_tokens from samples"
        " where token_id = ? and observed_at >= ? order by window, observed_at",
        [token_id, to_ms(since)],
    ).fetchall():
        found.setdefault(window, []).append(Sample(at / 1000, used, None if reset_at is None else reset_at / 1000, own))
    return found


def last_samples(database: Database) -> dict[tuple[str, str], Sample]:
    """The newest sample of each (token, window)."""
    rows = database.execute(
        "select token_id, window, max(observed_at), used, reset_at, own_tokens from samples group by token_id, window"
    ).fetchall()
    return {
        (token_id, window): Sample(at / 1000, used, None if reset_at is None else reset_at / 1000, own)
        for token_id, window, at, used, reset_at, own in rows
    }


def write_samples(connection: sqlite3.Connection, token_id: str, samples: Iterable[tuple[str, Sample]]) -> None:
    """Add samples of a token; nothing is written for one that was removed meanwhile."""
    connection.executemany(
        "insert or replace into samples (token_id, window, observed_at, used, reset_at, own_tokens)"
        " select ?,?,?,?,?,? where exists (select 1 from tokens where id=?)",
        [
            (
                token_id, window, to_ms(s.observed_at), s.used, None if s.reset_at is None else to_ms(s.reset_at),
                round(s.own_tokens), token_id,
            )
            for window, s in samples
        ],
    )  # fmt: skip


def thin_samples(connection: sqlite3.Connection, now: float) -> None:
    """Forget what is too old, and most of what is a day old."""
    connection.execute("delete from samples where observed_at < ?", (to_ms(now - KEPT_S),))
    connection.execute(
        "delete from samples where observed_at < ? and exists (select 1 from samples as earlier where"
        " earlier.token_id = samples.token_id and earlier.window = samples.window"
        " and earlier.observed_at < samples.observed_at"
        " and earlier.observed_at >= samples.observed_at - samples.observed_at % ?)",
        (to_ms(now - WHOLE_S), THINNED_MS),
    )


def balances(database: Database) -> dict[str, list[Balance]]:
    """By token id, in the order of their names."""
    found: dict[str, list[Balance]] = {}
    for token_id, name, used, total, remaining, unit, status, at in database.execute(
        "select token_id, name, used, total, remaining, unit, status, observed_at from balances order by name"
    ).fetchall():
        found.setdefault(token_id, []).append(Balance(name, used, total, remaining, unit, status, at / 1000))
    return found


def write_balances(connection: sqlite3.Connection, token_id: str, told: Sequence[Balance], *, whole: bool) -> None:
    """Write what was told. Headers tell less than a poll (`whole`): what they leave out of a balance stays.

    Args:
        whole: these are all there are; others are forgotten.
    """
    if whole:
        connection.execute("delete from balances where token_id = ?", (token_id,))
    connection.executemany(
        "insert into balances (token_id, name, used, total, remaining, unit, status, observed_at)"
        " select ?,?,?,?,?,?,?,? where exists (select 1 from tokens where id=?)"
        " on conflict (token_id, name) do update set used=coalesce(excluded.used, used),"
        " total=coalesce(excluded.total, total), remaining=coalesce(excluded.remaining, remaining),"
        " unit=case excluded.unit when '' then unit else excluded.unit end, status=excluded.status,"
        " observed_at=excluded.observed_at",
        [
            (token_id, b.name, b.used, b.total, b.remaining, b.unit, b.status, to_ms(b.observed_at), token_id)
            for b in told
        ],
    )


def learn_facts(connection: sqlite3.Connection, token_id: str, facts: Mapping[str, str]) -> None:
    """Add to what is known of a token's account; a running router notices."""
    connection.execute(
        "update tokens set facts = json_patch(facts, ?) where id = ?", (json.dumps(dict(facts)), token_id)
    )
    connection.execute("update edits set count = count + 1")


def polls(database: Database) -> dict[str, Poll]:
    """By token id."""
    rows = database.execute("select token_id, polled_at, not_before, error, refused from usage_polls").fetchall()
    return {
        token_id: Poll(polled_at / 1000, not_before / 1000, error, refused)
        for token_id, polled_at, not_before, error, refused in rows
    }


def claim_poll(database: Database, token: Token, now: float, every_s: float) -> bool:
    """Take the next question for this process; False when another one has it, or it is too early."""
    with transaction(database) as connection:
        claimed = connection.execute(
            "insert into usage_polls (token_id, polled_at, not_before, error)"
            " select ?, ?, ?, '' where exists (select 1 from tokens where id=?)"
            " on conflict (token_id) do update set polled_at=excluded.polled_at, not_before=excluded.not_before"
            " where not_before <= excluded.polled_at",
            (token.id, to_ms(now), to_ms(now + every_s), token.id),
        )
        return claimed.rowcount > 0


def finish_poll(database: Database, token: Token, not_before: float, error: str, *, never: bool = False) -> None:
    """Note how a question went, and when the next one may be asked."""
    with transaction(database) as connection:
        connection.execute(
            "update usage_polls set not_before=?, error=?, refused=? where token_id=?",
            (to_ms(not_before), error, token.generation if never else None, token.id),
        )
