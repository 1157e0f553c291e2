"""A home folder, a shell and a folder to work in, for the doctor to look at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from router_core.clock import FixedClock
from router_core.doctor.examined import Examined
from router_core.home import Home

NOW = 1_800_000_000.0
type Examine = Callable[..., Examined]


@pytest.fixture
def examine(tmp_path: Path) -> Examine:
    """Makes what is to be examined; keywords replace its parts."""
    home = Home(tmp_path / "home").ensure()
    folder, user_home = tmp_path / "work", tmp_path / "user"
    folder.mkdir()
    user_home.mkdir()

    def make(**changes: Any) -> Examined:
        parts: dict[str, Any] = {
            "home": home,
            "program": "mitmrouter",
            "clock": FixedClock(NOW),
            "environ": {},
            "folder": folder,
            "user_home": user_home,
        }
        return Examined(**{**parts, **changes})

    return make
