"""The portal's own process, where it cannot even be started (else: tests/live/test_portal.py)."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from addons.portal_process import PortalFailed, PortalProcess
from router_core.config.schema import Config
from router_core.home import Home
from router_core.trace.redact import Redactor


async def test_what_keeps_it_from_starting_is_named(tmp_path: Path) -> None:
    runtime: Any = SimpleNamespace(home=Home(tmp_path), config=Config(providers={}), redactor=Redactor())
    with pytest.raises(PortalFailed, match=r"logs/portal\.log: No such file"):
        await PortalProcess(runtime).started()
