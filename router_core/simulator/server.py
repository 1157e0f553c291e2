"""The simulator as an HTTP server: one port for all providers, told apart by path and headers."""

import asyncio
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)

from router_core.clock import Clock, SystemClock
from router_core.simulator.answers import Answer, Refusal
from router_core.simulator.anthropic import answer_anthropic
from router_core.simulator.call import Call
from router_core.simulator.code_assist import PREFIX, answer_code_assist
from router_core.simulator.codex import answer_codex, turn_state
from router_core.simulator.codex_rules import authenticate as authenticate_codex
from router_core.simulator.control import CONTROL_PREFIX, answer_control
from router_core.simulator.copilot import PREFIX as COPILOT_PREFIX
from router_core.simulator.copilot import USER_PATH as COPILOT_USER_PATH
from router_core.simulator.copilot import answer_copilot
from router_core.simulator.fault_answers import Provider, error_body_answer, fault_answer
from router_core.simulator.fault_streams import Delivery, deliver_with_fault
from router_core.simulator.faults import FaultBook
from router_core.simulator.gemini import answer_gemini
from router_core.simulator.huge import huge_parts
from router_core.simulator.oauth import oauth_answerer
from router_core.simulator.oauth_book import Chain, Server
from router_core.simulator.ollama import PREFIX as OLLAMA_PREFIX
from router_core.simulator.ollama import answer_ollama
from router_core.simulator.openai import answer_openai
from router_core.simulator.openai_auth import authenticate as authenticate_openai
from router_core.simulator.planned import PlanMismatch, PlannedReply
from router_core.simulator.script import ANSWER_FAULTS, Fault, Pace, Person, Script
from router_core.simulator.seen import Outcome, Recorder, SeenRequest
from router_core.simulator.sending import ClientGone, Line, choose_encoding, send_delivery, send_huge
from router_core.simulator.vertex import answer_vertex, is_vertex
from router_core.simulator.websocket import POLICY_VIOLATION, Socket, accept_upgrade, is_upgrade
from router_core.simulator.websocket_responses import PATHS, Turns
from router_core.simulator.world import World

MAX_REQUEST_BYTES = 256 * 1024 * 1024
BACKLOG = 1024

GARBAGE = b"\x16\x03\x01 this is not HTTP\r\n\r\n"


