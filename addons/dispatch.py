"""Quicker hooks: which addons have a hook is looked up once, and those that need not wait run without a task.

mitmproxy asks each of its addons and each of ours, about 35, whether it has the hook, eight times per request, and
makes a task for each hook, whose end is one more event for all layers. That is more work than all that the hooks do.
What is called, in which order and with which protection, stays.
"""

import dataclasses
import inspect
from collections.abc import Callable, Generator, Sequence
from typing import Any

from mitmproxy import exceptions, hooks, http
from mitmproxy.addonmanager import AddonManager, safecall, traverse
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import HttpRequestHook, HttpResponseHeadersHook, HttpResponseHook

type Commands = Generator[commands.Command, Any, None]
type Functions = Sequence[Callable[..., Any]]
"""The hooks of one addon and its children for one event: an exception in one of them ends these, not the others."""

QUICK = (HttpRequestHook, HttpResponseHeadersHook, HttpResponseHook)
"""Not `requestheaders` and `upstream_failed`: each begins something new on a connection whose own layer may still be
busy with the event that led here (a pipelined request, the end of the failed response). Their tasks let it finish."""


@dataclasses.dataclass
class RestOfHook(commands.StartHook):
    """A hook that was begun, up to an addon that has to wait for something."""

    flow: http.HTTPFlow

    def __init__(self, flow: http.HTTPFlow, rest: Sequence[Functions]) -> None:
        self.flow = flow
        self.rest = rest


class QuickDispatch:
    """Takes the place of `AddonManager.trigger_event`; forgets what it knows when an addon comes or goes."""

    def __init__(self, manager: AddonManager) -> None:
        self._manager = manager
        self._found: dict[str, list[Functions]] = {}

    def install(self) -> None:
        """From now on the manager's events go this way."""
        manager: Any = self._manager
        manager.trigger_event = self.trigger_event
        manager.register = self._then_forget(manager.register)
        manager.remove = self._then_forget(manager.remove)

    async def trigger_event(self, event: hooks.Hook) -> None:
        """Call each hook for this event."""
        found = event.rest if isinstance(event, RestOfHook) else self._functions(event.name)
        if not found:
            return
        arguments = event.args()
        for functions in found:
            try:
                with safecall():
                    for function in functions:
                        result = function(*arguments)
                        if result is not None and inspect.isawaitable(result):
                            await result
            except exceptions.AddonHalt:
                return

    def call_hooks(self, handling: Commands) -> Commands:
        """The commands of a stream, but for the hooks that could be done at once."""
        try:
            command = next(handling)
            while True:
                if isinstance(command, QUICK):
                    left = self._call(command, command.flow)
                    if left is None:
                        command = next(handling)
                        continue
                    command = left
                command = handling.send((yield command))
        except StopIteration:
            return

    def _call(self, hook: commands.StartHook, flow: http.HTTPFlow) -> commands.StartHook | None:
        """Call the addons now; what is left when one of them has to wait, or the flow was intercepted."""
        if self._functions("update"):  # mitmweb's view: leave it to mitmproxy
            return hook
        found = self._functions(hook.name)
        for number, functions in enumerate(found):
            try:
                for place, function in enumerate(functions):
                    result = function(flow)
                    if result is not None and inspect.isawaitable(result):
                        waiting = [_giving(result), *functions[place + 1 :]]
                        return RestOfHook(flow, [waiting, *found[number + 1 :]])
            except exceptions.AddonHalt:
                break
            except Exception:  # told as mitmproxy tells it; to be ready for that each time takes longer
                with safecall():
                    raise
        return RestOfHook(flow, []) if flow.intercepted else None

    def _functions(self, name: str) -> list[Functions]:
        found = self._found.get(name)
        if found is None:
            by_addon = ([getattr(part, name, None) for part in traverse([addon])] for addon in self._manager.chain)
            callables = ([function for function in functions if callable(function)] for functions in by_addon)
            found = self._found[name] = [functions for functions in callables if functions]
        return found

    def _then_forget(self, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def changed(addon: Any) -> Any:
            try:
                return change(addon)
            finally:
                self._found.clear()

        return changed


def _giving(result: Any) -> Callable[..., Any]:
    return lambda *_: result
