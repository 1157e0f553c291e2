"""The way to the admin API, without a router around it (with one: tests/live/test_admin_api.py)."""

import asyncio
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils

from addons.local_api import LocalApi


class Answering:
    """Counts itself, and what it is asked."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1

    async def answer(self, flow: http.HTTPFlow) -> None:
        flow.response = http.Response.make(204)


async def test_first_questions_that_come_together_are_answered_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime: Any = None
    api = LocalApi(runtime, runtime)
    monkeypatch.setattr(api, "_load", Answering)
    flows = [tflow.tflow(req=tutils.treq(path=b"/api/logins")) for _ in range(3)]
    await asyncio.gather(*(waiting for flow in flows if (waiting := api.request(flow)) is not None))
    assert [flow.response and flow.response.status_code for flow in flows] == [204] * 3
    assert Answering.made == 1


@pytest.mark.parametrize("path", [b"/health", b"/api/hello"])
async def test_that_the_router_is_there_is_said_without_loading_anything(path: bytes) -> None:
    runtime: Any = None
    asked = tflow.tflow(req=tutils.treq(method=b"HEAD", path=path))
    asked.live = True
    waiting = LocalApi(runtime, runtime).request(asked)
    assert waiting is not None
    await waiting
    assert asked.response is not None
    assert asked.response.status_code == 200
