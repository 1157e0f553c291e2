"""Responses over WebSockets: turns, the connection's memory, errors as messages; 426 unless the script wants it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import openai
import orjson
import pytest
from tornado.httpclient import HTTPRequest
from tornado.iostream import IOStream
from tornado.websocket import WebSocketClientConnection, websocket_connect

from router_core.simulator import Account, Fault, PlannedReply, Script, SimulatorThread, Window
from tests.router_core.simulator.asking import CODEX_HEADERS, LOGIN, OPENAI_HEADERS, PLATFORM_KEY, codex_body
from tests.router_core.simulator.conftest import Start

CODEX = "/backend-api/codex/responses"
TIMEOUT_S = 5


@pytest.fixture
def sockets(start: Start) -> SimulatorThread:
    return start(Script(websocket=True))


Open = Callable[..., Awaitable[WebSocketClientConnection]]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """`await opened(simulator, path)` gives a connection; all are closed at the end."""
    connections: list[tuple[WebSocketClientConnection, IOStream]] = []

    async def begin(sim: SimulatorThread, path: str = CODEX, **options: Any) -> WebSocketClientConnection:
        headers = CODEX_HEADERS if path == CODEX else OPENAI_HEADERS
        request = HTTPRequest(sim.url.replace("http", "ws", 1) + path, headers=headers, request_timeout=TIMEOUT_S)
        connection = await websocket_connect(request, **options)
        connections.append((connection, connection.protocol.stream))
        return connection

    yield begin
    for connection, stream in connections:
        connection.close()
        stream.close()  # at once: the closing handshake would outlive the test


@pytest.fixture
async def codex(sockets: SimulatorThread, opened: Open) -> WebSocketClientConnection:
    return await opened(sockets)


def create(**changes: Any) -> str:
    body = codex_body(**changes)
    return orjson.dumps({"type": "response.create", **body}).decode()


async def turn(connection: WebSocketClientConnection, message: str) -> list[dict[str, Any]]:
    """All events of one turn; the list ends with None when the connection closed."""
    await connection.write_message(message)
    events: list[Any] = []
    while True:
        text = await asyncio.wait_for(connection.read_message(), TIMEOUT_S)
        events.append(None if text is None else orjson.loads(text))
        if text is None or events[-1]["type"] in ("response.completed", "response.failed", "error"):
            return events


async def test_turn_is_the_stream_of_http(
    sockets: SimulatorThread, codex: WebSocketClientConnection, http: httpx.Client
) -> None:
    events = await turn(codex, create())
    assert events[0]["type"] == "codex.rate_limits"
    assert events[0]["rate_limits"]["primary"]["window_minutes"] == 300
    over_http = http.post(sockets.url + CODEX, headers=CODEX_HEADERS, json=codex_body()).text
    kinds = [line.removeprefix("event: ") for line in over_http.splitlines() if line.startswith("event: ")]
    assert [event["type"] for event in events[1:]] == kinds
    seen = sockets.requests
    assert [(request.method, request.status) for request in seen] == [("GET", 101), ("WS", 200), ("POST", 200)]


@pytest.mark.parametrize("offer", [{}, {"compression_options": {}}], ids=["plain", "deflate"])
async def test_platform_has_it_too(offer: dict[str, Any], sockets: SimulatorThread, opened: Open) -> None:
    connection = await opened(sockets, "/v1/responses", **offer)
    sockets.plan(PlannedReply("planned " * 500))
    events = await turn(
        connection, orjson.dumps({"type": "response.create", "model": "gpt-5.5", "input": "x"}).decode()
    )
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "planned " * 500


async def test_official_sdk_reads_it(sockets: SimulatorThread) -> None:
    base = f"{sockets.url}/v1"
    async with (
        openai.AsyncOpenAI(base_url=base, api_key=PLATFORM_KEY, max_retries=0) as client,
        client.responses.connect() as connection,
        asyncio.timeout(TIMEOUT_S),
    ):
        await connection.response.create(model="gpt-5.5", input="hello there")
        async for event in connection:
            if event.type == "response.completed":
                break
    assert event.response.output_text.startswith("You said: hello there.")


async def test_previous_response_is_known_on_its_own_connection(
    sockets: SimulatorThread, codex: WebSocketClientConnection, opened: Open
) -> None:
    first = await turn(codex, create())
    previous = first[-1]["response"]["id"]
    second = await turn(codex, create(previous_response_id=previous))
    assert second[-1]["type"] == "response.completed"
    used = [events[-1]["response"]["usage"]["input_tokens"] for events in (first, second)]
    assert used[1] > used[0]  # the first turn is part of the second
    other = await opened(sockets)
    refused = (await turn(other, create(previous_response_id=previous)))[-1]
    assert refused == {
        "type": "error",
        "status": 400,
        "error": {
            "type": "invalid_request_error",
            "code": "previous_response_not_found",
            "message": f"Previous response with id '{previous}' not found.",
            "param": "previous_response_id",
        },
    }


async def test_warm_up_says_nothing_and_can_be_built_upon(
    sockets: SimulatorThread, codex: WebSocketClientConnection
) -> None:
    sockets.plan(PlannedReply("after"))
    warm = await turn(codex, create(generate=False))
    assert [event["type"] for event in warm] == ["response.created", "response.completed"]
    said = await turn(codex, create(input=[], previous_response_id=warm[-1]["response"]["id"]))
    assert [event["text"] for event in said if event["type"] == "response.output_text.done"] == ["after"]


async def test_refused_body_is_an_error_message_and_the_connection_lives(codex: WebSocketClientConnection) -> None:
    refused = (await turn(codex, create(temperature=1)))[-1]
    assert (refused["status"], refused["error"]["message"]) == (400, "Unsupported parameter: temperature")
    assert (await turn(codex, "{"))[-1]["error"]["code"] == "invalid_event"
    assert (await turn(codex, create()))[-1]["type"] == "response.completed"


async def test_full_window_is_told_with_its_headers(start: Start, opened: Open) -> None:
    full = Window(name="5h", length_s=18_000, used=1.0)
    sim = start(Script(websocket=True, accounts=[Account(token=LOGIN, kind="codex", windows=[full])]))
    connection = await opened(sim)
    refused = (await turn(connection, create()))[-1]
    assert (refused["status"], refused["error"]["type"]) == (429, "usage_limit_reached")
    assert refused["headers"]["x-codex-primary-used-percent"] == "100"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault(fault="usage_limit_reached"), 429, None),
        (Fault(fault="overloaded_503"), 503, "server_is_overloaded"),
        (Fault(fault="unauthorized_401"), 401, "token_expired"),
    ],
    ids=["usage limit", "overloaded", "expired"],
)
async def test_fault_is_an_error_message(
    fault: Fault, status: int, code: str | None, sockets: SimulatorThread, codex: WebSocketClientConnection
) -> None:
    sockets.set_faults([fault])
    refused = (await turn(codex, create()))[-1]
    assert (refused["type"], refused["status"], refused["error"].get("code")) == ("error", status, code)
    assert (await turn(codex, create()))[-1]["type"] == "response.completed"


async def test_connection_limit_is_told_and_the_connection_closed(
    sockets: SimulatorThread, codex: WebSocketClientConnection
) -> None:
    sockets.set_faults([Fault(fault="websocket_limit_reached")])
    refused = (await turn(codex, create()))[-1]
    assert refused["error"]["code"] == "websocket_connection_limit_reached"
    assert await asyncio.wait_for(codex.read_message(), TIMEOUT_S) is None


@pytest.mark.parametrize("path", ["", CODEX], ids=["at the first turn", "after the handshake"])
async def test_closed_with_1008(path: str, sockets: SimulatorThread, opened: Open) -> None:
    sockets.set_faults([Fault(fault="websocket_close", path=path)])
    connection = await opened(sockets)
    if not path:
        await connection.write_message(create())
    assert await asyncio.wait_for(connection.read_message(), TIMEOUT_S) is None
    assert connection.close_code == 1008


async def test_cut_stream_gives_its_plan_back(
    sockets: SimulatorThread, codex: WebSocketClientConnection, opened: Open
) -> None:
    sockets.plan(PlannedReply("planned reply"))
    sockets.set_faults([Fault(fault="cut_stream")])
    events = await turn(codex, create())
    assert events[-1] is None
    assert "response.output_text.delta" in [event["type"] for event in events[:-1]]
    again = await opened(sockets)
    said = await turn(again, create())
    assert [event["text"] for event in said if event["type"] == "response.output_text.done"] == ["planned reply"]


def shake_hands(http: httpx.Client, sim: SimulatorThread, path: str, headers: dict[str, str]) -> int:
    asked = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
    asked["sec-websocket-key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    return http.get(sim.url + path, headers=headers | asked).status_code


def test_handshake_is_refused_where_it_is_not_wanted(simulator: SimulatorThread, http: httpx.Client) -> None:
    assert shake_hands(http, simulator, CODEX, CODEX_HEADERS) == 426
    assert shake_hands(http, simulator, "/v1/responses", OPENAI_HEADERS) == 426


def test_wrong_credential_is_refused_before_the_upgrade(sockets: SimulatorThread, http: httpx.Client) -> None:
    assert shake_hands(http, sockets, "/v1/responses", {"authorization": "Bearer nonsense"}) == 401
    assert shake_hands(http, sockets, CODEX, CODEX_HEADERS | {"chatgpt-account-id": "other"}) == 403
