"""A new key for all stored secrets; killed at any step, nothing is lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from router_core.clock import FixedClock, SystemClock
from router_core.home import Home
from router_core.store import migrations
from router_core.store import rotate_key as module
from router_core.store.database import open_database, transaction
from router_core.store.key_source import KeySource
from router_core.store.keychain import Keychain
from router_core.store.rotate_key import rotate_key
from router_core.store.secret_box import SecretBox, sealed_with
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Token
from tests.router_core.store.test_key_source import Backend
from tests.router_core.tokens.make import NOW, token

ROOT = Path(__file__).parents[3]
STEPS = (
    "new key stored", "transaction begun", "value sealed", "before commit", "sealed anew", "written through",
    "old key forgotten",
)  # fmt: skip
EXTRA = {"id_token": "id-token-secret", "service_account": '{"private_key": "-----BEGIN"}'}


def filled(home: Home) -> list[Token]:
    """Two tokens with every kind of secret, and a journalled set."""
    store = open_tokens(home, FixedClock(NOW))
    for name in ("a", "b"):
        store.add(token(name, id=name, access_token=f"access-{name}", refresh_token=f"refresh-{name}", extra=EXTRA))
    with transaction(store.database) as connection:
        sealed = SecretBox(KeySource(home)).seal('{"refresh_token": "journalled"}', "a", "sealed")
        connection.execute("insert into journal values ('a', 3, ?, 1)", (sealed,))
    found = store.all()
    store.database.close()
    return found


def everything(home: Home) -> tuple[list[tuple[str, str | None, dict[str, str]]], str]:
    """What can be read with what is in the home now."""
    store = open_tokens(home, FixedClock(NOW))
    sealed = store.database.execute("select sealed from journal").fetchone()[0]
    tokens = [(t.access_token, t.refresh_token, dict(t.extra)) for t in store.all()]
    store.database.close()
    return tokens, SecretBox(KeySource(home)).open(sealed, "a", "sealed")


WHOLE = (
    [("access-a", "refresh-a", EXTRA), ("access-b", "refresh-b", EXTRA)],
    '{"refresh_token": "journalled"}',
)


def key_names(home: Home) -> set[str | None]:
    store = open_tokens(home, FixedClock(NOW))
    names = {sealed_with(sealed) for sealed in module._sealed_values(store.database.conn)}
    store.database.close()
    return names


def test_every_value_is_sealed_anew_and_the_old_key_is_gone(home: Home) -> None:
    filled(home)
    old_key, old_names = home.key_file.read_bytes(), key_names(home)
    done = rotate_key(home, KeySource(home))
    assert (done.values, done.unreadable) == (7, 0)
    assert str(home.key_file) in done.where
    assert everything(home) == WHOLE
    assert home.key_file.read_bytes() != old_key
    assert len(key_names(home)) == 1
    assert not key_names(home) & old_names


def test_nothing_that_the_old_key_opens_is_left_in_the_files(home: Home) -> None:
    filled(home)
    store = open_tokens(home, FixedClock(NOW))
    old = list(module._sealed_values(store.database.conn))
    store.database.close()
    rotate_key(home, KeySource(home))
    for file in home.path.glob("tokens.db*"):
        assert not [sealed for sealed in old if sealed in file.read_bytes()], file


def test_values_from_before_keys_had_names_get_one(home: Home) -> None:
    home.key_file.write_bytes(b"k" * 32)
    filled(home)
    nonce = b"n" * 12
    store = open_tokens(home, FixedClock(NOW))
    with transaction(store.database) as connection:
        connection.execute("delete from sealing")
        for column, text in (("secret", b"access-a"), ("refresh_secret", b"refresh-a")):
            connection.execute(
                f"update tokens set {column}=? where id='a'", (nonce + AESGCM(b"k" * 32).encrypt(nonce, text, b"a"),)
            )
    store.database.close()
    rotate_key(home, KeySource(home))
    assert everything(home) == WHOLE
    assert None not in key_names(home)


def test_a_value_that_no_key_opens_is_counted_and_left(home: Home) -> None:
    filled(home)
    store = open_tokens(home, FixedClock(NOW))
    with transaction(store.database) as connection:
        connection.execute("update tokens set secret=x'00112233' where id='b'")
    store.database.close()
    done = rotate_key(home, KeySource(home))
    assert (done.values, done.unreadable) == (6, 1)
    store = open_tokens(home, FixedClock(NOW))
    assert [(t.name, t.access_token, t.health) for t in store.all()] == [
        ("a", "access-a", "healthy"),
        ("b", "", "unhealthy"),
    ]
    store.database.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from router_core.home import Home
from router_core.store.key_source import KeySource
from router_core.store.rotate_key import rotate_key
def step(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
home = Home(Path(sys.argv[1]))
rotate_key(home, KeySource(home), None, step)
"""


