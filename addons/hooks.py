"""Fail closed: mitmproxy logs an exception in a hook and forwards the request as it stands, key and all. Not here."""

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from mitmproxy import http

from addons.answers import answer_error
from router_core.errors import RouterError, WireError

log = logging.getLogger("mitmrouter")

type RequestHook[Addon] = Callable[[Addon, http.HTTPFlow], None]
type AsyncRequestHook[Addon] = Callable[[Addon, http.HTTPFlow], Awaitable[None]]


def request_hook[Addon](hook: RequestHook[Addon]) -> RequestHook[Addon]:
    """For `requestheaders` and `request`: skip flows that are answered already, and answer when the hook raises."""

    @functools.wraps(hook)
    def guarded(self: Addon, flow: http.HTTPFlow) -> None:
        if _open(flow):
            try:
                hook(self, flow)
            except Exception as error:  # noqa: BLE001 - whatever it is, the client's credentials must not go upstream
                _answer_exception(self, flow, error)

    return guarded


def async_request_hook[Addon](hook: AsyncRequestHook[Addon]) -> AsyncRequestHook[Addon]:
    """The same for a hook that waits for something."""

    @functools.wraps(hook)
    async def guarded(self: Addon, flow: http.HTTPFlow) -> None:
        if _open(flow):
            try:
                await hook(self, flow)
            except Exception as error:  # noqa: BLE001 - as above
                _answer_exception(self, flow, error)

    return guarded


def _open(flow: http.HTTPFlow) -> bool:
    return flow.response is None and flow.error is None and flow.live


def _answer_exception(addon: object, flow: http.HTTPFlow, error: Exception) -> None:
    if isinstance(error, WireError) and error.param:
        message = error.message if error.param in error.message else f"{error.param}: {error.message}"
        answer_error(flow, error.status, error.kind, message, param=error.param)
        return
    if isinstance(error, RouterError):
        answer_error(flow, error.status, error.kind, error.message)
        return
    log.error("internal error in %s", type(addon).__name__, exc_info=error)
    answer_error(flow, 500, "internal_error", "Internal error of the router; its log says more.")


def observing_hook[Addon](hook: Callable[[Addon, http.HTTPFlow], Any]) -> Callable[[Addon, http.HTTPFlow], None]:
    """For hooks that only look (`response`, `error`): an exception is logged, the answer goes its way."""

    @functools.wraps(hook)
    def guarded(self: Addon, flow: http.HTTPFlow) -> None:
        try:
            hook(self, flow)
        except Exception:  # bookkeeping must never cost the client its answer
            log.exception("internal error in %s", type(self).__name__)

    return guarded
