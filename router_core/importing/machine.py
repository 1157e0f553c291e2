"""What a search looks at: a home folder, an environment, keychains, and what the router knows; all arguments."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from router_core.vendors.keychain import KeyringPlace, MacKeychainPlace
from router_core.vendors.place import Place


@dataclass(frozen=True, slots=True)
class Machine:
    """One person's machine."""

    home: Path
    environ: Mapping[str, str] = field(repr=False)
    now: float
    """Epoch seconds."""
    providers: Mapping[str, str] = MappingProxyType({})
    """Configured provider → base URL, in the order of listings."""
    own_secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """The router's own client tokens, which some tool may have been given."""
    platform: str = sys.platform
    keychain: Callable[[str], Place] = MacKeychainPlace
    """Service → item of the macOS keychain."""
    keyring: Callable[[str, str], Place] = KeyringPlace
    """(service, account) → item of the OS keyring."""

    def folder(self, variable: str, usual: str) -> Path:
        """A program's folder: what its variable says, else its usual place in the home folder."""
        said = self.environ.get(variable, "").strip()
        return self.expanded(said) if said else self.home / usual

    def expanded(self, path: str) -> Path:
        """A path as a person writes it, `~` being this home folder."""
        if path == "~" or path.startswith("~/"):
            return self.home / path[2:]
        return Path(path).absolute()

    @property
    def config_home(self) -> Path:
        return self.folder("XDG_CONFIG_HOME", ".config")
