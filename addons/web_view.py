"""What mitmweb shows (`start --web`): an entry for each attempt, with its route, its token and what became of it.

mitmweb's own list is fed with the flows themselves, and those carry credentials. Here it gets pictures of them instead
(masked_flow.py), unless `router_web_raw` is set: then the flows are shown as they are, once each.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from mitmproxy import ctx, http
from mitmproxy.addons.view import View
from mitmproxy.flow import Flow

from addons.flowstate import FlowState, find_state
from addons.hooks import observing_hook
from addons.masked_flow import masked_flow, repaint
from addons.runtime import Runtime
from router_core.trace.comment import attempt_comment

log = logging.getLogger("mitmrouter")

type Hook = Callable[[http.HTTPFlow], None]

RAW_OPTION = "router_web_raw"
MOST_ENTRIES = 500
MOST_BYTES = 128 * 1024 * 1024
"""Of bodies in all entries; the oldest go."""
COLUMNS = ["status", "comment", "time"]
"""Few: where the path is shown, too, mitmweb gives it all the room, and three words of a comment are left."""


class OnlyPictures:
    """Takes the place of mitmweb's list among the addons: it hears of changes that a person makes, and of no flow."""

    name = "view"

    def __init__(self, view: View) -> None:
        self.configure = view.configure
        self._view = view

    def update(self, flows: Sequence[Flow]) -> None:
        """Of each flow it is told, too, after every hook: only what it shows already is of interest."""
        self._view.update([flow for flow in flows if self._view.get_by_id(flow.id) is flow])


class WebView:
    """Before the failover, which prepares the next attempt: until then the flow is the one that failed.

    In a mitmdump it has no hooks at all.
    """

    request: Hook | None = None
    upstream_failed: Hook | None = None
    responseheaders: Hook | None = None
    response: Hook | None = None
    error: Hook | None = None

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._view: View | None = None
        self._sizes: OrderedDict[str, int] = OrderedDict()
        """Entry → bytes of its bodies, oldest first."""

    def running(self) -> None:
        view = getattr(ctx.master, "view", None)
        if "webaddon" not in ctx.master.addons.lookup or not isinstance(view, View):
            return
        ctx.options.update(web_columns=COLUMNS)
        self._view = view
        if getattr(ctx.options, RAW_OPTION):
            log.warning("mitmweb shows requests as they are, with credentials")
            self.responseheaders = self.response = self.error = self._comment
            return
        manager = ctx.master.addons
        manager.remove(view)
        for name in ("intercept", "save", "savehar"):  # they work on the flows, with credentials
            if (addon := manager.get(name)) is not None:
                manager.remove(addon)
        manager.add(OnlyPictures(view))
        self.request = self.responseheaders = self.response = self.error = self._show
        self.upstream_failed = self._failed

    @observing_hook
    def _comment(self, flow: http.HTTPFlow) -> None:
        if (state := find_state(flow)) is not None:
            flow.comment = attempt_comment(state.record, max(len(state.record.attempts), 1))
            if self._view is not None:
                self._view.update([flow])

    def _failed(self, flow: http.HTTPFlow) -> None:
        """An attempt is over, and its answer goes nowhere: nobody notes when it ended."""
        if flow.response is not None and flow.response.timestamp_end is None:
            flow.response.timestamp_end = time.time()
        self._show(flow)

    @observing_hook
    def _show(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None and (flow.response is None or flow.response.status_code < 400):
            return  # one of our own pages; a refusal is shown
        if state is not None and state.is_handshake:
            return
        number = max(len(state.record.attempts), 1) if state else 1
        self._put(flow, number, state)
        for earlier in range(1, number):  # what became of them was decided after they were shown
            entry = self._entry(_id(flow, earlier))
            if entry is not None and self._view is not None and state is not None:
                comment = self.runtime.redactor.text(attempt_comment(state.record, earlier))
                if comment != entry.comment:
                    entry.comment = comment
                    self._view.update([entry])

    def _put(self, flow: http.HTTPFlow, number: int, state: FlowState | None) -> None:
        view, id_ = self._view, _id(flow, number)
        if view is None:
            return
        entry = self._entry(id_)
        if entry is None:
            entry = masked_flow(flow, id_, self.runtime.redactor)
        else:
            repaint(entry, flow, self.runtime.redactor)
        if state is not None:
            entry.comment = self.runtime.redactor.text(attempt_comment(state.record, number))
        elif flow.response is not None:
            entry.comment = "refused: " + flow.response.headers.get("x-mitmrouter-error", "")
        view.add([entry])
        view.update([entry])
        self._sizes.pop(id_, None)
        self._sizes[id_] = len(entry.request.data.content or b"") + len(
            (entry.response.data.content if entry.response else b"") or b""
        )
        self._bound()

    def _entry(self, id_: str) -> http.HTTPFlow | None:
        found: Any = self._view.get_by_id(id_) if self._view is not None else None
        return found if isinstance(found, http.HTTPFlow) else None

    def _bound(self) -> None:
        while len(self._sizes) > 1 and (len(self._sizes) > MOST_ENTRIES or sum(self._sizes.values()) > MOST_BYTES):
            oldest, _ = self._sizes.popitem(last=False)
            if (entry := self._entry(oldest)) is not None and self._view is not None:
                self._view.remove([entry])


def _id(flow: http.HTTPFlow, number: int) -> str:
    """Each attempt has an entry of its own, and none of them is the flow's."""
    return f"{flow.id}-{number}"
