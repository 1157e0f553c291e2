"""Clients' streams, as the official SDK reads them."""

from typing import Any

import anthropic
import orjson
import pytest
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

from router_core.trace.record import Usage
from router_core.wire.anthropic.stream_encoder import KEEP_ALIVE
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
from tests.router_core.wire.anthropic.samples import CODEC, RESPONSES, answering
from tests.router_core.wire.anthropic.streams import CASES, decoded, encoded, frames, read_by_the_sdk
from tests.router_core.wire.golden import StreamCase

EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
FAULT = WireFault(529, "overloaded", "Overloaded")


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
    assert encoded(events).startswith(KEEP_ALIVE)
    assert [block.model_dump()["text"] for block in read_by_the_sdk(encoded(events)).content] == ["x"]
