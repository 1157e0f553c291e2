"""The requests of the app leave nothing open behind them, whenever they are cancelled."""

import asyncio
import contextlib
import gc
import socket
import time

import pytest

from router_core.home import Home
from router_core.running import Running
from tests.tui.fake_router import FakeRouter
from tests.tui.seed import Seeded
from tui import admin
from tui.admin import AdminApi

MOST_STEPS = 40


async def cancelled_after(home: Home, steps: int) -> bool:
    """Ask for the state, cancel that after so many turns of the loop, close; whether it had ended by itself."""
    api = AdminApi(home)
    await api._started()
    asking = asyncio.create_task(api.state())
    for _ in range(steps):
        await asyncio.sleep(0)
    ended = asking.done()
    asking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asking
    await api.close()
    return ended


@pytest.mark.filterwarnings("error")
def test_a_request_cancelled_at_any_moment_leaves_no_socket_open(
    seeded: Seeded, router: FakeRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    unraisable: list[str] = []
    monkeypatch.setattr("sys.unraisablehook", lambda what: unraisable.append(str(what.exc_value)))
    gc.collect()
    gc.freeze()  # the heap of the test run is large, and nothing of it is looked for here
    try:
        for steps in range(MOST_STEPS):
            ended = asyncio.run(cancelled_after(seeded.home, steps))
            gc.collect()
            assert unraisable == [], f"cancelled after {steps} steps"
            if ended:
                break
    finally:
        gc.unfreeze()


def test_the_end_of_the_app_does_not_wait_for_a_router_that_never_answers(
    seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "GRACE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        monkeypatch.setattr(admin, "find_running", lambda home: Running(1, "127.0.0.1", mute.getsockname()[1], "0"))
        begun = time.monotonic()
        assert asyncio.run(cancelled_after(seeded.home, 12)) is False
        assert time.monotonic() - begun < admin.HEALTH_TIMEOUT_S


async def test_changes_keep_their_order_when_the_first_caller_is_cancelled(
    seeded: Seeded, router: FakeRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = AdminApi(seeded.home)
    sent: list[str] = []
    may_go_on = asyncio.Event()

    async def send(method: str, path: str, body: dict[str, object], timeout_s: float) -> dict[str, object]:
        sent.append(f"begins {body['target']}")
        await may_go_on.wait()
        sent.append(f"ends {body['target']}")
        return dict(body)

    monkeypatch.setattr(api, "_send", send)
    first = asyncio.create_task(api.lock_to("claude"))
    while not sent and not first.done():
        await asyncio.sleep(0)
    first.cancel()
    second = asyncio.create_task(api.lock_to("codex"))
    with contextlib.suppress(asyncio.CancelledError):
        await first
    may_go_on.set()
    assert await second == "codex"
    assert sent == ["begins claude", "ends claude", "begins codex", "ends codex"]
    await api.close()
