"""tokens.db ↔ what is known of renewals beside the credentials: servers that are left alone, logins that are dead."""

from dataclasses import dataclass

from router_core.clock import to_ms
from router_core.store.database import transaction
from router_core.store.tokens import TokenStore

FIRST_REST_S = 15.0
"""How long an authorization server is left alone after its first failure in a row; doubled with each one …"""
LONGEST_REST_S = 600.0
"""… up to this …"""
LONGEST_OFFLINE_S = 60.0
"""… or to this where no server was reached at all: it is mostly our own network that is away, and comes back."""


@dataclass(frozen=True, slots=True)
class HostRest:
    """An authorization server that has failed."""

    not_before: float
    """Epoch seconds before which it is not asked."""
    failures: int
    """In a row."""
    because: str


def host_rests(store: TokenStore) -> dict[str, HostRest]:
    """Every authorization server that has failed since it last answered."""
    rows = store.database.execute("select host, failures, not_before, because from refresh_hosts").fetchall()
    return {host: HostRest(until / 1000, failures, because) for host, failures, until, because in rows}


def host_failed(
    store: TokenStore,
    host: str,
    now: float,
    because: str,
    not_before: float | None = None,
    longest_s: float = LONGEST_REST_S,
) -> float:
    """Leave a server alone for a while that grows with each failure.

    Args:
        not_before: what the server itself asked for.
        longest_s: no longer than this.

    Returns:
        Epoch seconds until when.
    """
    with transaction(store.database) as connection:
        row = connection.execute("select failures from refresh_hosts where host = ?", (host,)).fetchone()
        failures = 1 + (int(row[0]) if row else 0)
        until: float = max(now + min(FIRST_REST_S * 2 ** min(failures - 1, 16), longest_s), not_before or 0.0)
        connection.execute(
            "insert or replace into refresh_hosts (host, failures, not_before, because) values (?,?,?,?)",
            (host, failures, to_ms(until), because),
        )
    return until


def host_answered(store: TokenStore, host: str) -> None:
    """It works: whatever was held against it is forgotten."""
    if store.database.execute("select 1 from refresh_hosts where host = ?", [host]).fetchone():
        with transaction(store.database) as connection:
            connection.execute("delete from refresh_hosts where host = ?", (host,))


def mark_dead(store: TokenStore, token_id: str, generation: int, because: str) -> None:
    """A login cannot be renewed any more; its secrets stay as they are. Nothing happens to a newer generation."""
    with transaction(store.database) as connection:
        connection.execute("update edits set count = count + 1")
        connection.execute(
            "update tokens set health='unhealthy', health_because=? where id=? and generation=?",
            (because, token_id, generation),
        )


def written_back(store: TokenStore, token_id: str, generation: int) -> None:
    """The other owner of a shared login has the set of this generation, or must not get it."""
    with transaction(store.database) as connection:
        connection.execute("update edits set count = count + 1")
        connection.execute("update tokens set write_back=0 where id=? and generation=?", (token_id, generation))
