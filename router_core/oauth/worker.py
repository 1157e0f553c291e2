"""The process that renews one credential: `python -m router_core.oauth.worker HOME TOKEN_ID [--refused N] [--owner]`.

It is a process of its own, in a session of its own, so that whatever ends the one that asked for it (Ctrl-C, a closed
terminal, SIGKILL, a crash) does not end a renewal that is under way. While it waits for an answer and until that answer
is on the disk, it puts SIGINT, SIGTERM and SIGHUP off. What is left: SIGKILL at this very process, which only the
system out of memory or a service manager that kills a whole group sends (systemd: `KillMode=mixed` avoids it), and the
end of the machine, in the milliseconds between the server's answer and the journal's commit (refresh.py has the table).

No secret is in its arguments or its output, which is one line of JSON.
"""

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from router_core.clock import SystemClock
from router_core.config.load import load_config
from router_core.errors import RouterError
from router_core.home import Home
from router_core.oauth.http import send
from router_core.oauth.lock import KEPT_S, lock_folder, sweep
from router_core.oauth.logins import renewal_of
from router_core.oauth.refresh import Tools, renew
from router_core.oauth.want import Renewed, Want
from router_core.store.tokens import open_tokens
from router_core.vendors.store import vendor_store
from router_core.vendors.vendor_lock import vendor_lock

PUT_OFF = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def tools_for(home: Home, step: Callable[[str], None] = lambda name: None) -> Tools:
    """What the steps work with in a real home; it has a database connection of its own.

    Raises:
        RouterError: the home or its configuration cannot be used.
    """
    config = load_config(home.config)
    clock = SystemClock()
    return Tools(
        open_tokens(home, clock),
        config,
        clock,
        str(home.path),
        lock_folder(),
        renewal_of,
        partial(send, proxy=config.server.proxy_for),
        vendor_store,
        vendor_lock,
        uninterrupted,
        step,
    )


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Signals that come inside are acted on when it ends. Not by a mask: other threads would take them."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say how signals are treated
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, frame: came.append(number)) for number in PUT_OFF}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in came:
            os.kill(os.getpid(), late)


def renew_in(home: Home, token_id: str, want: Want, step: Callable[[str], None] = lambda name: None) -> Renewed:
    """Renew in this process; never raises."""
    try:
        tools = tools_for(home, step)
        try:
            done = renew(token_id, want, tools)
        finally:
            tools.store.database.conn.close()
        if done.state == "renewed":
            sweep(tools.locks, tools.clock.now() - KEPT_S)
        return done
    except RouterError as error:
        return Renewed("failed", error.message)
    except Exception as error:  # noqa: BLE001 - whoever waits must be told something; the text could hold a secret
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else "?"
        return Renewed("failed", f"Internal error while renewing: {type(error).__name__} at {where}.")


def main(arguments: list[str] | None = None) -> int:
    """Renew, say what came of it, and exit with 0 for a credential that can be used."""
    parser = argparse.ArgumentParser(prog="router_core.oauth.worker")
    parser.add_argument("home", type=Path)
    parser.add_argument("token_id")
    parser.add_argument("--refused", type=int)
    parser.add_argument("--owner", action="store_true")
    parser.add_argument("--look-only", action="store_true")
    given = parser.parse_args(arguments)
    done = renew_in(Home(given.home), given.token_id, Want(given.refused, given.owner, given.look_only))
    with contextlib.suppress(OSError):  # whoever asked may be gone
        os.write(sys.stdout.fileno(), done.line())
    return 0 if done.ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
