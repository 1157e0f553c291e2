"""What a migration comes to: changes of config.toml, keys for the token store, a line for each thing that was there.

Nothing is done here: it is shown first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from router_core.config.schema import Config
from router_core.config.toml_edit import Changes
from router_core.importing.found import Found


@dataclass(frozen=True, slots=True)
class Line:
    """One setting of the other program."""

    source: str
    """Its name there: `Router.background`."""
    becomes: str
    """Its name here; "": it is left out."""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Migration:
    """What becomes of one file."""

    changes: Changes
    keys: tuple[Found, ...] = field(repr=False)
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Here:
    """What is here already."""

    config: Config
    environ: Mapping[str, str] = field(repr=False)
    place: str
    """The file that is read, for people."""
