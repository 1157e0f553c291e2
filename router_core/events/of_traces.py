"""Requests as events: what is written down of them is told, as it is written."""

from router_core.events.hub import Hub
from router_core.trace.record import TraceRecord
from router_core.trace.view import record_view
from router_core.trace.writer import News, Watcher
from router_core.wire.json_bytes import json_bytes


def tell_traces(hub: Hub) -> Watcher:
    """Runs in the thread that writes: whoever hears of a request finds it in the database."""

    def watch(news: News, record: TraceRecord) -> None:
        if hub.listening:
            hub.post(f"request.{news}", json_bytes(record_view(record)))

    return watch
