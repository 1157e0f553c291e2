"""What is asked of a renewal, and what comes of it: the words between those who ask and the process that renews."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import orjson

State = Literal["fresh", "renewed", "adopted", "failed"]


@dataclass(frozen=True, slots=True)
class Want:
    """Why a token is looked at. Without anything: it is renewed when it is time."""

    refused: int | None = None
    """The provider has refused the credential of this generation, whatever its expiry says."""
    owner: bool = False
    """The owner asks for it: servers that rest, and what is known of dead logins, do not stand in the way."""
    look_only: bool = False
    """Adopt what the vendor has, hand over what it has not; ask no server."""

    def arguments(self) -> list[str]:
        """As options of the worker's command line."""
        refused = [] if self.refused is None else ["--refused", str(self.refused)]
        return [*refused, *["--owner"] * self.owner, *["--look-only"] * self.look_only]


@dataclass(frozen=True, slots=True)
class Renewed:
    """What came of it. No secret in here."""

    state: State
    """`fresh`: nothing had to be done. `adopted`: the vendor's program had renewed it."""
    because: str
    generation: int = 0
    """Of the set that is stored now."""
    expires_at: float | None = None
    """Epoch seconds, of that set."""
    permanent: bool = False
    """Failed, and only a new login helps."""
    not_before: float | None = None
    """Failed, and before this (epoch seconds) another try is pointless."""

    @property
    def ok(self) -> bool:
        return self.state != "failed"

    def line(self) -> bytes:
        """As the worker writes it."""
        return orjson.dumps(asdict(self)) + b"\n"

    @staticmethod
    def read(line: bytes) -> "Renewed | None":
        """What a worker wrote; None when it was no such line."""
        try:
            value: Any = orjson.loads(line)
            return Renewed(**value)
        except (orjson.JSONDecodeError, TypeError):
            return None
