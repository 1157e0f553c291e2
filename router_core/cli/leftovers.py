"""Cleaning up after a demo that was killed: its router, its tokens, its lock file."""

import click

from router_core.home import Home
from router_core.processes import end, own_router


def clear_leftovers(home: Home) -> None:
    """Remove what a killed demo left: its router, its tokens, its lock file. Call it only when no demo is alive."""
    lock = home.path / "demo.lock"
    if not lock.exists():
        return
    end_demo_router(home)
    remove_demo_tokens(home)
    lock.unlink(missing_ok=True)


def end_demo_router(home: Home) -> None:
    """The router of a killed demo lives on; a home has one router, so the one here is it."""
    if (running := own_router(home)) and not end(running.pid):
        raise click.ClickException(f"The router of an earlier demo does not end. Do it: kill -9 {running.pid}")


def remove_demo_tokens(home: Home) -> None:
    from router_core.clock import SystemClock
    from router_core.store.tokens import open_tokens, view_tokens

    store = open_tokens(home, SystemClock())
    for token in view_tokens(home, SystemClock()).all():  # without secrets: none is needed to remove one
        if token.origin == "demo":
            store.remove(token.id)
    store.database.conn.close()