@pytest.mark.parametrize("at", STEPS)
def test_killed_at_any_step_all_is_readable_and_the_next_rotation_cleans_up(home: Home, at: str) -> None:
    filled(home)
    done = subprocess.run([sys.executable, "-c", KILLED, str(home.path), at], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert everything(home) == WHOLE
    assert len(key_names(home)) == 1, "either the old key's or the new one's: whole"
    store = open_tokens(home, FixedClock(NOW))
    store.add(token("c", id="c", access_token="access-c"))
    store.database.close()
    rotate_key(home, KeySource(home))
    tokens, journalled = everything(home)
    assert (tokens[:2], journalled) == WHOLE
    assert tokens[2][0] == "access-c"
    assert sorted(p.name for p in home.path.glob("tokens.key*")) == ["tokens.key"]


@pytest.mark.parametrize("at", STEPS)
@pytest.mark.parametrize("to", ["keychain", "file"])
def test_broken_off_while_the_key_moves_all_is_readable(home: Home, to: str, at: str) -> None:
    backend = Backend()

    def source() -> KeySource:
        return KeySource(home, lambda: Keychain(backend, "the test keychain"))

    def readable() -> list[str | None]:
        store = TokenStore(open_database(home.tokens_db, migrations.tokens), SecretBox(source()), FixedClock(NOW))
        found = [token.refresh_token for token in store.all()]
        store.database.close()
        return found

    home.key_file.write_bytes(b"k" * 32)
    filled(home)
    if to == "file":
        rotate_key(home, source(), "keychain")
        assert not home.key_file.exists()

    class Ended(Exception):
        pass

    def step(name: str) -> None:
        if name == at:
            raise Ended

    with pytest.raises(Ended):
        rotate_key(home, source(), to, step)  # type: ignore[arg-type]  # one of the two
    assert readable() == ["refresh-a", "refresh-b"]
    rotate_key(home, source(), to)  # type: ignore[arg-type]
    assert readable() == ["refresh-a", "refresh-b"]
    assert source().place == to
    assert len(backend.kept) == (1 if to == "keychain" else 0)
    assert home.key_file.exists() == (to == "file")


def test_an_open_store_reads_and_writes_on_after_a_rotation(home: Home) -> None:
    filled(home)
    store = open_tokens(home, FixedClock(NOW))
    edits = store.edits()
    assert [t.access_token for t in store.all()] == ["access-a", "access-b"]
    rotate_key(home, KeySource(home))
    assert store.edits() > edits, "a running router reads its tokens again"
    assert [t.access_token for t in store.all()] == ["access-a", "access-b"]
    store.add(token("c", id="c", access_token="access-c"))
    store.database.close()
    assert everything(home)[0][2][0] == "access-c"
    assert len(key_names(home)) == 1


ROTATES = """
import sys, time
from dataclasses import replace
from pathlib import Path
from router_core.clock import SystemClock
from router_core.home import Home
from router_core.store.tokens import open_tokens
store = open_tokens(Home(Path(sys.argv[1])), SystemClock())
print("ready", flush=True)
until = time.monotonic() + float(sys.argv[2])
count = 0
while time.monotonic() < until:
    found = store.named("a")
    if found.access_token == "":
        raise SystemExit("a secret was unreadable: " + found.health_because)
    count += 1
    new = replace(found, access_token=f"access-{count}", refresh_token=f"refresh-{count}")
    if not store.rotate(new, found.generation):
        raise SystemExit("somebody else has written")
    time.sleep(0.005)  # SQLite's lock is not fair: who never pauses keeps it
print(count, flush=True)
"""


def test_a_login_renewed_while_the_key_is_replaced_is_never_lost(home: Home) -> None:
    filled(home)
    command = [sys.executable, "-c", ROTATES, str(home.path), "1.5"]
    writer = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    rotations = 0
    while writer.poll() is None:
        rotate_key(home, KeySource(home))
        rotations += 1
        time.sleep(0.02)
    last = writer.communicate()[0].strip()
    assert last.isdecimal(), last
    assert rotations > 3
    store = open_tokens(home, SystemClock())
    assert store.named("a").refresh_token == f"refresh-{last}"
    store.database.close()


def test_two_rotations_at_once_take_turns(home: Home) -> None:
    filled(home)
    code = KILLED.replace("os.kill(os.getpid(), signal.SIGKILL)", "pass")
    both = [subprocess.Popen([sys.executable, "-c", code, str(home.path), ""], cwd=ROOT) for _ in range(3)]
    assert [process.wait(timeout=30) for process in both] == [0, 0, 0]
    assert everything(home) == WHOLE
    assert os.listdir(home.path).count("tokens.key") == 1
