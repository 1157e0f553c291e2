"""A client that speaks Responses over WebSocket with the router, as Codex does: turns in, events out."""

import contextlib
from collections.abc import Iterator
from typing import Any

import orjson
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.router_core.simulator.asking import codex_body
from tests.support.lab import Lab

TIMEOUT_S = 8.0
PREAMBLE = ["codex.rate_limits", "response.created", "response.in_progress"]
"""How a turn begins, before any content."""
ENDS = ("response.completed", "response.failed", "response.incomplete", "error")
UPGRADE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
"""A handshake, for a client that only wants to know how it is answered."""

type Events = list[dict[str, Any]]


@contextlib.contextmanager
def opened(lab: Lab, path: str = "/codex/responses", **headers: str) -> Iterator[ClientConnection]:
    """A WebSocket to the router; `chatgpt_account_id` is the header `chatgpt-account-id`."""
    given = {
        "authorization": f"Bearer {lab.router.home.gateway_token()}",
        "openai-beta": "responses_websockets=2026-02-06",
        "session-id": "0199-session",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    url = lab.router.url.replace("http", "ws", 1) + path
    with connect(url, additional_headers=given, proxy=None, close_timeout=2) as connection:
        yield connection


def say(text: str) -> list[dict[str, Any]]:
    """The `input` of a turn."""
    return [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}]


def send(connection: ClientConnection, **changes: Any) -> None:
    """Begin a turn."""
    connection.send(orjson.dumps({"type": "response.create", **codex_body(**changes)}).decode())


def rest(connection: ClientConnection) -> Events:
    """The events up to the end of a turn."""
    events: Events = []
    while not events or events[-1]["type"] not in ENDS:
        events.append(orjson.loads(connection.recv(timeout=TIMEOUT_S)))
    return events


def turn(connection: ClientConnection, **changes: Any) -> Events:
    """A whole turn."""
    send(connection, **changes)
    return rest(connection)


def code_of_close(connection: ClientConnection) -> int:
    """Read until the router closes; with which code."""
    while True:
        try:
            connection.recv(timeout=TIMEOUT_S)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 1006


def text_of(events: Events) -> str:
    """What the model said in a turn that went well."""
    assert events[-1]["type"] == "response.completed", events[-1]
    return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")


def kinds(events: Events) -> list[str]:
    return [event["type"] for event in events]


def turns_seen(lab: Lab) -> list[dict[str, Any]]:
    """What the provider was sent as turns."""
    return [orjson.loads(seen.body) for seen in lab.seen() if seen.method == "WS"]


def handshakes(lab: Lab) -> int:
    return sum(1 for seen in lab.simulator.requests if seen.method == "GET" and seen.status == 101)
