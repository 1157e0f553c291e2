"""The token listing, straight from the rows: what `token_view` says of each token, for ten thousand in no time.

Most tokens are plain: healthy, resting for nothing, no facts. Their views are put together from their columns; of the
others a Token is made first. Both ways give the same (tests/router_core/store/test_token_list.py).
"""

import sqlite3
from operator import itemgetter
from typing import Any

from router_core.quota.known import poll_view
from router_core.store.token_rows import nothing_to_collect, read_tokens
from router_core.tokens.view import token_view

_OTHERS = (
    "select token_id from cooldowns union"
    " select id from tokens where health <> 'healthy' or facts <> '{}' or credential = ''"
)


def token_views(connection: sqlite3.Connection, now: float) -> list[dict[str, Any]]:
    """Every token's view, in the order of priority, then name. No secret is decrypted.

    Args:
        now: epoch seconds; cooldowns that are over are left out.
    """
    with nothing_to_collect():
        views = [token_view(token, now) for token in read_tokens(connection, None, where=f"id in ({_OTHERS})")]
        views += _plain(connection)
        return sorted(views, key=itemgetter("priority", "name"))


def _plain(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    windows: dict[str, list[dict[str, Any]]] = {}
    for id_, name, used, length_s, reset_at, status, observed_at in connection.execute(
        "select token_id, name, used, length_s, reset_at, status, observed_at from windows"
        f" where token_id not in ({_OTHERS}) order by length_s, name"
    ):
        view = {
            "name": name, "used": used, "length_s": length_s, "reset_at": reset_at, "status": status,
            "observed_at": observed_at, "forecast": None, "outlook": "", "may_end_at": None,
        }  # fmt: skip
        if id_ in windows:
            windows[id_].append(view)
        else:
            windows[id_] = [view]
    poll = poll_view(None)
    return [
        {
            "id": id_, "name": name, "provider": provider, "kind": credential, "priority": priority, "weight": weight,
            "max_concurrent": max_concurrent, "enabled": enabled == 1, "origin": origin,
            "claude_code_compat": compat == 1, "status": "healthy" if enabled else "disabled", "because": "",
            "remedy": "", "account_id": account_id, "expires_at": expires_at, "can_refresh": can_refresh == 1,
            "cooldowns": [], "plan": "", "windows": windows.get(id_, []), "balances": [], "poll": poll,
            "created_at": created_at,
        }
        for (
            id_, name, provider, credential, priority, weight, max_concurrent, enabled, origin, compat, account_id,
            expires_at, can_refresh, created_at,
        ) in connection.execute(
            "select id, name, provider, credential, priority, weight, max_concurrent, enabled, origin,"
            " claude_code_compat, account_id, expires_at, refresh_secret is not null, created_at"
            f" from tokens where id not in ({_OTHERS})"
        )
    ]  # fmt: skip