class Simulator:
    """Stands in for Anthropic, the OpenAI platform, the ChatGPT Codex backend, and Gemini at each of
    Google's services.

    Args:
        port: 0 takes a free one; see `url` after `start`.
    """

    def __init__(
        self, script: Script | None = None, *, host: str = "127.0.0.1", port: int = 0, clock: Clock | None = None
    ) -> None:
        self._script = script or Script()
        self._host, self._port = host, port
        self._clock: Clock = clock or SystemClock()
        self._pace = self._script.pace
        self._recorder = Recorder()
        self._world = World(self._script, self._clock)
        self._server: HTTPServer | None = None
        self._running: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def base_urls(self) -> dict[str, str]:
        """What each provider's `base_url` is, by the provider's usual config name."""
        return {
            "claude": self.url,
            "openai": f"{self.url}/v1",
            "codex": f"{self.url}/backend-api/codex",
            "gemini": f"{self.url}/v1beta",
            "gemini-cli": self.url,
            "antigravity": self.url,
            "vertex": self.url,
            "copilot": f"{self.url}/copilot-api",
            "ollama": f"{self.url}/ollama/v1",
        }

    @property
    def requests(self) -> list[SeenRequest]:
        """What was asked and answered so far, control calls excluded."""
        return self._recorder.snapshot()

    @property
    def recorder(self) -> Recorder:
        return self._recorder

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = socket.create_server((self._host, self._port), family=family, backlog=BACKLOG)
        listening.setblocking(False)
        self._port = listening.getsockname()[1]
        self._server = HTTPServer(
            _Front(self), max_body_size=MAX_REQUEST_BYTES, max_buffer_size=MAX_REQUEST_BYTES + 1024 * 1024
        )
        self._server.add_sockets([listening])

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is None:
            return
        self._server.stop()
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._server.close_all_connections()
        self._server = None

    def set_faults(self, faults: list[Fault]) -> None:
        """Replace the fault rows; their counters start anew."""
        self._world.faults = FaultBook(faults)

    def plan(self, *replies: PlannedReply) -> None:
        """Answer the next accepted requests with these, one each; then the simulator is itself again."""
        self._world.plans.add(*replies)

    def set_pace(self, pace: Pace) -> None:
        self._pace = pace

    def log_in(self, server: Server, person: Person | None = None) -> Chain:
        """A login that somebody made before: its tokens are good from now on."""
        return self._world.oauth.begin(server, person or self._script.oauth.people[0])

    @property
    def logins(self) -> list[Chain]:
        """Every login, with how often it was renewed and how often an old refresh token came back."""
        return self._world.oauth.chains

    def reset(self) -> None:
        """Back to the script: windows, faults, pace, ids, logins; nothing planned, nothing seen."""
        self._world = World(self._script, self._clock)
        self._pace = self._script.pace
        self._recorder.clear()

    def accept(self, call: Call, connection: HTTP1Connection) -> None:
        """Answer one complete request in a task of its own."""
        task = asyncio.get_running_loop().create_task(self._serve(call, connection))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _serve(self, call: Call, connection: HTTP1Connection) -> None:
        if call.path.startswith(CONTROL_PREFIX):
            line = Line(connection, Recorder().begin(call))
            try:
                await send_delivery(line, Delivery(answer_control(self, call)), Pace(), "")
            except ClientGone:
                return
            return
        record = self._recorder.begin(call)
        line = Line(connection, record)
        outcome: Outcome = "cut"
        try:
            call.websocket = self._script.websocket and call.path in PATHS and is_upgrade(call)
            fault = self._world.faults.next_for(call)
            record.seen.fault = fault.fault if fault else ""
            outcome = await self._answer(call, line, fault)
        except ClientGone:
            outcome = "client_closed"
        except BaseException:
            line.cut()  # a bug of ours, or stop(): never leave the client hanging
            raise
        finally:
            self._recorder.finish(record, outcome)

    async def _answer(self, call: Call, line: Line, fault: Fault | None) -> Outcome:
        provider = provider_of(call)
        encoding = choose_encoding(call.header("accept-encoding")) if self._script.compress else ""
        if fault is not None:
            match fault.fault:
                case name if name in ANSWER_FAULTS:
                    answer = fault_answer(self._world, call, provider, fault)
                    return await send_delivery(line, Delivery(answer), self._pace, encoding)
                case "close_before_headers":
                    line.cut()
                    return "cut"
                case "websocket_close":
                    return await self._open(call, line, fault)
                case "reset" if fault.at_event is None:
                    line.reset()
                    return "cut"
                case "garbage":
                    await line.raw(GARBAGE)
                    line.cut()
                    return "cut"
                case "stall_before_headers":
                    await line.stall(fault.delay_s)
                    fault = None
                case _:
                    pass  # strikes inside the reply
        if call.websocket:
            return await self._open(call, line, None)
        answer = answer_call(self._world, provider, call)
        if fault is None or answer.status >= 400:
            delivery = Delivery(answer)
        elif fault.fault == "huge_body":
            status = fault.status or 200
            if status >= 400:
                answer = error_body_answer(self._world, provider, status, "@", fault.code)
            head, filler, tail = huge_parts(answer)
            return await send_huge(line, head, filler, tail, fault.size_bytes, answer)
        else:
            speaks: Provider = "anthropic" if call.path.endswith(("rawPredict", "RawPredict")) else provider
            delivery = deliver_with_fault(self._world, speaks, call.path, answer, fault)
            if fault.fault not in ("slow_stream", "broken_arguments"):
                self._world.give_back(call)
        return await send_delivery(line, delivery, self._pace, encoding)

    async def _open(self, call: Call, line: Line, fault: Fault | None) -> Outcome:
        """Turn a connection into a Responses WebSocket and serve it until it closes."""
        provider = provider_of(call)
        authenticate = authenticate_codex if provider == "codex" else authenticate_openai
        try:
            account = authenticate(self._world, call)
        except Refusal as refusal:
            return await send_delivery(line, Delivery(refusal.answer), self._pace, "")
        headers, extensions = accept_upgrade(call)
        if provider == "codex":
            headers += [("x-codex-turn-state", turn_state(account)), ("x-reasoning-included", "true")]
        await line.start(101, headers)
        socket = Socket(line.detach(), extensions)
        try:
            if fault is not None:
                await socket.close(int(fault.code or POLICY_VIOLATION), fault.body or "")
                return "cut"
            return await Turns(socket, call, self._world, self._recorder, self._pace, answer_call).serve()
        finally:
            socket.stream.close()


