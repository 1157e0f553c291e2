"""The key of the stored secrets: where it is, and whether it opens them."""

from collections.abc import Iterator

from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding
from router_core.errors import HomeError
from router_core.store.key_source import KeySource
from router_core.store.tokens import open_tokens
from router_core.tokens.remedy import UNREADABLE


def check(examined: Examined) -> Iterator[Finding]:
    """Every secret is opened once; none is shown."""
    home = examined.home
    source = KeySource(home)
    if not home.tokens_db.exists() or not (home.key_file.exists() or home.key_marker.exists()):
        yield Finding("key", "ok", "none yet: the first token makes it")
        return
    try:
        source.load()
        store = open_tokens(home, examined.clock)
        tokens = store.all()
        store.database.conn.close()
    except HomeError as error:
        yield Finding("key", "problem", error.message, "See what it says above; tokens can be added again")
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


def _keychain_is_there() -> bool:
    from router_core.store.keychain import KeychainFailed, find_keychain

    try:
        find_keychain()
    except KeychainFailed:
        return False
    return True
