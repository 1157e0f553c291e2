"""Quicker hooks: which addons have a hook is looked up once, not at each event.

mitmproxy asks each of its addons and each of ours, about 35, whether it has the hook, eight times per request. That is
more work than all that the hooks themselves do. What is called, in which order and with which protection, stays.
"""

import inspect
from collections.abc import Callable
from typing import Any

from mitmproxy import exceptions, hooks
from mitmproxy.addonmanager import AddonManager, safecall

type Hooks = list[Callable[..., Any]]


class QuickDispatch:
    """Takes the place of `AddonManager.trigger_event`; forgets what it knows when an addon comes or goes."""

    def __init__(self, manager: AddonManager) -> None:
        self._manager = manager
        self._hooks: dict[str, list[Hooks]] = {}

    def install(self) -> None:
        """From now on the manager's events go this way."""
        manager: Any = self._manager
        manager.trigger_event = self.trigger_event
        manager.register = self._then_forget(manager.register)
        manager.remove = self._then_forget(manager.remove)

    async def trigger_event(self, event: hooks.Hook) -> None:
        """Call each hook for this event; an exception ends the hooks of that addon (and its children), not the rest."""
        found = self._hooks.get(event.name)
        if found is None:
            found = self._hooks[event.name] = self._find(event)
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

    def _find(self, event: hooks.Hook) -> list[Hooks]:
        by_addon = ([function for _, function in self._manager._iter_hooks(a, event)] for a in self._manager.chain)
        return [functions for functions in by_addon if functions]

    def _then_forget(self, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def changed(addon: Any) -> Any:
            try:
                return change(addon)
            finally:
                self._hooks.clear()

        return changed
