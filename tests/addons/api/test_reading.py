"""Questions to traces.db: bounded in number, in threads of their own."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlite_utils import Database

from addons.api import reading
from addons.api.reading import AT_ONCE, read_traces
from router_core.errors import Refused
from router_core.home import Home
from router_core.store.traces import open_traces


@pytest.fixture(autouse=True)
def traces(home: Home) -> None:
    open_traces(home).close()


async def test_slow_questions_leave_the_shared_threads_alone_and_too_many_are_refused(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_WAITING", AT_ONCE + 1)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    go_on = threading.Event()

    def slow(database: Database) -> bool:
        return go_on.wait(5)

    asked = [asyncio.ensure_future(read_traces(home, slow)) for _ in range(AT_ONCE + 1)]
    await asyncio.sleep(0)
    try:
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 2) == "free"
        with pytest.raises(Refused, match="wait already"):
            await read_traces(home, slow)
    finally:
        go_on.set()
    assert await asyncio.gather(*asked) == [True] * len(asked)
    assert await read_traces(home, slow)
