"""The known oddities of providers' streams, seen by each of the four clients, by value.

What each codec makes of its own provider's oddities is tested beside the codec. Here the same recorded bytes go through
to a client of each format, and that client's own decoder must find the answer that a person would read in them.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from router_core.trace.record import Usage
from router_core.wire.codec import Encoded
from router_core.wire.events import fold
from router_core.wire.format import FormatName
from router_core.wire.model import Response, StopReason, Text, Thinking, ToolCall
from router_core.wire.transcode import StreamTranscoder
from tests.laws.formats import FORMATS, answering, check_stream, decoded, own


def sse(*events: Any, end: bytes = b"\n\n") -> bytes:
    """Event-stream bytes; a string stands as it is."""
    lines = [event if isinstance(event, bytes) else b"data: " + json.dumps(event).encode() for event in events]
    return end.join([*lines, b""])


def chat(*choices: dict[str, Any], usage: dict[str, int] | None = None) -> list[Any]:
    """Chat chunks, the last with the usage and no choices."""
    head = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunks: list[Any] = [{**head, "choices": [{"index": 0, "finish_reason": None, **choice}]} for choice in choices]
    if usage:
        chunks.append({**head, "choices": [], "usage": usage})
    return chunks


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"delta": fields, "finish_reason": finish}


def call(index: int | None, arguments: str, id: str | None = None, name: str | None = None) -> dict[str, Any]:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    fragment: dict[str, Any] = {"function": function} | ({} if index is None else {"index": index})
    return fragment | ({"id": id, "type": "function"} if id else {})


def response(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **fields}


def completed(output: list[Any], **fields: Any) -> dict[str, Any]:
    usage = {"input_tokens": 10, "output_tokens": 5}
    whole = {"id": "resp_1", "model": "m", "created_at": 1, "status": "completed", "usage": usage, "output": output}
    return response("completed", response=whole | fields)


CREATED = response("created", response={"id": "resp_1", "model": "m", "created_at": 1})
DONE = b"data: [DONE]"
TOKENS = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def function(n: int, arguments: str = "") -> dict[str, Any]:
    return {"id": f"fc_{n}", "type": "function_call", "call_id": f"call_{n}", "name": "look", "arguments": arguments}


def gemini(*parts: dict[str, Any], **candidate: Any) -> dict[str, Any]:
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
    content = {"role": "model", "parts": list(parts)}
    return {"candidates": [{"index": 0, "content": content, **candidate}], "usageMetadata": usage, "responseId": "g1"}


@dataclass(frozen=True)
class Weird:
    """Odd bytes of a provider, and what they say."""

    provider: FormatName
    stream: bytes
    text: str = ""
    thoughts: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    stop: StopReason = "end"
    tokens: tuple[int, int] | None = (10, 5)


TWO = [("look", {"a": 1}), ("look", {"b": "ü"})]
HEAD = {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
        "content": [], "usage": {"input_tokens": 10, "output_tokens": 1}}}  # fmt: skip


def claude(*events: dict[str, Any], stop: str = "end_turn") -> bytes:
    ending: list[Any] = [
        {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
    named = [b"event: %b\ndata: %b" % (e["type"].encode(), json.dumps(e).encode()) for e in (HEAD, *events, *ending)]
    return sse(*named)


def started(index: int, block: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


WEIRD = {
    "chat: a call whose index is empty": Weird(
        "openai-chat",
        sse(*chat(delta(tool_calls=[{**call(None, "", "call_1", "look"), "index": ""}]),
                  delta(tool_calls=[{**call(None, '{"a":1}'), "index": None}]), delta("tool_calls"), usage=TOKENS),
            DONE),
        calls=TWO[:1], stop="tool_use",
    ),
    "chat: all arguments in one chunk, and `stop` although a tool is called": Weird(
        "openai-chat",
        sse(*chat(delta(content="Let me."), delta(tool_calls=[call(0, '{"a": 1}', "call_1", "look")]), delta("stop"),
                  usage=TOKENS), DONE),
        text="Let me.", calls=TWO[:1], stop="tool_use",
    ),
    "chat: parallel calls whose fragments alternate": Weird(
        "openai-chat",
        sse(*chat(delta(tool_calls=[call(0, "", "call_1", "look")]), delta(tool_calls=[call(1, "", "call_2", "look")]),
                  delta(tool_calls=[call(1, '{"b":')]), delta(tool_calls=[call(0, '{"a"')]),
                  delta(tool_calls=[call(1, '"ü"}'), call(0, ":1}")]), delta("tool_calls"), usage=TOKENS), DONE),
        calls=TWO, stop="tool_use",
    ),
    "chat: two calls of one id": Weird(
        "openai-chat",
        sse(*chat(delta(tool_calls=[call(0, '{"a":1}', "call_1", "look")]),
                  delta(tool_calls=[call(1, '{"b":"ü"}', "call_1", "look")]), delta("tool_calls"), usage=TOKENS), DONE),
        calls=TWO, stop="tool_use",
    ),
    "chat: `reasoning` and `reasoning_content` say the same": Weird(
        "openai-chat",
        sse(*chat(delta(reasoning="Hm", reasoning_content="Hm"), delta(reasoning="m.", reasoning_content="m."),
                  delta(content="Hi"), delta("stop"), usage=TOKENS), DONE),
        text="Hi", thoughts="Hmm.",
    ),
    "chat: comments, no [DONE], usage only beside no choices": Weird(
        "openai-chat",
        sse(b": OPENROUTER PROCESSING", *chat(delta(content="Hi")), b": still", *chat(delta("stop"), usage=TOKENS)),
        text="Hi",
    ),
    "responses: arguments only in `.done`, nothing in the last event's output": Weird(
        "openai-responses",
        sse(CREATED, response("output_item.added", output_index=0, item=function(1)),
            response("function_call_arguments.done", output_index=0, item_id="fc_1", arguments='{"a":1}'),
            response("output_item.done", output_index=0, item=function(1, '{"a":1}')), completed([])),
        calls=TWO[:1], stop="tool_use",
    ),
    "responses: items never announced": Weird(
        "openai-responses",
        sse(CREATED, response("output_item.done", output_index=0, item=function(1, '{"a":1}')),
            response("output_item.done", output_index=1, item=function(2, '{"b":"ü"}')), completed([])),
        calls=TWO, stop="tool_use",
    ),
    "responses: parallel calls that alternate": Weird(
        "openai-responses",
        sse(CREATED, response("output_item.added", output_index=0, item=function(1)),
            response("output_item.added", output_index=1, item=function(2)),
            response("function_call_arguments.delta", output_index=1, item_id="fc_2", delta='{"b":'),
            response("function_call_arguments.delta", output_index=0, item_id="fc_1", delta='{"a":1}'),
            response("function_call_arguments.delta", output_index=1, item_id="fc_2", delta='"ü"}'),
            response("output_item.done", output_index=1, item=function(2, '{"b":"ü"}')),
            response("output_item.done", output_index=0, item=function(1, '{"a":1}')), completed([])),
        calls=TWO, stop="tool_use",
    ),
    "responses: the answer only in the last event": Weird(
        "openai-responses",
        sse(CREATED, completed([{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
                                 "content": [{"type": "output_text", "text": "Hi", "annotations": []}]}])),
        text="Hi",
    ),
    "gemini: two calls without ids, `STOP`, lines end in \\r\\n": Weird(
        "gemini",
        sse(gemini({"functionCall": {"name": "look", "args": {"a": 1}}},
                   {"functionCall": {"name": "look", "args": {"b": "ü"}}}, finishReason="STOP"), end=b"\r\n\r\n"),
        calls=TWO, stop="tool_use",
    ),
    "gemini: a thought, words and a call in one frame": Weird(
        "gemini",
        sse(gemini({"text": "Hmm.", "thought": True}, {"text": "Hi"},
                   {"functionCall": {"name": "look", "args": {"a": 1}}, "thoughtSignature": "QUJD"}),
            gemini({"text": ""}, finishReason="STOP")),
        text="Hi", thoughts="Hmm.", calls=TWO[:1], stop="tool_use",
    ),
    "anthropic: the whole input in the block's start": Weird(
        "anthropic",
        claude(started(0, {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"a": 1}}),
               {"type": "content_block_stop", "index": 0}),
        calls=TWO[:1], stop="tool_use",
    ),
    "anthropic: two calls of one id, blocks that never stop": Weird(
        "anthropic",
        claude(started(0, {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}),
               {"type": "content_block_delta", "index": 0,
                "delta": {"type": "input_json_delta", "partial_json": '{"a":1}'}},
               started(1, {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}),
               {"type": "content_block_delta", "index": 1,
                "delta": {"type": "input_json_delta", "partial_json": '{"b":"ü"}'}}, stop="tool_use"),
        calls=TWO, stop="tool_use",
    ),
}  # fmt: skip


def read(weird: Weird, client: FormatName, size: int | None) -> tuple[bytes, Response]:
    """What the client is sent, and what it reads in it."""
    provider, of = own(weird.provider)[0], own(client)[0]
    transcoder = StreamTranscoder(provider, of, Encoded({}), answering())
    stream, step = weird.stream, size or len(weird.stream)
    parts = [transcoder.feed(stream[at : at + step]) for at in range(0, len(stream), step)]
    out = b"".join([*parts, transcoder.close()])
    return out, fold(decoded(of, [out]))


@pytest.mark.parametrize("client", FORMATS)
@pytest.mark.parametrize("name", WEIRD)
def test_an_odd_stream_reads_as_it_was_meant(name: str, client: FormatName) -> None:
    weird = WEIRD[name]
    out, answer = read(weird, client, None)
    check_stream(client, out)
    calls = [block for block in answer.blocks if isinstance(block, ToolCall)]
    assert "".join(block.text for block in answer.blocks if isinstance(block, Text)) == weird.text
    assert "".join(block.text for block in answer.blocks if isinstance(block, Thinking)) == weird.thoughts
    assert [(call.name, json.loads(call.arguments)) for call in calls] == weird.calls
    assert len({call.id for call in calls}) == len(calls), "a client keeps results by the call's id"
    assert answer.stop == weird.stop
    assert isinstance(answer.usage, Usage)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == weird.tokens


@pytest.mark.parametrize("client", FORMATS)
@pytest.mark.parametrize("name", WEIRD)
def test_an_odd_stream_in_single_bytes_is_the_same(name: str, client: FormatName) -> None:
    assert read(WEIRD[name], client, 1)[0] == read(WEIRD[name], client, None)[0]
