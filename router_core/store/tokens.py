"""tokens.db ↔ Token: what is registered, how each token is doing, and the provider hosts that are down."""

import contextlib
import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlite_utils import Database

from router_core.clock import Clock, to_ms
from router_core.errors import HomeError, TokenError
from router_core.home import Home
from router_core.store import migrations
from router_core.store.database import durable, open_database, open_read_only, transaction
from router_core.store.key_source import KeySource
from router_core.store.learning import Learn
from router_core.store.secret_box import SecretBox
from router_core.store.token_rows import SEALED, Opened, closed, read_tokens
from router_core.tokens.token import Token, Window, credential_kind

NOT_RENEWED = "not_renewed"
"""Kind of the rest of a token whose credential has run out and could not be renewed yet; a new set ends it."""


def open_tokens(home: Home, clock: Clock, learn: Learn | None = None) -> "TokenStore":
    """The token store of a home folder, made if need be.

    Args:
        learn: told every secret that is read or written, before anything else is.
    """
    keys = KeySource(home)
    box = SecretBox(keys, learn)
    store = TokenStore(open_database(home.tokens_db, migrations.tokens), box, clock, keys)
    store.name_credentials()
    return store


def view_tokens(home: Home, clock: Clock) -> "TokenStore":
    """The same tokens for looking at only: nothing is written, and no secret is decrypted (`access_token` is empty)."""
    return TokenStore(open_read_only(home.tokens_db), None, clock)


