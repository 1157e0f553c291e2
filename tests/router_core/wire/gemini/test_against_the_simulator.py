"""Requests put to the strict simulator over HTTP, whole and streamed, in both forms of a stream; and tool loops in
which another format's client carries the thought signatures."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from router_core.simulator import PlannedCall, PlannedReply, SimulatorThread
from router_core.simulator.replies import WebResult, WebSearch
from router_core.wire.codec import Answering, CountedMinting, codec
from router_core.wire.events import Event, fold
from router_core.wire.format import FormatName
from router_core.wire.gemini import CODEC, count_body
from router_core.wire.gemini.generation import DUMMY_SIGNATURE
from router_core.wire.model import (
    FunctionTool,
    OutputFormat,
    Request,
    Response,
    ServerResult,
    Text,
    Thinking,
    ThinkingSetting,
    ToolCall,
    ToolResult,
    WebSearchTool,
)
from tests.router_core.simulator.asking_gemini import KEY_HEADERS
from tests.router_core.wire.gemini.samples import NEW, NEWEST, OLD, USER, ask, model, target, user

SHELL = FunctionTool("Bash", "Runs.", {"type": "object", "properties": {"command": {"type": "string"}}})
CALLS = (PlannedCall("Bash", {"command": "ä\n"}), PlannedCall("Bash", {"command": "x" * 300}))
SEARCH = WebSearch("routers", (WebResult("https://a.example/1", "First", "It routes."),))


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread() as thread:
        yield thread


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10, trust_env=False) as client:
        yield client


class Asking:
    """One way to put a request to Gemini."""

    def __init__(self, http: httpx.Client, simulator: SimulatorThread, method: str) -> None:
        self._http = http
        self._base = simulator.base_urls["gemini"]
        self._simulator = simulator
        self._method = method

    def __call__(self, request: Request, name: str = NEW, plan: PlannedReply | None = None) -> Response:
        if plan is not None:
            self._simulator.plan(plan)
        body = CODEC.encode_request(request, target(name)).body
        answer = self._http.post(f"{self._base}/models/{name}:{self._method}", json=body, headers=KEY_HEADERS)
        assert answer.status_code == 200, answer.text
        if self._method == "generateContent":
            return CODEC.decode_response(answer.json())
        decoder, events = CODEC.stream_decoder(), list[Event]()
        for start in range(0, len(answer.content), 50):
            events += decoder.feed(answer.content[start : start + 50])
        return fold([*events, *decoder.close()])


@pytest.fixture(params=["generateContent", "streamGenerateContent?alt=sse", "streamGenerateContent"])
def put(request: pytest.FixtureRequest, http: httpx.Client, simulator: SimulatorThread) -> Asking:
    return Asking(http, simulator, request.param)


@pytest.mark.parametrize("name", [OLD, NEW, NEWEST])
def test_text_and_thinking(put: Asking, name: str) -> None:
    plan = PlannedReply(text="Größe 🌍", thinking="Let me see.", cache_read_tokens=8, input_tokens=20)
    answer = put(ask(thinking=ThinkingSetting("on", effort="low")), name, plan)
    assert [type(block) for block in answer.blocks] == [Thinking, Text]
    assert (getattr(answer.blocks[0], "text", ""), getattr(answer.blocks[1], "text", "")) == ("Let me see.", "Größe 🌍")
    assert answer.stop == "end"
    assert (answer.usage.input_tokens, answer.usage.cache_read_tokens) == (12, 8)
    assert answer.usage.reasoning_tokens


def test_structured_output_and_limits(put: Asking) -> None:
    output = OutputFormat("json_schema", {"type": "object", "properties": {"a": {"const": 1}}})
    request = ask(output=output, temperature=0.2, top_p=0.5, top_k=3, seed=5, stop=("X",), max_tokens=500)
    assert put(request, NEW, PlannedReply(text='{"a": 1}')).blocks[0] != ()
    assert put(ask(max_tokens=50), NEW, PlannedReply(text="It was", cut_short=True)).stop == "max_tokens"


def test_refusal(put: Asking) -> None:
    assert put(ask(), NEW, PlannedReply(refusal="no")).stop == "refusal"
    assert put(ask(), NEW, PlannedReply(refusal="prompt:SAFETY")).stop == "refusal"
    assert put(ask(), NEW, PlannedReply(refusal="MALFORMED_FUNCTION_CALL")).stop == "malformed_call"


def test_search(put: Asking) -> None:
    answer = put(ask(tools=(WebSearchTool(),)), NEW, PlannedReply(text="It routes.", searches=(SEARCH,)))
    result = next(block for block in answer.blocks if isinstance(block, ServerResult))
    assert [hit.url for hit in result.hits] == ["https://a.example/1"]
    text = next(block for block in answer.blocks if isinstance(block, Text))
    assert [citation.url for citation in text.citations] == ["https://a.example/1"]
    assert put(ask(tools=(WebSearchTool(), SHELL)), NEW, PlannedReply(text="x")).blocks


@pytest.mark.parametrize("name", [OLD, NEW, NEWEST])
@pytest.mark.parametrize("client", ["gemini", "anthropic", "openai-chat", "openai-responses"])
def test_a_tool_loop_through_a_client_of_any_format(put: Asking, name: str, client: FormatName) -> None:
    """The signatures come back at their places, whoever carried them: the simulator refuses any other."""
    tools = (SHELL,)
    history = [USER]
    for step in range(3):
        plan = PlannedReply(text="I look.", thinking="Hm.", calls=CALLS[: 1 + step % 2])
        answer = put(ask(*history, tools=tools, thinking=ThinkingSetting("on", effort="low")), name, plan)
        calls = [block for block in answer.blocks if isinstance(block, ToolCall)]
        assert [call.name for call in calls] == ["Bash"] * (1 + step % 2)
        assert answer.stop == "tool_use"
        history.append(model(*carried(answer, client)))
        history.append(user(*(ToolResult(call.id, (Text("ok"),)) for call in calls)))
    put(ask(*history, tools=tools), name, PlannedReply(text="done"))
    sent = CODEC.encode_request(ask(*history, tools=tools), target(name)).body["contents"]
    steps = [
        [part for part in content["parts"] if "functionCall" in part] for content in sent if content["role"] == "model"
    ]
    signatures = [step[0]["thoughtSignature"] for step in steps if step]
    assert len(signatures) == 3
    assert DUMMY_SIGNATURE not in signatures


def carried(answer: Response, client: FormatName) -> tuple[Any, ...]:
    """The blocks of an answer after a client got them in its own format and gave them back."""
    form = codec(client)
    asked = replace(ask(tools=(SHELL,)), include_proofs=True)
    body = form.encode_response(answer, Answering(asked, "m", CountedMinting()))
    match client:
        case "gemini":
            returned: dict[str, Any] = {"contents": [body["candidates"][0]["content"]]}
        case "anthropic":
            returned = {"model": "m", "max_tokens": 9, "messages": [{"role": "assistant", "content": body["content"]}]}
        case "openai-chat":
            returned = {"model": "m", "messages": [body["choices"][0]["message"]]}
        case "openai-responses":
            returned = {"model": "m", "input": body["output"]}
    messages = form.decode_request(returned).messages
    return tuple(block for message in messages for block in message.blocks)


def test_counting(http: httpx.Client, simulator: SimulatorThread) -> None:
    request = ask(USER, tools=(SHELL,), system=(Text("Be kind."),))
    url = f"{simulator.base_urls['gemini']}/models/{NEW}:countTokens"
    answer = http.post(url, json=count_body(request, target()), headers=KEY_HEADERS)
    assert answer.status_code == 200, answer.text
    assert answer.json()["totalTokens"] > 0
