"""Streams, both ways: recorded and odd ones, cut anywhere, read by the official SDK."""

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import anthropic
import orjson
import pytest
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

from router_core.trace.record import Usage
from router_core.wire.anthropic.stream_decoder import AnthropicDecoder
from router_core.wire.events import (
    BlockStart,
    BlockStop,
    CitationDelta,
    Delta,
    Event,
    KeepAlive,
    MessageStart,
    MessageStop,
    ProofDelta,
    StreamError,
    fold,
    unfold,
)
from router_core.wire.model import (
    Citation,
    Media,
    Proof,
    Refusal,
    Response,
    ServerCall,
    Text,
    Thinking,
    ToolCall,
    WireFault,
)
from router_core.wire.proof import unseal
from router_core.wire.sse import RecordSplitter, records
from tests.router_core.wire.anthropic.samples import CODEC, RESPONSES, answering
from tests.router_core.wire.golden import StreamCase, golden_streams

CASES = [case for case in golden_streams() if case.format == "anthropic"]
EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
HTTP: Any = import_module(anthropic.DefaultHttpxClient.__mro__[-2].__module__.partition(".")[0])
"""The HTTP library of the installed SDK: `httpx`, in newer versions `httpx2`."""
FAULT = WireFault(529, "overloaded", "Overloaded")


def decoded(stream: bytes, size: int | None = None) -> list[Event]:
    decoder = CODEC.stream_decoder()
    out: list[Event] = []
    for start in range(0, len(stream), size or len(stream) or 1):
        out += decoder.feed(stream[start : start + (size or len(stream))])
    out += decoder.close()
    assert decoder.close() == []
    assert decoder.feed(b'data: {"type":"ping"}\n\n') == []
    return out


def encoded(events: list[Event], **more: Any) -> bytes:
    encoder = CODEC.stream_encoder(answering(**more))
    return b"".join(encoder.send(event) for event in events)


def frames(stream: bytes) -> list[dict[str, Any]]:
    out = []
    for record in records(RecordSplitter().feed(stream)):
        data = orjson.loads(record.data)
        assert data["type"] == record.event.decode()
        out.append(data)
    return out


def sse(*events: dict[str, Any]) -> bytes:
    return b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)


def as_anthropic_streams(message: dict[str, Any]) -> bytes:
    """A whole answer as Anthropic streams it."""

    def events() -> Iterator[dict[str, Any]]:
        start = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
        start.pop("stop_details", None)
        yield {"type": "message_start", "message": {**start, "usage": {**message["usage"], "output_tokens": 1}}}
        for index, block in enumerate(message["content"]):
            deltas: list[dict[str, Any]] = []
            match block["type"]:
                case "text":
                    opening: dict[str, Any] = {key: [] if key == "citations" else "" for key in block if key != "type"}
                    opening["type"] = "text"
                    deltas = [{"type": "text_delta", "text": letter} for letter in block["text"]]
                    deltas += [{"type": "citations_delta", "citation": item} for item in block.get("citations") or []]
                    opening.pop("citations", None)
                case "thinking":
                    opening = {"type": "thinking", "thinking": "", "signature": ""}
                    deltas = [{"type": "thinking_delta", "thinking": word} for word in block["thinking"].partition(" ")]
                    deltas.append({"type": "signature_delta", "signature": block["signature"]})
                case "tool_use" | "server_tool_use":
                    opening = {**block, "input": {}}
                    written = json.dumps(block["input"], ensure_ascii=False, separators=(",", ":"))
                    if block["input"]:
                        deltas = [
                            {"type": "input_json_delta", "partial_json": written[i : i + 3]}
                            for i in range(0, len(written), 3)
                        ]
                case _:
                    opening = block
            yield {"type": "content_block_start", "index": index, "content_block": opening}
            for delta in deltas:
                yield {"type": "content_block_delta", "index": index, "delta": delta}
            yield {"type": "content_block_stop", "index": index}
        delta = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details") if key in message}
        yield {"type": "message_delta", "delta": delta, "usage": message["usage"]}
        yield {"type": "message_stop"}

    return b"".join(
        b"event: " + event["type"].encode() + b"\ndata: " + orjson.dumps(event) + b"\n\n" for event in events()
    )


def read_by_the_sdk(stream: bytes) -> anthropic.types.Message:
    """What the official client makes of a stream."""

    def answer(_: Any) -> Any:
        return HTTP.Response(200, headers={"content-type": "text/event-stream"}, content=stream)

    client = anthropic.Anthropic(
        api_key="x", base_url="http://127.0.0.1", http_client=HTTP.Client(transport=HTTP.MockTransport(answer))
    )
    with client.messages.stream(model="m", max_tokens=5, messages=[{"role": "user", "content": "Hi"}]) as read:
        return read.get_final_message()


