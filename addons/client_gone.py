"""Whether a client is still there while a hook of ours waits: mitmproxy tells of its leaving only after the hook."""

from mitmproxy import http
from mitmproxy.connection import ConnectionState


def has_gone(flow: http.HTTPFlow) -> bool:
    """Its connection is closed. Of a stream that was reset within one that stays open nothing is known here."""
    return not flow.client_conn.state & ConnectionState.CAN_READ
