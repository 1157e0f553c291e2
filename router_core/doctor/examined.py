"""What the doctor looks at: a home folder, and the shell and folder that the person works in."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from router_core.clock import Clock, SystemClock
from router_core.config.load import load_config
from router_core.config.schema import Config
from router_core.errors import ConfigError, HomeError
from router_core.home import Home
from router_core.store.tokens import view_tokens
from router_core.tokens.token import Token


@dataclass(frozen=True)
class Examined:
    """Everything the checks may ask."""

    home: Home
    program: str
    """How this program is called on this home: `mitmrouter`, `mitmrouter --home …`."""
    clock: Clock
    environ: Mapping[str, str]
    folder: Path
    """Where the person stands: projects have settings of their own."""
    user_home: Path
    offline: bool = False
    """Nothing may leave this machine: no provider, no token, no client is asked."""

    @cached_property
    def config(self) -> Config | None:
        """None when it is not valid: another check says why."""
        try:
            return load_config(self.home.config, env=self.environ)
        except ConfigError:
            return None

    @cached_property
    def tokens(self) -> list[Token]:
        """Without their secrets; none where they cannot be read: another check says why."""
        if not self.home.tokens_db.exists():
            return []
        try:
            store = view_tokens(self.home, self.clock)
        except HomeError:
            return []
        try:
            return store.all()
        except Exception:  # noqa: BLE001 - a damaged or older database is found by another check
            return []
        finally:
            store.database.conn.close()

    @property
    def providers_in_use(self) -> list[str]:
        """Names of the configured providers that an enabled token belongs to, in their order."""
        if self.config is None:
            return []
        used = {token.provider for token in self.tokens if token.enabled and token.origin != "demo"}
        used |= {name for name, provider in self.config.providers.items() if provider.enabled and provider.api_key}
        known = self.config.providers
        return sorted((name for name in used if name in known), key=lambda name: (known[name].order, name))


def examined(home: Home, program: str, *, offline: bool = False) -> Examined:
    """This process's own surroundings."""
    try:
        folder = Path.cwd()
    except OSError:  # somebody has removed it
        folder = Path.home()
    return Examined(home, program, SystemClock(), dict(os.environ), folder, Path.home(), offline)
