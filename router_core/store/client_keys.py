"""tokens.db ↔ ClientKey."""

import secrets
from typing import Any

import orjson
from sqlite_utils import Database

from router_core.clock import Clock, to_ms
from router_core.errors import TokenError
from router_core.home import Home
from router_core.store import migrations
from router_core.store.database import open_database, transaction
from router_core.tokens.client_key import ClientKey, digest_of, is_key_name, new_key

_COLUMNS = "name, digest, created_at, expires_at, revoked_at, allow, deny, limits"


class KeyStore:
    """The keys of a home folder."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock

    def all(self) -> list[ClientKey]:
        """Every key, revoked ones too, by name."""
        rows = self.database.execute(f"select {_COLUMNS} from client_keys order by name").fetchall()
        return [_key_of(row) for row in rows]

    def named(self, name: str) -> ClientKey:
        """Raises TokenError: there is no such key."""
        row = self.database.execute(f"select {_COLUMNS} from client_keys where name = ?", [name]).fetchone()
        if row is None:
            names = ", ".join(key.name for key in self.all()) or "there are none"
            raise TokenError(f"There is no key {name!r}. Known: {names}.")
        return _key_of(row)

    def hash_key(self) -> bytes:
        """What the digests are keyed with; made with the first key."""
        row = self.database.execute("select hash_key from client_key_hashing").fetchone()
        return row[0] if row else b""

    def add(
        self,
        name: str,
        *,
        expires_at: float | None = None,
        allow: tuple[str, ...] = (),
        deny: tuple[str, ...] = (),
        limits: dict[str, dict[str, Any]] | None = None,
    ) -> str:
        """Make a key; returns it, for the only time.

        Raises:
            TokenError: the name cannot be one, or belongs to a key that was not revoked.
        """
        if not is_key_name(name):
            raise TokenError(f"{name!r} cannot name a key: letters, digits, '.', '_' and '-', at most 63.")
        key = new_key()
        with transaction(self.database) as connection:
            row = connection.execute("select revoked_at from client_keys where name = ?", (name,)).fetchone()
            if row is not None and row[0] is None:
                raise TokenError(f"There is a key {name!r} already. Revoke it first, or choose another name.")
            connection.execute("insert or ignore into client_key_hashing values (1, ?)", (secrets.token_bytes(32),))
            (hash_key,) = connection.execute("select hash_key from client_key_hashing").fetchone()
            connection.execute(
                f"insert or replace into client_keys ({_COLUMNS}) values (?,?,?,?,null,?,?,?)",
                (
                    name,
                    digest_of(key, hash_key),
                    to_ms(self._clock.now()),
                    None if expires_at is None else to_ms(expires_at),
                    orjson.dumps(allow).decode(),
                    orjson.dumps(deny).decode(),
                    orjson.dumps(limits or {}).decode(),
                ),
            )
            connection.execute("update edits set count = count + 1")
        return key

    def revoke(self, name: str) -> ClientKey:
        """From now on the key opens nothing.

        Raises:
            TokenError: there is no such key.
        """
        with transaction(self.database) as connection:
            connection.execute(
                "update client_keys set revoked_at = coalesce(revoked_at, ?) where name = ?",
                (to_ms(self._clock.now()), name),
            )
            connection.execute("update edits set count = count + 1")
        return self.named(name)


def open_keys(home: Home, clock: Clock) -> KeyStore:
    """The keys of a home folder; its token database is made if need be."""
    return KeyStore(open_database(home.tokens_db, migrations.tokens), clock)


def _key_of(row: tuple[Any, ...]) -> ClientKey:
    name, digest, created, expires, revoked, allow, deny, limits = row
    return ClientKey(
        name,
        digest,
        created / 1000,
        None if expires is None else expires / 1000,
        None if revoked is None else revoked / 1000,
        tuple(orjson.loads(allow)),
        tuple(orjson.loads(deny)),
        orjson.loads(limits),
    )
