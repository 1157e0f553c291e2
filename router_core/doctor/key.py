"""The key of the stored secrets: where it is, and whether it opens them."""

from collections.abc import Iterator
from pathlib import Path

from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding
from router_core.errors import HomeError
from router_core.home import Home
from router_core.store.key_source import KeySource
from router_core.store.tokens import open_tokens
from router_core.tokens.remedy import UNREADABLE


def check(examined: Examined) -> Iterator[Finding]:
    """Every secret is opened once; none is shown."""
    home = examined.home
    source = KeySource(home)
    if not source.is_there:
        yield _without_key(examined)
        return
    try:
        source.load()
        if not home.tokens_db.exists():
            yield Finding("key", "ok", f"{source.where}; no token yet")
            return
        store = open_tokens(home, examined.clock)
        tokens = store.all()
        store.database.conn.close()
    except HomeError as error:
        # The message says how to have it again.
        lost = f"If the key is lost for good: move {_key_of(home).name} and {home.tokens_db.name} away from {home.path}"
        again = f"then {examined.program} backup restore FILE, or add the tokens again"
        yield Finding("key", "problem", error.message, f"{lost}, {again}")
        return
    closed = [token for token in tokens if token.health_kind == UNREADABLE]
    for token in closed:
        yield Finding(
            "key",
            "problem",
            f"the secret of the token {token.name} cannot be opened: {token.health_because}",
            f"Restore the backup that it came with, or: {examined.program} token remove {token.name}",
        )
    if closed:
        return
    if source.place == "file":
        says = f"in {home.key_file}: whoever can read your files can read your tokens"
        remedy = f"Where there is a keychain: {examined.program} token rotate-key --to keychain"
        yield Finding("key", "ok", says, remedy if _keychain_is_there() else "")
        return
    yield Finding("key", "ok", source.where)


def _without_key(examined: Examined) -> Finding:
    if not examined.tokens:
        return Finding("key", "ok", "none yet: the first token makes it")
    names = ", ".join(token.name for token in examined.tokens)
    return Finding(
        "key",
        "problem",
        f"{examined.home.key_file} is gone: what is stored of {names} cannot be opened",
        f"Put the file back. If it is lost: {examined.program} token edit NAME --access-token-stdin, for each of them",
    )


def _key_of(home: Home) -> Path:
    return home.key_marker if home.key_marker.exists() else home.key_file


def _keychain_is_there() -> bool:
    from router_core.store.keychain import KeychainFailed, find_keychain

    try:
        find_keychain()
    except KeychainFailed:
        return False
    return True
