"""Look through this machine, and say what becomes of each find; carry out what was chosen of it.

The same for the command and for the running router. Blocking: files, keychains and programs are asked.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from router_core.clock import SystemClock
from router_core.config.schema import Config
from router_core.home import Home
from router_core.importing.judge import judged, merged
from router_core.importing.machine import Machine
from router_core.importing.plan import Step, plan
from router_core.importing.sources import SOURCES, search, search_path
from router_core.importing.take import take
from router_core.store.learning import Learn
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token


def survey(
    home: Home,
    config: Config,
    now: float,
    *,
    sources: Sequence[str] = (),
    path: Path | None = None,
    prefix: str = "",
    learn: Learn | None = None,
) -> list[Step]:
    """What other programs of this machine have, and what would become of it.

    Args:
        sources: only these; all when none is named.
        path: a file or folder in an unusual place, instead of the usual ones.
        prefix: put before the names of new tokens.
        learn: told every secret of our own that is read.

    Raises:
        VendorStoreError: there is nothing of these programs at the path.
    """
    place = machine(home, config, now)
    names = sources or tuple(SOURCES)
    finds = search_path(path.absolute(), names, place) if path else search(names, place)
    known = merged([judged(found, now=now, own_secrets=place.own_secrets) for found in finds])
    return plan(known, tokens_of(home, learn), config.providers, now, prefix=prefix)


def secrets_found(steps: Sequence[Step]) -> list[str]:
    """What must be masked from the moment on that it was read."""
    return [secret for step in steps for secret in step.found.secrets]


def machine(home: Home, config: Config, now: float) -> Machine:
    """This machine, as a search looks at it."""
    own = [home.gateway_token() if home.gateway_token_file.exists() else ""]
    own.append(home.admin_token() if home.admin_token_file.exists() else "")
    providers = {name: provider.base_url for name, provider in config.providers.items()}
    return Machine(Path.home(), os.environ, now, providers, frozenset(filter(None, own)))


def tokens_of(home: Home, learn: Learn | None = None) -> list[Token]:
    """Those that are registered; no new database when there is none yet."""
    if not home.tokens_db.exists():
        return []
    store = open_tokens(home, SystemClock(), learn)
    try:
        return store.all()
    finally:
        store.database.conn.close()


def take_steps(
    home: Home, steps: Sequence[Step], now: float, priority: int | None, learn: Learn | None = None
) -> dict[int, Token]:
    """Carry out the steps; the token of each, by the step's `id()`."""
    if not steps:
        return {}
    store = open_tokens(home.ensure(), SystemClock(), learn)
    try:
        return {id(step): take(step, store, now, priority=priority) for step in steps}
    finally:
        store.database.conn.close()