class TokenStore:
    """Reads and writes tokens; each call is one transaction."""

    def __init__(self, database: Database, box: SecretBox | None, clock: Clock, keys: KeySource | None = None) -> None:
        self.database = database
        self._box = box
        self._clock = clock
        self.key_news = keys.news if keys else ""
        """Where the key was put, when it was made just now: to be said aloud."""

    def all(self) -> list[Token]:
        """Every token with its state, in the order of priority, then name."""
        return read_tokens(self.database.conn, self._opened)

    def listed(self) -> list[Token]:
        """The same for listings: no secret is decrypted (`access_token` is empty), unless the key turns out to be the
        wrong one, so that this is said of each."""
        return read_tokens(self.database.conn, self._opened if self._key_is_wrong() else None)

    def _key_is_wrong(self) -> bool:
        first = self.database.execute(f"select {SEALED} from tokens where length(secret) > 0 limit 1").fetchone()
        return first is not None and bool(self._opened(*first)[3])

    def views(self, now: float) -> list[dict[str, Any]]:
        """The listing, as `token_view` shows each; see `listed`."""
        from router_core.store.token_list import token_views  # here: it needs what stands on this file

        if self._key_is_wrong():
            from router_core.tokens.view import token_view

            return [token_view(token, now) for token in self.all()]
        return token_views(self.database.conn, now)

    def named(self, name: str) -> Token:
        """The token with this name (or id).

        Raises:
            TokenError: there is none.
        """
        for token in self.all():
            if name in (token.name, token.id):
                return token
        known = ", ".join(token.name for token in self.all()) or "none yet"
        raise TokenError(f"There is no token named {name!r}. Registered: {known}.")

    def get(self, token_id: str) -> Token | None:
        """One token by its id, read by its key; None when it was removed."""
        return next(iter(read_tokens(self.database.conn, self._opened, token_id)), None)

    def add(self, token: Token) -> Token:
        """Store a new token; `id` and times are given here.

        Raises:
            TokenError: the name is taken.
        """
        now = self._clock.now()
        sort = credential_kind(token.access_token)
        token = replace(token, id=token.id or uuid.uuid4().hex[:12], credential=sort, created_at=now, updated_at=now)
        try:
            with self._edit() as connection:
                secret = self._sealed(token.access_token, token.id, "secret") or b""  # "": not fetched yet
                connection.execute(
                    "insert into tokens (id, name, provider, secret, refresh_secret, extra_secret, credential,"
                    " account_id, expires_at, priority, enabled, origin, claude_code_compat, login, shared, facts,"
                    " weight, max_concurrent, generation, refreshed_at, refresh_expires_at, created_at, updated_at)"
                    " values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                    (
                        token.id, token.name, token.provider, secret,
                        self._sealed(token.refresh_token, token.id, "refresh_secret"), self._sealed_extra(token),
                        sort, token.account_id,
                        _ms(token.expires_at), token.priority, token.enabled, token.origin, token.claude_code_compat,
                        token.login, token.shared, json.dumps(dict(token.facts)), token.weight, token.max_concurrent,
                        token.generation, _ms(token.refreshed_at), _ms(token.refresh_expires_at),
                        to_ms(now), to_ms(now),
                    ),
                )  # fmt: skip
        except sqlite3.IntegrityError as error:
            raise TokenError(f"There is already a token named {token.name!r}. Choose another name.") from error
        return token

    def save(self, token: Token, *, new_credential: bool = False) -> None:
        """Write what a person can edit: name, secrets, account, priority, weight, enabled, compatibility mode …

        A token whose secret could not be read keeps the stored one: its key may come back. A changed credential is a
        new generation. What a renewal has stored since the token was read stays: the copy in hand is the used-up one.

        Args:
            new_credential: the owner gives another credential, which replaces whatever is stored.
        """
        try:
            with self._edit() as connection:
                connection.execute(
                    "update tokens set name=?, provider=?, priority=?, enabled=?, claude_code_compat=?, login=?,"
                    " shared=?, weight=?, max_concurrent=?, updated_at=? where id=?",
                    (
                        token.name, token.provider, token.priority, token.enabled, token.claude_code_compat,
                        token.login, token.shared, token.weight, token.max_concurrent, to_ms(self._clock.now()),
                        token.id,
                    ),
                )  # fmt: skip
                stored = self.get(token.id)
                if stored is None or not (new_credential or stored.generation == token.generation):
                    return
                connection.execute(
                    "update tokens set account_id=?, expires_at=?, facts=? where id=?",
                    (token.account_id, _ms(token.expires_at), json.dumps(dict(token.facts)), token.id),
                )
                if token.access_token and (new_credential or _secrets(stored) != _secrets(token)):
                    self._write_secrets(connection, token)
        except sqlite3.IntegrityError as error:
            raise TokenError(f"There is already a token named {token.name!r}. Choose another name.") from error

    def rotate(self, token: Token, generation: int) -> bool:
        """Replace a token's credential set, if it still is the one that the new set was made from.

        Args:
            token: as it shall be: secrets, expiry, account, facts, `refreshed_at`, `write_back`, `shared`.
            generation: of the set that the new one was made from.

        Returns:
            False when another process has stored a set meanwhile; nothing is changed then. True: it is on the disk, and
            what was wrong with the old set is no longer held against the token.
        """
        with durable(self.database), self._edit() as connection:
            stored = connection.execute("select generation from tokens where id=?", (token.id,)).fetchone()
            if stored is None or stored[0] != generation:
                return False
            self._write_secrets(connection, token)
            connection.execute(
                "update tokens set account_id=?, expires_at=?, facts=?, refreshed_at=?, refresh_expires_at=?,"
" write_back=?, shared=?, updated_at=?, health='healthy', health_because='' where id=?",
                (
                    token.account_id, _ms(token.expires_at), json.dumps(dict(token.facts)), _ms(token.refreshed_at),
                    _ms(token.refresh_expires_at), token.write_back, token.shared, to_ms(self._clock.now()),
                    token.id,
                ),
            )  # fmt: skip
            connection.execute("delete from cooldowns where token_id=? and kind=?", (token.id, NOT_RENEWED))
        return True

    def write_journal(self, token_id: str, generation: int, text: str) -> None:
        """Keep the answer to a renewal, encrypted, until the set in it is stored; on the disk when this returns.

        Args:
            generation: of the set that it replaces.
        """
        with durable(self.database), self._edit() as connection:
            connection.execute(
                "insert or replace into journal (token_id, generation, sealed, at) values (?,?,?,?)",
                (token_id, generation, self._sealed(text, token_id, "sealed"), to_ms(self._clock.now())),
            )

    def journal(self, token_id: str) -> str | None:
        """What a renewal that did not get to its end has left; None: nothing.

        Raises:
            HomeError: there is something, but no key that opens it.
        """
        row = self.database.execute("select sealed from journal where token_id = ?", [token_id]).fetchone()
        return self._box.open(row[0], token_id, "sealed") if row and self._box else None

    def clear_journal(self, token_id: str) -> None:
        with transaction(self.database) as connection:
            connection.execute("delete from journal where token_id = ?", (token_id,))

    def _write_secrets(self, connection: sqlite3.Connection, token: Token) -> None:
        secret = self._sealed(token.access_token, token.id, "secret") or b""
        refresh_secret = self._sealed(token.refresh_token, token.id, "refresh_secret")
        connection.execute(
            "update tokens set secret=?, refresh_secret=?, extra_secret=?, credential=?, generation=generation+1"
            " where id=?",
            (secret, refresh_secret, self._sealed_extra(token), credential_kind(token.access_token), token.id),
        )

    def remove(self, token_id: str) -> None:
        with self._edit() as connection:
            connection.execute("delete from tokens where id=?", (token_id,))

    def heal(self, token_id: str) -> None:
        """An explicit test succeeded: healthy again, no cooldown."""
        with self._edit() as connection:
            connection.execute("update tokens set health='healthy', health_because='' where id=?", (token_id,))
            connection.execute("delete from cooldowns where token_id=?", (token_id,))

    def save_state(self, token: Token) -> None:
        """Write health, cooldowns and windows now (the router queues the same writes instead)."""
        with self._edit() as connection:
            write_health(connection, token)
            write_windows(connection, token.id, token.windows)

    def edits(self) -> int:
        """A number that grows with each edit, from whichever process; cheap enough to ask before each request."""
        count: int = self.database.execute("select count from edits").fetchone()[0]
        return count

    def data_version(self) -> int:
        """Changes whenever another connection has committed anything; costs microseconds."""
        version: int = self.database.conn.execute("pragma data_version").fetchone()[0]
        return version

    def breakers(self) -> list[tuple[str, int, float, str]]:
        """`(host, failures, open until in epoch seconds, because)` of each provider host with recent failures."""
        rows = self.database.execute("select host, failures, open_until, because from breakers")
        return [(host, failures, until / 1000, because) for host, failures, until, because in rows]

    def name_credentials(self) -> None:
        """Tell what sort each credential is, where an older version has stored it without saying so."""
        unnamed = f"select {SEALED} from tokens where credential = '' and length(secret) > 0"
        kinds = [(credential_kind(self._opened(*row)[0]), row[0]) for row in self.database.execute(unnamed)]
        if known := [pair for pair in kinds if pair[0]]:
            with transaction(self.database) as connection:
                connection.executemany("update tokens set credential=? where id=? and credential=''", known)

    @contextlib.contextmanager
    def _edit(self) -> Iterator[sqlite3.Connection]:
        """A transaction that seals with the key of now and tells running routers that something was edited."""
        if self._box is None:
            raise TokenError("These tokens were opened for looking at only.")
        with transaction(self.database) as connection:
            named = connection.execute("select key_id from sealing").fetchone()
            if named is None or not self._box.use(named[0]):  # the first secret; or the key was replaced by hand
                connection.execute(
                    "insert or replace into sealing (only_row, key_id) values (1, ?)", (self._box.sealing,)
                )
            connection.execute("update edits set count = count + 1")
            yield connection

    def _sealed(self, text: str | None, record: str, column: str) -> bytes | None:
        return self._box.seal(text, record, column) if text and self._box else None

    def _sealed_extra(self, token: Token) -> bytes | None:
        return self._sealed(json.dumps(dict(token.extra)), token.id, "extra_secret") if token.extra else None

    def _opened(self, token_id: str, secret: bytes | None, refresh: bytes | None, extra: bytes | None) -> Opened:
        """One lost key must not hide the other tokens."""
        if self._box is None:
            return closed(refresh)
        try:
            return (
                self._box.open(secret, token_id, "secret") if secret else "",
                self._box.open(refresh, token_id, "refresh_secret") if refresh is not None else None,
                json.loads(self._box.open(extra, token_id, "extra_secret")) if extra else {},
                "",
            )
        except HomeError as error:
            return "", None, {}, error.message


