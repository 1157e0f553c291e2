"""See to it that a credential is good, from any process: look whether there is anything to do, and if so start the
worker (worker.py) and wait for what it says. Blocking; the router calls it in threads of its own."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from router_core.clock import Clock, SystemClock
from router_core.config.schema import Config
from router_core.home import Home
from router_core.oauth.due import chain_of, login_of, needs_refresh
from router_core.oauth.want import Renewed, Want
from router_core.store.tokens import TokenStore
from router_core.tokens.token import Token

WAIT_S = 75.0
"""Longer than a worker can take: a lock waited for, and one call."""
_ROOT = Path(__file__).resolve().parents[2]


class Worker(Protocol):
    """A renewal under way in another process."""

    def result(self, wait_s: float) -> Renewed | None:
        """What came of it; None when it has not come to an end in time: it goes on by itself."""
        ...


type Start = Callable[[Home, str, Want], Worker]


class WorkerProcess:
    """The worker as a process that does not end with this one."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def result(self, wait_s: float) -> Renewed | None:
        try:
            output, _ = self._process.communicate(timeout=wait_s)
        except subprocess.TimeoutExpired:
            threading.Thread(target=self._process.communicate, name="renewal", daemon=True).start()
            return None
        except ValueError:  # its pipe was closed: this process ends
            return None
        return Renewed.read(output) or Renewed("failed", f"The renewal ended with {self._process.returncode}.")


def start_worker(home: Home, token_id: str, want: Want) -> Worker:
    """Start one, detached."""
    # -P: the folder we happen to be in must not be able to give it modules of its own
    command = [sys.executable, "-P", "-m", "router_core.oauth.worker", str(home.path), token_id, *want.arguments()]
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
    return WorkerProcess(
        subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    )


def ensure_fresh(
    home: Home,
    store: TokenStore,
    config: Config,
    token: Token,
    want: Want | None = None,
    *,
    clock: Clock | None = None,
    wait_s: float = WAIT_S,
    start: Start = start_worker,
) -> Renewed:
    """Renew a stored credential if it is time, and wait for it.

    Args:
        store: for looking whether somebody else has done it; whatever has to be done, the worker does.
        want: when there is another reason than time.
    """
    want = want or Want()
    stored = store.get(token.id)
    if stored is None or chain_of(stored, login_of(stored, config)) is None:
        return Renewed("fresh", "it is not renewed", token.generation, token.expires_at)
    now = (clock or SystemClock()).now()
    is_refused = want.refused is not None and stored.generation == want.refused
    if not (is_refused or want.look_only or stored.write_back or needs_refresh(stored, now)):
        return Renewed("fresh", "another process has renewed it", stored.generation, stored.expires_at)
    return wait_for(home, token.id, want, wait_s=wait_s, start=start)


def good_token(home: Home, store: TokenStore, config: Config, token: Token, *, start: Start = start_worker) -> Token:
    """The token as it is to be used now: renewed first when it is time. A failure shows when it is used."""
    done = ensure_fresh(home, store, config, token, start=start)
    return store.named(token.id) if done.ok and done.generation != token.generation else token


def wait_for(home: Home, token_id: str, want: Want, *, wait_s: float = WAIT_S, start: Start = start_worker) -> Renewed:
    """Start a worker without looking first, and wait for it."""
    try:
        worker = start(home, token_id, want)
    except OSError as error:
        return Renewed("failed", f"The renewal could not be started ({error.strerror}).")
    done = None
    with contextlib.suppress(OSError):
        done = worker.result(wait_s)
    return done or Renewed("failed", f"The renewal has not come to an end within {wait_s:.0f} s; it goes on by itself.")
