"""tokens.db, changed for one answer: in a thread, so that requests go on while another program holds the database."""

import asyncio
from collections.abc import Callable
from contextlib import closing

from addons.runtime import Runtime
from router_core.store.tokens import TokenStore, open_tokens


async def settled(runtime: Runtime) -> None:
    """What answers have told of tokens is in a queue: it is written first, so that nothing newer is overtaken."""
    await asyncio.to_thread(runtime.pool.settle)


async def write_tokens[Told](runtime: Runtime, change: Callable[[TokenStore], Told]) -> Told:
    """Over a connection of its own (the first secret of a home asks the keychain for a key), then read back."""

    def changed() -> Told:
        store = open_tokens(runtime.home, runtime.clock, runtime.redactor.learn)
        with closing(store.database.conn):
            return change(store)

    told = await asyncio.to_thread(changed)
    runtime.pool.reload()
    return told