def write_health(connection: sqlite3.Connection, token: Token) -> None:
    """Health and cooldowns of one token, as they are in memory."""
    connection.execute(
        "update tokens set health=?, health_because=?, health_kind=? where id=?",
        (token.health, token.health_because, token.health_kind, token.id),
    )
    connection.execute("delete from cooldowns where token_id=?", (token.id,))
    connection.executemany(
        "insert into cooldowns (token_id, model, until, kind, because, since)"
        " select ?,?,?,?,?,? where exists (select 1 from tokens where id=?)",  # it may have been removed meanwhile
        [(token.id, c.model, to_ms(c.until), c.kind, c.because, to_ms(c.since), token.id) for c in token.cooldowns],
    )


def write_facts(connection: sqlite3.Connection, token_id: str, facts: Mapping[str, str]) -> None:
    """Add to what is known of one token's account; the rest stays."""
    connection.execute(
        "update tokens set facts=json_patch(coalesce(facts, '{}'), ?) where id=?", (json.dumps(dict(facts)), token_id)
    )


def write_windows(connection: sqlite3.Connection, token_id: str, windows: Iterable[Window]) -> None:
    """The quota windows of one token, as last reported."""
    connection.executemany(
        "insert or replace into windows (token_id, name, used, length_s, reset_at, status, observed_at)"
        " select ?,?,?,?,?,?,? where exists (select 1 from tokens where id=?)",
        [
            (token_id, w.name, w.used, w.length_s, _ms(w.reset_at), w.status, to_ms(w.observed_at), token_id)
            for w in windows
        ],
    )


def write_breaker(connection: sqlite3.Connection, host: str, failures: int, open_until: float, because: str) -> None:
    """Remember a provider host's failures; zero failures forgets it."""
    if failures:
        row = (host, failures, to_ms(open_until), because)
        connection.execute("insert or replace into breakers values (?,?,?,?)", row)
    else:
        connection.execute("delete from breakers where host=?", (host,))


def _secrets(token: Token) -> tuple[object, ...]:
    return token.access_token, token.refresh_token, dict(token.extra)


def _s(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else to_ms(seconds)
