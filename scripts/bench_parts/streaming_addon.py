"""The least that a router of model traffic must do: parse the request, stream the answer."""

import json
import os

from mitmproxy import http  # noqa: TID251 - this is no part of the router

HOST, PORT = "127.0.0.1", int(os.environ["BENCH_UPSTREAM_PORT"])


def request(flow: http.HTTPFlow) -> None:
    flow.metadata["model"] = json.loads(flow.request.raw_content or b"{}").get("model")
    flow.request.host, flow.request.port = HOST, PORT


def responseheaders(flow: http.HTTPFlow) -> None:
    if flow.response:
        flow.response.stream = True
