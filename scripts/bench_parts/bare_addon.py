"""mitmdump as it comes, but for the upstream's address: what our router is measured against."""

import os

from mitmproxy import http  # noqa: TID251 - this is no part of the router

HOST, PORT = "127.0.0.1", int(os.environ["BENCH_UPSTREAM_PORT"])


def request(flow: http.HTTPFlow) -> None:
    flow.request.host, flow.request.port = HOST, PORT
