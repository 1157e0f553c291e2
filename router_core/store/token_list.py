"""The token listing, straight from the rows: what `token_view` says of each token, for ten thousand in no time.

No Token is made; the rows go through the same shaping as one does (tokens/view.py).
"""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from router_core.quota.view import stored_window_view
from router_core.store.token_rows import nothing_to_collect, select_columns
from router_core.tokens.view import STORED, cooldown_view, stored_view

type Shown = dict[str, Any]
_DECODE = json.JSONDecoder().raw_decode
"""Half the time of `json.loads`, which looks for what may follow."""


def token_views(connection: sqlite3.Connection, now: float) -> list[Shown]:
    """Every token's view, in the order of priority, then name. No secret is decrypted.

    Args:
        now: epoch seconds; cooldowns that are over are left out.
    """
    with nothing_to_collect():
        rests, cooldowns = _cooldowns(connection, now)
        windows = _windows(connection)
        columns = select_columns(connection, (*STORED, "facts"))
        return [
            stored_view(
                id_, name, provider, account_id, expires_at, priority, enabled, origin, health, because, created_at,
                compat, login, credential, weight, max_concurrent, health_kind, can_refresh,
                "" if facts == "{}" else _plan(facts),
                rests.get(id_), cooldowns.get(id_) or [], windows.get(id_) or [], [], None,
            )
            for (
                id_, name, provider, account_id, expires_at, priority, enabled, origin, health, because, created_at,
                compat, login, credential, weight, max_concurrent, health_kind, facts, can_refresh,
            ) in connection.execute(
                f"select {columns}, refresh_secret is not null from tokens order by priority, name"
            )
        ]  # fmt: skip


def _cooldowns(connection: sqlite3.Connection, now: float) -> tuple[Mapping[str, str], Mapping[str, list[Shown]]]:
    """By token id: why the whole token rests, and every rest that is not over."""
    whole: dict[str, str] = {}
    every: dict[str, list[Shown]] = {}
    for id_, model, until, kind, because in connection.execute(
        "select token_id, model, until, kind, because from cooldowns where until / 1000.0 > ?", (now,)
    ):
        if not model:  # at most one: token and model are the key
            whole[id_] = because
        view = cooldown_view(model, until, kind, because)
        if id_ in every:
            every[id_].append(view)
        else:
            every[id_] = [view]
    return whole, every


def _windows(connection: sqlite3.Connection) -> Mapping[str, list[Shown]]:
    """By token id, the shortest first."""
    every: dict[str, list[Shown]] = {}
    for id_, name, used, length_s, reset_at, status, observed_at in connection.execute(
        "select token_id, name, used, length_s, reset_at, status, observed_at from windows"
    ):
        view = stored_window_view(name, used, length_s, reset_at, status, observed_at)
        if id_ in every:
            every[id_].append(view)
        else:
            every[id_] = [view]
    for views in every.values():  # a third of the time that SQLite takes to sort all of them
        if len(views) > 1:
            views.sort(key=_place)
    return every


def _place(window: Shown) -> tuple[int, str]:
    """As `order by length_s, name` has it: no length comes first."""
    length_s: int | None = window["length_s"]
    return -1 if length_s is None else length_s, window["name"]


def _plan(facts: str) -> str:
    plan: str = _DECODE(facts.lstrip())[0].get("plan", "")
    return plan
