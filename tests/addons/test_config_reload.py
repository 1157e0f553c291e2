"""The look at config.toml, twice a second for as long as the router runs."""

import asyncio
from typing import Any

import pytest

from addons.config_reload import ConfigReload


async def test_a_look_that_failed_is_not_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = asyncio.Queue[None]()

    async def look() -> None:
        looks.put_nowait(None)
        raise OSError("the disk is full")

    runtime: Any = None
    reload = ConfigReload(runtime)
    monkeypatch.setattr(reload, "_look", look)
    monkeypatch.setattr("addons.config_reload.LOOK_EVERY_S", 0.001)
    watching = asyncio.create_task(reload._watch())
    for _ in range(2):
        await asyncio.wait_for(looks.get(), 5)
    watching.cancel()