# ----------------------------------------------------------------------------------------------------------- decoding
@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_events_do_not_depend_on_chunking(case: StreamCase, size: int) -> None:
    assert decoded(case.stream, size) == decoded(case.stream)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_recorded_stream_means_what_it_meant(case: StreamCase, update_golden: bool) -> None:
    events = decoded(case.stream)
    last = events[-1]
    if isinstance(last, StreamError):
        answer = CODEC.encode_error(last.fault)[1]
    else:
        answer = CODEC.encode_response(fold(events), answering("claude"))
    file = case.folder / "answer.json"
    if update_golden:
        file.write_text(json.dumps(answer, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert answer == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", RESPONSES)
def test_a_stream_adds_up_to_the_whole_answer(name: str) -> None:
    assert fold(decoded(as_anthropic_streams(RESPONSES[name]))) == CODEC.decode_response(RESPONSES[name])


@pytest.mark.parametrize("name", ["thinking and a call", "web search with citations", "refusal"])
def test_a_stream_cut_after_any_event_ends_in_an_error(name: str) -> None:
    """Gotcha 44: a bare end made clients retry the whole turn (router-for-me/CLIProxyAPI #1407)."""
    whole = as_anthropic_streams(RESPONSES[name]).split(b"\n\n")
    for kept in range(len(whole) - 2):
        events = decoded(b"\n\n".join(whole[:kept]) + b"\n\n")
        last = events[-1]
        assert isinstance(last, StreamError)
        assert (last.fault.status, last.fault.kind) == (502, "server")
        assert sum(isinstance(event, StreamError | MessageStop) for event in events) == 1


START = {"type": "message_start", "message": {"id": "msg_1", "model": "m", "usage": {"input_tokens": 3}}}
TEXT_START = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
CALL_START = {
    "type": "content_block_start",
    "index": 0,
    "content_block": {"type": "tool_use", "id": "t", "name": "n", "input": {}},
}
STOP = {"type": "content_block_stop", "index": 0}


def delta(kind: str, index: int = 0, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


MALFORMED: dict[str, bytes] = {
    "not JSON": b"data: {nonsense\n\n",
    "an array": b"data: []\n\n",
    "a message that is none": b'data: {"type":"message_start","message":3}\n\n',
    "a block that is none": sse(START, {"type": "content_block_start", "index": 0}),
    "a block without a type": sse(START, {"type": "content_block_start", "index": 0, "content_block": {}}),
    "a call without a name": sse(
        START, {"type": "content_block_start", "content_block": {"type": "tool_use", "id": "x"}}
    ),
    "a delta that is none": sse(START, TEXT_START, {"type": "content_block_delta", "index": 0}),
    "text that is a number": sse(START, TEXT_START, delta("text_delta", text=3)),
    "input outside a call": sse(START, TEXT_START, delta("input_json_delta", partial_json="{")),
    "a delta for a block that has ended": sse(START, TEXT_START, STOP, delta("text_delta", text="x")),
    "search input that is no object": sse(
        START,
        {"type": "content_block_start", "content_block": {"type": "server_tool_use", "id": "s", "name": "web_search"}},
        delta("input_json_delta", partial_json="[1"),
        STOP,
    ),
    "signature that is a number": sse(START, delta("signature_delta", signature=3)),
    "stop reason that is a list": sse(START, {"type": "message_delta", "delta": {"stop_reason": []}}),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_event_ends_the_stream_in_an_error(name: str) -> None:
    events = decoded(MALFORMED[name] + sse({"type": "message_stop"}))
    last = events[-1]
    assert isinstance(last, StreamError)
    assert last.fault.status == 502
    assert not any(isinstance(event, MessageStop) for event in events)


@pytest.mark.parametrize(
    ("event", "status", "kind"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 529, "overloaded"),
        ({"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}, 429, "rate_limit"),
        ({"type": "error", "error": {"type": "api_error", "message": "oops"}}, 500, "server"),
        ({"type": "error"}, 500, "server"),
        ({"error": {"message": "of a compatible provider"}}, 500, "server"),
    ],
)
def test_an_error_inside_a_stream(event: dict[str, Any], status: int, kind: str) -> None:
    last = decoded(sse(START, event, {"type": "message_stop"}))[-1]
    assert isinstance(last, StreamError)
    assert (last.fault.status, last.fault.kind) == (status, kind)


@pytest.mark.parametrize("kind", ["thinking_delta", "input_json_delta"])
def test_what_a_block_may_make_us_keep_is_bounded(kind: str) -> None:
    block = {"type": "thinking", "thinking": ""} if kind == "thinking_delta" else {"type": "mcp_tool_use", "id": "x"}
    field = "thinking" if kind == "thinking_delta" else "partial_json"
    decoder = AnthropicDecoder(limit_bytes=1000)
    events: list[Event] = []
    stream = sse(START, {"type": "content_block_start", "index": 0, "content_block": block})
    events += decoder.feed(stream)
    for _ in range(20):
        events += decoder.feed(sse(delta(kind, 0, **{field: "x" * 100})))
    last = events[-1]
    assert isinstance(last, StreamError)
    assert "1000 bytes" in last.fault.message


def test_a_signature_that_begins_as_null_is_read() -> None:
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "signature": None}}
    end = {"type": "message_stop"}
    answer = fold(decoded(sse(START, start, delta("signature_delta", signature="EqQB"), STOP, end)))
    assert [block.proof.value for block in answer.blocks if isinstance(block, Thinking) and block.proof] == ["EqQB"]


def test_pings_are_keep_alives() -> None:
    assert decoded(sse({"type": "ping"}))[0] == KeepAlive()


def test_usage_of_the_end_replaces_that_of_the_start() -> None:
    """Gotcha 49: message_delta is cumulative; nulls keep the earlier value."""
    case = next(case for case in CASES if case.folder.name == "cumulative_usage")
    assert fold(decoded(case.stream)).usage == Usage(30, 120, 9500, 300, 100, 40)
    case = next(case for case in CASES if case.folder.name == "null_usage_fields")
    assert fold(decoded(case.stream)).usage == Usage(25, 64)


# ----------------------------------------------------------------------------------------------------------- encoding
@pytest.mark.parametrize("name", RESPONSES)
def test_the_sdk_reads_the_same_answer_from_the_stream(name: str) -> None:
    answer = CODEC.decode_response(RESPONSES[name])
    whole = CODEC.encode_response(answer, answering("m"))
    read = read_by_the_sdk(encoded(list(unfold(answer)), model="m"))
    wanted = anthropic.types.Message.model_validate(whole)
    assert [block.model_dump(exclude_none=True) for block in read.content] == [
        block.model_dump(exclude_none=True) for block in wanted.content
    ]
    assert (read.stop_reason, read.stop_sequence, read.model) == (wanted.stop_reason, wanted.stop_sequence, "m")
    assert read.usage.output_tokens == wanted.usage.output_tokens
    assert read.usage.cache_creation_input_tokens == wanted.usage.cache_creation_input_tokens


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_event_is_one_that_the_sdk_knows(case: StreamCase) -> None:
    out = frames(encoded(decoded(case.stream)))
    for event in out:
        event.get("usage", {}).pop("server_tool_use", None)  # one recording is older than the SDK's second field of it
        if event["type"] not in ("ping", "error"):
            EVENT.validate_python(event)
    kinds = [event["type"] for event in out if event["type"] != "ping"]
    assert kinds[-1] in ("message_stop", "error")
    indexes = [event["index"] for event in out if event["type"] == "content_block_start"]
    assert indexes == list(range(len(indexes)))
    assert kinds.count("content_block_stop") == len(indexes) or kinds[-1] == "error"


@pytest.mark.parametrize("name", RESPONSES)
def test_a_stream_through_encoder_and_decoder_means_the_same(name: str) -> None:
    given = CODEC.decode_response(RESPONSES[name])
    again = fold(decoded(encoded(list(unfold(given)), model="claude-opus-4-8")))
    assert again.blocks == given.blocks
    assert (again.stop, again.stop_sequence, again.usage, again.extras) == (
        given.stop,
        given.stop_sequence,
        given.usage,
        given.extras,
    )


def sent(*events: Event, input_tokens: int = 77) -> list[dict[str, Any]]:
    out = frames(encoded([MessageStart("resp_1", "gpt-6"), *events], input_tokens=input_tokens))
    return out[1:]


@pytest.mark.parametrize(("estimate", "told"), [(77, 77), (0, 1)])
def test_the_start_never_says_zero_input_tokens(estimate: int, told: int) -> None:
    """Gotcha 47: it breaks the context gauge and compaction (router-for-me/CLIProxyAPI #1700)."""
    start = frames(encoded([MessageStart("resp_1", "gpt-6")], input_tokens=estimate))[0]["message"]
    assert start["usage"]["input_tokens"] == told
    assert start["id"].startswith("msg_")
    assert start["model"] == "asked-for"


def test_the_end_tells_the_true_usage() -> None:
    out = sent(MessageStop("end", Usage(1000, 20, 300, 0, 0, 7)))
    assert out[0]["usage"] == {
        "input_tokens": 1000,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 300,
        "output_tokens": 20,
        "output_tokens_details": {"thinking_tokens": 7},
    }


def test_a_text_block_that_says_nothing_is_not_sent() -> None:
    out = sent(BlockStart(Text("")), Delta(""), BlockStop(), BlockStart(Text("")), Delta("x"), BlockStop())
    assert [event["type"] for event in out] == ["content_block_start", "content_block_delta", "content_block_stop"]
    assert out[0]["index"] == 0


def test_a_signature_comes_just_before_the_end_of_its_block() -> None:
    proof = Proof("openai", "gAAA")
    out = sent(BlockStart(Thinking("", proof)), Delta("hm"), BlockStop())
    assert [event.get("delta", {}).get("type") for event in out] == [None, "thinking_delta", "signature_delta", None]
    assert unseal(out[2]["delta"]["signature"], "anthropic") == proof


def test_a_proof_without_words_is_a_block_of_its_own() -> None:
    out = sent(BlockStart(Thinking()), ProofDelta(Proof("anthropic", "EqQB")), BlockStop())
    assert out[0]["content_block"] == {"type": "thinking", "thinking": "", "signature": ""}
    assert out[1]["delta"] == {"type": "signature_delta", "signature": "EqQB"}


def test_thinking_without_words_and_proof_is_not_sent() -> None:
    assert sent(BlockStart(Thinking()), BlockStop()) == []


def test_a_proof_on_a_call_goes_before_it() -> None:
    proof = Proof("gemini", "CiQ=")
    out = sent(BlockStart(ToolCall("c", "f", proof=proof)), Delta('{"a":1}'), BlockStop())
    assert [event["type"].removeprefix("content_block_") for event in out] == [
        "start", "delta", "stop", "start", "delta", "stop",
    ]  # fmt: skip
    assert unseal(out[1]["delta"]["signature"], "anthropic") == proof
    assert out[3]["content_block"]["type"] == "tool_use"
    assert out[3]["index"] == 1


def test_calls_of_one_stream_have_ids_of_their_own() -> None:
    call = (BlockStart(ToolCall("call_0", "f")), Delta("{}"), BlockStop())
    starts = [event for event in sent(*call, *call) if event["type"] == "content_block_start"]
    assert [event["content_block"]["id"][:6] for event in starts] == ["call_0", "toolu_"]


def test_a_proof_that_comes_with_the_end_of_a_text_leaves_the_text_last() -> None:
    out = sent(BlockStart(Text("")), Delta("x"), ProofDelta(Proof("gemini", "CiQ=")), BlockStop())
    assert [event["type"] for event in out] == ["content_block_start", "content_block_delta", "content_block_stop"]


def test_free_text_of_a_freeform_call_is_wrapped_once_it_is_whole() -> None:
    out = sent(BlockStart(ToolCall("c", "f", custom=True)), Delta('*** "Be'), Delta("gin"), BlockStop())
    assert orjson.loads(out[1]["delta"]["partial_json"]) == {"input": '*** "Begin'}
    assert len(out) == 3


def test_a_refusal_is_text_and_its_words_are_the_explanation() -> None:
    events = (BlockStart(Refusal("")), Delta("I will not."), BlockStop(), MessageStop("refusal", Usage()))
    out = sent(*events)
    assert out[1]["delta"] == {"type": "text_delta", "text": "I will not."}
    assert out[3]["delta"]["stop_details"]["explanation"] == "I will not."


def test_a_citation_opens_its_block() -> None:
    out = sent(BlockStart(Text("")), CitationDelta(Citation("https://e.com")), BlockStop())
    assert [event["type"] for event in out] == ["content_block_start", "content_block_delta", "content_block_stop"]


def test_a_search_streams_its_query() -> None:
    out = sent(BlockStart(ServerCall("ws_1", "web_search", "q")), BlockStop())
    assert out[0]["content_block"]["input"] == {}
    assert orjson.loads(out[1]["delta"]["partial_json"]) == {"query": "q"}


def test_a_medium_leaves_a_note() -> None:
    out = sent(BlockStart(Media("image", "image/png", data="AA==")), BlockStop())
    assert "left out" in out[1]["delta"]["text"]


def test_nothing_follows_the_end() -> None:
    stop = MessageStop("end", Usage())
    once = encoded([MessageStart("", ""), stop])
    assert encoded([MessageStart("", ""), stop, KeepAlive(), StreamError(FAULT), stop]) == once


def test_an_error_is_the_last_event() -> None:
    out = frames(encoded([MessageStart("", ""), BlockStart(Text("x")), StreamError(FAULT), BlockStop()]))
    assert out[-1] == {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


def test_the_sdk_raises_the_error_of_a_stream() -> None:
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        read_by_the_sdk(encoded([MessageStart("", ""), StreamError(FAULT)]))


def test_keep_alives_are_pings_that_the_sdk_ignores() -> None:
    events: list[Event] = [
        KeepAlive(),
        MessageStart("", ""),
        KeepAlive(),
        *list(unfold(Response("m", "m", (Text("x"),), "end", Usage(1, 1))))[1:],
    ]
    assert encoded(events).startswith(CODEC.keep_alive)
    assert [block.model_dump()["text"] for block in read_by_the_sdk(encoded(events)).content] == ["x"]
