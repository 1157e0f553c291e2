"""What a client's settings are to say, and what stands in their way: the questions that each client's file answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from router_core.applying.languages import Keys, Language


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Values that one file is to hold."""

    path: Path
    language: Language
    values: Mapping[Keys, Any] = field(repr=False)
    holds_secret: bool = False
    """One of the values is the gateway token: the file is for its owner only from then on."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose settings: a home folder, an environment, and the folder somebody works in; all arguments."""

    home: Path
    environ: Mapping[str, str] = field(repr=False)
    folder: Path
    system: Path = Path("/")
    """Root of the machine's own files."""

    def client_folder(self, variable: str, usual: str) -> Path:
        """A client's folder: what its variable says, else its usual place."""
        said = self.environ.get(variable, "").strip()
        return Path(said).expanduser().absolute() if said else self.home / usual

    def folders_upwards(self) -> list[Path]:
        """The folder somebody works in and those above it, up to the home folder (which is not among them)."""
        found = []
        for folder in (self.folder, *self.folder.parents):
            if folder == self.home:
                break
            found.append(folder)
        return found


@dataclass(frozen=True, slots=True)
class Lead:
    """Where to, and how a client shows that it may."""

    url: str
    token_file: Path
    token: str = field(repr=False)
    around_proxy: Mapping[str, str] = field(default_factory=dict)
    """`NO_PROXY` with this machine in it, where a proxy is set."""
    statusline: str = ""
    """Command for Claude Code's status line; "": leave it."""


class ClientSettings(Protocol):
    """One client; a module."""

    TITLE: str
    PROGRAM: str
    """Of the command line."""
    VARIABLE: str
    """Names another program; "" where there is none."""

    def edits(self, person: Person, lead: Lead) -> list[FileEdit]:
        """What its settings are to say, in order."""
        ...

    def bypasses(self, person: Person) -> list[str]:
        """What wins over these settings, as sentences that name the place."""
        ...
