"""The quick dispatch calls what mitmproxy's own would call, in the same order, and learns of every change."""

import inspect
from collections.abc import Generator
from typing import Any

import pytest
from mitmproxy import exceptions, http
from mitmproxy.addonmanager import AddonManager
from mitmproxy.addons.script import Script
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import HttpRequestHeadersHook, HttpRequestHook
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.test import taddons, tflow

from addons.dispatch import QuickDispatch, RestOfHook


class Heard:
    """An addon that notes its name; with children, and with an accident if wanted."""

    def __init__(self, name: str, heard: list[str], raises: Exception | None = None, *children: object) -> None:
        self.name, self.heard, self.raises, self.addons = name, heard, raises, list(children)

    def request(self, flow: http.HTTPFlow) -> None:
        self.heard.append(self.name)
        if self.raises:
            raise self.raises


class Slow(Heard):
    async def request(self, flow: http.HTTPFlow) -> None:  # type: ignore[override]
        self.heard.append(self.name)


def chain(heard: list[str]) -> list[object]:
    return [
        Heard("a", heard, None, Slow("a.1", heard), Heard("a.2", heard)),
        Heard("b", heard, ValueError("an accident"), Heard("b.1", heard)),
        object(),
        Slow("c", heard),
    ]


@pytest.fixture
def manager() -> Any:
    with taddons.context() as context:
        yield context.master.addons


async def heard_by(manager: AddonManager, heard: list[str]) -> list[str]:
    heard.clear()
    await manager.trigger_event(HttpRequestHook(tflow.tflow()))
    return list(heard)


async def test_the_same_hooks_run_in_the_same_order_and_an_exception_stays_with_its_addon(
    manager: AddonManager,
) -> None:
    heard: list[str] = []
    for addon in chain(heard):
        manager.chain.append(addon)
    plain = await heard_by(manager, heard)
    QuickDispatch(manager).install()
    assert await heard_by(manager, heard) == plain == ["a", "a.1", "a.2", "b", "c"]
    assert await heard_by(manager, heard) == plain


async def test_a_halt_ends_the_event_for_all(manager: AddonManager) -> None:
    heard: list[str] = []
    manager.chain += [Heard("a", heard, exceptions.AddonHalt()), Heard("b", heard)]
    QuickDispatch(manager).install()
    assert await heard_by(manager, heard) == ["a"]


async def test_addons_that_come_and_go_later_are_noticed(manager: AddonManager) -> None:
    heard: list[str] = []
    QuickDispatch(manager).install()
    assert await heard_by(manager, heard) == []
    late = Heard("late", heard)
    manager.add(late)
    assert await heard_by(manager, heard) == ["late"]
    manager.remove(late)
    assert await heard_by(manager, heard) == []


async def test_an_http_event_and_its_update_both_go_this_way(manager: AddonManager) -> None:
    updated: list[object] = []

    class Viewer:
        def update(self, flows: object) -> None:
            updated.append(flows)

    QuickDispatch(manager).install()
    manager.add(Viewer())
    flow = tflow.tflow()
    await manager.handle_lifecycle(HttpRequestHook(flow))
    assert updated == [[flow]]


class Stream:
    """As much of a stream as the dispatch looks at."""

    def __init__(self) -> None:
        self.flow = tflow.tflow()

    def handling(self, said: list[Any]) -> Generator[commands.Command, Any, None]:
        said.append((yield HttpRequestHook(self.flow)))
        said.append((yield commands.OpenConnection(self.flow.server_conn)))
        said.append((yield HttpRequestHeadersHook(self.flow)))


async def test_hooks_that_need_not_wait_are_done_at_once(manager: AddonManager) -> None:
    heard: list[str] = []
    manager.chain += [Heard("a", heard), Heard("b", heard, ValueError("an accident")), Heard("c", heard)]
    dispatch, stream, said = QuickDispatch(manager), Stream(), list[Any]()
    made = dispatch.call_hooks(stream.handling(said))
    assert isinstance(next(made), commands.OpenConnection)
    assert heard == ["a", "b", "c"]
    assert isinstance(made.send("a reply"), HttpRequestHeadersHook)  # that one is left to mitmproxy
    assert said == [None, "a reply"]


async def test_what_has_to_wait_is_handed_on_with_all_that_comes_after_it(manager: AddonManager) -> None:
    heard: list[str] = []
    manager.chain += chain(heard)
    dispatch, stream = QuickDispatch(manager), Stream()
    dispatch.install()
    rest = next(dispatch.call_hooks(stream.handling([])))
    assert isinstance(rest, RestOfHook)
    assert rest.blocking
    assert heard == ["a"]
    await manager.handle_lifecycle(rest)
    assert heard == ["a", "a.1", "a.2", "b", "c"]


async def test_an_intercepted_flow_waits_until_it_is_resumed(manager: AddonManager) -> None:
    class Intercepting:
        def request(self, flow: http.HTTPFlow) -> None:
            flow.intercept()

    manager.chain.append(Intercepting())
    stream = Stream()
    rest = next(QuickDispatch(manager).call_hooks(stream.handling([])))
    assert isinstance(rest, RestOfHook)  # mitmproxy waits after each hook for the flow to be resumed
    assert rest.args() == [stream.flow]


async def test_where_somebody_watches_updates_mitmproxy_does_it_all(manager: AddonManager) -> None:
    class Viewer:
        def update(self, flows: object) -> None: ...

    heard: list[str] = []
    manager.chain += [Viewer(), Heard("a", heard)]
    stream = Stream()
    assert isinstance(next(QuickDispatch(manager).call_hooks(stream.handling([]))), HttpRequestHook)
    assert heard == []


def test_what_we_assume_of_mitmproxy() -> None:
    assert "await self.trigger_event(event)" in inspect.getsource(AddonManager.handle_lifecycle)
    trigger = inspect.getsource(AddonManager.trigger_event)
    for part in ("for i in self.chain", "with safecall()", "self.invoke_addon(i, event)", "AddonHalt"):
        assert part in trigger, part
    assert "traverse([addon])" in inspect.getsource(AddonManager._iter_hooks)
    handle = inspect.getsource(ProxyConnectionHandler.handle_hook)
    assert "addons.handle_lifecycle(hook)" in handle
    assert "wait_for_resume()" in handle
    script = inspect.getsource(Script.loadscript)  # a changed script makes itself known by these two
    assert "ctx.master.addons.remove(" in script
    assert "ctx.master.addons.register(" in script