def provider_of(call: Call) -> Provider:
    """Which provider a request is meant for."""
    if call.path.startswith(("/backend-api/", "/oauth/", "/api/accounts/", "/codex/")):
        return "codex"
    if call.path.startswith((f"{COPILOT_PREFIX}/", COPILOT_USER_PATH)):
        return "copilot"
    if call.path.startswith(f"{OLLAMA_PREFIX}/"):
        return "ollama"
    if call.path.startswith(("/v1beta/", PREFIX)) or is_vertex(call.path):
        return "gemini"
    if call.path.startswith(("/v1/chat/", "/v1/responses")):
        return "openai"
    if call.path.startswith(("/v1/messages", "/v1/oauth/", "/api/")) or call.header("anthropic-version"):
        return "anthropic"
    return "openai"


_ANSWERERS: dict[Provider, Callable[[World, Call], Answer]] = {
    "anthropic": answer_anthropic,
    "openai": answer_openai,
    "codex": answer_codex,
    "gemini": answer_gemini,
    "copilot": answer_copilot,
    "ollama": answer_ollama,
}


def answer_call(world: World, provider: Provider, call: Call) -> Answer:
    """What that provider answers when nothing is wrong with it."""
    answer = oauth_answerer(call) or _ANSWERERS[provider]
    if call.path.startswith(PREFIX):
        answer = answer_code_assist
    elif is_vertex(call.path):
        answer = answer_vertex
    try:
        return answer(world, call)
    except PlanMismatch as error:
        return error_body_answer(world, provider, 400, f"simulator: {error}", None)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # The rules check what clients get wrong, not the type of every field; the providers do that too, with a 400.
        return error_body_answer(world, provider, 400, f"A field of the request has the wrong type ({error!r}).", None)


@dataclass(slots=True)
class _Front(HTTPServerConnectionDelegate):
    """Tornado's side: makes a `Call` of each request."""

    simulator: Simulator

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        if not isinstance(request_conn, HTTP1Connection):
            raise TypeError("the simulator speaks HTTP/1.1 only")
        return _Incoming(self.simulator, request_conn)


class _Incoming(HTTPMessageDelegate):
    """Collects one request."""

    def __init__(self, simulator: Simulator, connection: HTTP1Connection) -> None:
        self._simulator = simulator
        self._connection = connection
        self._chunks: list[bytes] = []
        self._method = self._target = ""
        self._headers: list[tuple[str, str]] = []

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        if isinstance(start_line, RequestStartLine):
            self._method, self._target = start_line.method, start_line.path
        self._headers = list(headers.get_all())

    def data_received(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    def finish(self) -> None:
        path, _, query = self._target.partition("?")
        at = self._simulator._clock.now()
        call = Call(self._method, unquote(path), query, self._headers, b"".join(self._chunks), at)
        self._simulator.accept(call, self._connection)

    def on_connection_close(self) -> None:
        self._chunks.clear()


async def serve_until_signal(script: Script, host: str, port: int) -> None:
    """Run in front until SIGINT or SIGTERM."""
    simulator = Simulator(script, host=host, port=port)
    await simulator.start()
    print(f"simulator: {simulator.url}", flush=True)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
    await simulator.stop()


def run_simulator(script: Script, host: str = "127.0.0.1", port: int = 0) -> None:
    """Blocking form of the above, for the command line. Raises OSError when the port is taken."""
    asyncio.run(serve_until_signal(script, host, port))
