"""The Responses API over a WebSocket: each `response.create` is answered with the events of an HTTP stream.

A turn is turned into the HTTP request that says the same, so all rules, windows, plans and faults hold. Only the
connection remembers: `previous_response_id` names a response that this very socket made.
"""

import asyncio
import socket as sockets
import struct
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from tornado.iostream import StreamClosedError

from router_core.simulator.answers import Answer, Frame
from router_core.simulator.call import Call, Headers, Json
from router_core.simulator.fault_answers import Provider, fault_answer
from router_core.simulator.fault_streams import Delivery, deliver_with_fault
from router_core.simulator.responses_prompt import input_items
from router_core.simulator.script import ANSWER_FAULTS, Fault, Pace
from router_core.simulator.seen import Outcome, Record, Recorder
from router_core.simulator.websocket import POLICY_VIOLATION, Socket
from router_core.simulator.world import World

PATHS = ("/v1/responses", "/backend-api/codex/responses")

MAX_REMEMBERED = 100

_NOT_IN_BODY = ("type", "generate", "previous_response_id", "stream_id")

type Answerer = Callable[[World, Provider, Call], Answer]


class Turns:
    """The turns of one socket.

    Args:
        opened: the request that opened it; its headers hold for every turn.
        answer: what the provider says to the HTTP request that a turn stands for.
    """

    def __init__(
        self, socket: Socket, opened: Call, world: World, recorder: Recorder, pace: Pace, answer: Answerer
    ) -> None:
        self._socket, self._opened, self._world = socket, opened, world
        self._recorder, self._pace, self._answer = recorder, pace, answer
        self._provider: Provider = "codex" if opened.path.startswith("/backend-api/") else "openai"
        self._known: OrderedDict[str, list[Json]] = OrderedDict()

    async def serve(self) -> Outcome:
        """Answer turn after turn, until the socket closes."""
        try:
            async for text in self._socket.messages():
                if not await self._turn(text):
                    return "cut"
        except StreamClosedError:
            return "client_closed"
        return "complete"

    async def _turn(self, text: str) -> bool:
        """Answer one message; False when it was the last one."""
        opened, frame = self._opened, _object(text)
        if frame is not None and frame.get("type") == "response.processed":
            return True
        now = self._world.clock.now()
        record = self._recorder.begin(Call("WS", opened.path, opened.query, opened.headers, text.encode(), now))
        record.seen.status = 200
        outcome: Outcome = "client_closed"
        try:
            outcome = await self._answer_turn(frame, record)
        finally:
            self._recorder.finish(record, outcome)
        return outcome == "complete"

    async def _answer_turn(self, frame: Json | None, record: Record) -> Outcome:
        if frame is None or frame.get("type") != "response.create":
            kind = frame.get("type") if frame else None
            error = {"type": "invalid_request_error", "code": "invalid_event", "param": "type"}
            return await self._error(record, 400, error | {"message": f"Unknown event type: {kind!r}."})
        body = {name: value for name, value in frame.items() if name not in _NOT_IN_BODY} | {"stream": True}
        previous = frame.get("previous_response_id")
        if previous is not None:
            history = self._known.get(str(previous))
            if history is None:
                text = f"Previous response with id '{previous}' not found."
                error = {"type": "invalid_request_error", "code": "previous_response_not_found", "message": text}
                return await self._error(record, 400, error | {"param": "previous_response_id"})
            body["input"] = [*history, *input_items(body)]
        opened = self._opened
        call = Call("POST", opened.path, opened.query, opened.headers, orjson.dumps(body), self._world.clock.now())
        call.websocket = True
        fault = self._world.faults.next_for(call)
        record.seen.fault = fault.fault if fault else ""
        if frame.get("generate") is False and fault is None:
            return await self._warm_up(record, call, body)
        if fault is not None:
            ended = await self._strike_first(record, call, fault)
            if ended is not None:
                return ended
        answer = self._answer(self._world, self._provider, call)
        if answer.status >= 400 or answer.frames is None:
            return await self._refuse(record, answer)
        if self._provider == "codex":
            await self._send(record, _rate_limits(answer.headers))
        delivery = Delivery(answer)
        if fault is not None:
            delivery = deliver_with_fault(self._world, self._provider, call.path, answer, fault)
            if fault.fault not in ("slow_stream", "stall_before_headers"):
                self._world.give_back(call)
        outcome = await self._deliver(record, delivery)
        if outcome == "complete":
            self._remember(input_items(body), answer.frames)
        return outcome

    async def _strike_first(self, record: Record, call: Call, fault: Fault) -> Outcome | None:
        """Faults that leave no room for a reply; None when the reply is to begin."""
        match fault.fault:
            case "websocket_limit_reached":
                text = "Responses websocket connection limit reached (60 minutes). Create a new websocket connection "
                error = {"type": "invalid_request_error", "code": "websocket_connection_limit_reached"}
                await self._error(record, 400, error | {"message": f"{text}to continue.", "param": None})
                await self._socket.close()
                return "cut"
            case "websocket_close":
                await self._socket.close(int(fault.code or POLICY_VIOLATION), fault.body or "")
                return "cut"
            case "garbage":
                await self._socket.send_bytes(b"\x00not a Responses event")
                return "complete"
            case "close_before_headers":
                self._socket.stream.close()
                return "cut"
            case "reset" if fault.at_event is None:
                self._reset()
                return "cut"
            case "stall_before_headers":
                await self._wait(fault.delay_s)
                return None
            case name if name in ANSWER_FAULTS:
                return await self._refuse(record, fault_answer(self._world, call, self._provider, fault))
            case _:
                return None

    async def _warm_up(self, record: Record, call: Call, body: Json) -> Outcome:
        """`generate: false`: the prompt is read, nothing is said; the next turn may build on it."""
        response_id = self._world.ids.take(call).make("resp_")
        usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        response: Json = {"id": response_id, "object": "response", "model": body.get("model"), "output": []}
        created = {"type": "response.created", "sequence_number": 0}
        await self._send(record, created | {"response": response | {"status": "in_progress", "usage": None}})
        done = {"type": "response.completed", "sequence_number": 1}
        await self._send(record, done | {"response": response | {"status": "completed", "usage": usage}})
        self._keep(response_id, input_items(body))
        return "complete"

    async def _deliver(self, record: Record, delivery: Delivery) -> Outcome:
        delay_s = self._pace.delay_s if delivery.delay_s is None else delivery.delay_s
        await self._send_frames(record, delivery.answer.frames or [], delay_s)
        match delivery.ending:
            case "close":
                self._socket.stream.close()
                return "cut"
            case "reset":
                self._reset()
                return "cut"
            case "stall":
                await self._wait(delivery.stall_s)
                await self._send_frames(record, delivery.rest, delay_s)
            case "complete":
                pass
        return "complete"

    async def _send_frames(self, record: Record, frames: Sequence[Frame], delay_s: float) -> None:
        for frame in frames:
            data = _data_of(frame)
            await self._socket.send(data)
            record.sent(data.encode())
            if delay_s:
                await asyncio.sleep(delay_s)

    def _remember(self, items: list[Json], frames: Sequence[Frame]) -> None:
        events = [orjson.loads(_data_of(frame)) for frame in frames]
        output = [event["item"] for event in events if event["type"] == "response.output_item.done"]
        self._keep(events[0]["response"]["id"], [*items, *output])

    def _keep(self, response_id: str, items: list[Json]) -> None:
        self._known[response_id] = items
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)

    async def _refuse(self, record: Record, answer: Answer) -> Outcome:
        """An HTTP refusal as an error message."""
        payload = _object(answer.body.decode(errors="replace")) or {}
        error = payload.get("error")
        if not isinstance(error, dict):
            error = {"type": "invalid_request_error", "message": str(payload.get("detail", "upstream error"))}
        told = {name: value for name, value in answer.headers if name.startswith(("x-", "retry-after"))}
        return await self._error(record, answer.status, error, told)

    async def _error(self, record: Record, status: int, error: Json, headers: Json | None = None) -> Outcome:
        record.seen.status = status
        told = {"headers": headers} if headers else {}
        await self._send(record, {"type": "error", "status": status, "error": error, **told})
        return "complete"

    async def _send(self, record: Record, event: Json) -> None:
        text = orjson.dumps(event).decode()
        await self._socket.send(text)
        record.sent(text.encode())

    async def _wait(self, seconds: float | None) -> None:
        """Say nothing for so long, or until the client goes. Raises StreamClosedError."""
        gone = asyncio.Event()
        self._socket.stream.set_close_callback(gone.set)
        try:
            await asyncio.wait_for(gone.wait(), seconds)
        except TimeoutError:
            return
        raise StreamClosedError

    def _reset(self) -> None:
        sock: sockets.socket = self._socket.stream.socket
        sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.stream.close()


def _object(text: str) -> Json | None:
    try:
        value: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _data_of(frame: Frame) -> str:
    return frame.data.split(b"data: ", 1)[1].strip().decode()


def _rate_limits(headers: Headers) -> Json:
    """`codex.rate_limits`: the windows that HTTP tells in headers."""
    told = dict(headers)
    windows: Json = {}
    for slot in ("primary", "secondary"):
        used = told.get(f"x-codex-{slot}-used-percent")
        windows[slot] = used and {
            "used_percent": float(used),
            "window_minutes": int(told[f"x-codex-{slot}-window-minutes"]),
            "reset_at": int(told[f"x-codex-{slot}-reset-at"]),
        }
    credits = {"has_credits": False, "unlimited": False, "balance": "0"}
    plan = told.get("x-codex-plan-type")
    return {"type": "codex.rate_limits", "plan_type": plan, "rate_limits": windows, "credits": credits}
