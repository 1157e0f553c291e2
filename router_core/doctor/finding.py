"""What a check says: one fact, whether it is well, and what to do if it is not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from router_core.text import printable

type Verdict = Literal["ok", "warning", "problem", "skipped"]
"""`warning`: it works, yet somebody should know; `problem`: something does not work, or is not safe."""
SAYS_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor."""

    check: str
    """What was looked at: a stable word for programs."""
    verdict: Verdict
    says: str
    remedy: str = ""
    """What to do: a command where there is one; "" for what is well."""
    mend: Callable[[], str] | None = None
    """Does what is safe to do without asking, and says what was done."""

    def view(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "check": self.check,
            "verdict": self.verdict,
            "says": printable(self.says, SAYS_LIMIT),
            "remedy": printable(self.remedy, SAYS_LIMIT),
            "fixable": self.mend is not None,
        }
