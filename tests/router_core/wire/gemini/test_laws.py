"""What holds for any conversation and any answer, made up by hypothesis."""

import copy
import json
from typing import Any

import pytest
from google.genai import types
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from router_core.errors import WireError
from router_core.trace.record import Usage
from router_core.wire.events import fold, unfold
from router_core.wire.gemini import CODEC, stream_encoder_array
from router_core.wire.gemini.fragments import put_together
from router_core.wire.model import (
    CustomTool,
    FunctionTool,
    Media,
    Message,
    OutputFormat,
    Proof,
    Refusal,
    Request,
    Response,
    Text,
    Thinking,
    ThinkingSetting,
    ToolCall,
    ToolChoice,
    ToolResult,
    WebSearchTool,
)
from tests.router_core.wire.gemini.samples import NEW, NEWEST, OLD, answering, refusal, target

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
proofs = st.none() | st.builds(
    Proof, st.sampled_from(["gemini", "anthropic", "openai"]), st.sampled_from(["QUJD", "REVG", "R0hJ"])
)
arguments = st.sampled_from(["", "{}", '{"a": 1}', '{"ü": [null, {"b": "☃"}]}', '{"cut', "[1]", "free text"])
ids = st.sampled_from(["call_1", "toolu_2", "c3", "call_gm_made_up"])
calls = st.builds(
    ToolCall, ids, st.sampled_from(["read", "mcp__x " * 12, "9lives"]), arguments, custom=st.booleans(),
    namespace=st.sampled_from(["", "crm"]), proof=proofs,
)  # fmt: skip
texts = st.builds(Text, words)
images = st.builds(Media, st.just("image"), st.sampled_from(["image/png", "image/gif", ""]), data=st.just("aGk="))
results = st.builds(ToolResult, ids, st.lists(texts | images, max_size=2).map(tuple), st.booleans())
thoughts = st.builds(Thinking, words, proofs)
said = st.lists(texts | thoughts | calls | st.builds(Refusal, words), max_size=4).map(tuple)
asked = st.lists(texts | results | images, max_size=4).map(tuple)
messages = st.one_of(
    st.builds(Message, st.just("assistant"), said),
    st.builds(Message, st.just("user"), asked),
    st.builds(Message, st.sampled_from(["system", "developer"]), st.lists(texts, max_size=2).map(tuple)),
)
tools = st.lists(
    st.sampled_from(
        [
            FunctionTool("read", "Reads.", {"type": "object"}), FunctionTool("9lives"), WebSearchTool(),
            CustomTool("patch", "Patches."), FunctionTool("read", namespace="crm"),
        ]
    ),
    max_size=4,
)  # fmt: skip
requests = st.builds(
    Request,
    st.just("m"),
    st.lists(messages, max_size=6).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
    tools.map(tuple),
    st.sampled_from(
        [None, ToolChoice("auto"), ToolChoice("required"), ToolChoice("none"), ToolChoice("auto", ("read",))]
    ),
    thinking=st.sampled_from(
        [
            None,
            ThinkingSetting("off"),
            ThinkingSetting("adaptive"),
            ThinkingSetting("on", "xhigh"),
            ThinkingSetting("on", budget=999_999),
        ]
    ),
    output=st.sampled_from([None, OutputFormat("json_object"), OutputFormat("json_schema", {"type": "object"})]),
    max_tokens=st.sampled_from([None, 10, 10**7]),
    stop=st.lists(words, max_size=7).map(tuple),
    temperature=st.none() | st.floats(0, 3),
)
answers = st.builds(
    Response,
    st.just("r1"),
    st.just("m"),
    st.lists(texts | thoughts | st.builds(ToolCall, ids, st.just("read"), arguments, proof=proofs), max_size=5).map(
        tuple
    ),
    st.sampled_from(["end", "max_tokens", "refusal", "stop_sequence"]),
    st.just(Usage(10, 20, 5, reasoning_tokens=3)),
)


@pytest.mark.parametrize("name", [OLD, NEW, NEWEST])
@settings(max_examples=60, deadline=None)
@given(requests)
def test_gemini_takes_any_conversation(name: str, request_: Request) -> None:
    """Whatever a client of another format says: it is refused by us with a name, or a strict Gemini takes it."""
    try:
        encoded = CODEC.encode_request(request_, target(name))
    except WireError as error:
        if error.status != 400 or not error.param:
            raise AssertionError from error
        return
    assert refusal(encoded.body, name) is None
    visible = json.dumps(encoded.body, ensure_ascii=False)
    for message in request_.messages:
        for block in message.blocks:
            if isinstance(block, Text) and message.role != "system":
                assert json.dumps(block.text, ensure_ascii=False)[1:-1] in visible


@settings(max_examples=60, deadline=None)
@given(requests)
def test_what_was_encoded_is_encoded_the_same_again(request_: Request) -> None:
    try:
        once = CODEC.encode_request(request_, target()).body
    except WireError:
        return
    before = copy.deepcopy(once)
    again = CODEC.encode_request(CODEC.decode_request({**once, "model": "m"}), target())
    assert again.body == before
    assert again.losses == ()


@settings(max_examples=60, deadline=None)
@given(answers)
def test_a_streamed_answer_is_the_whole_one(answer: Response) -> None:
    whole = CODEC.encode_response(answer, answering())
    types.GenerateContentResponse.model_validate_json(json.dumps(whole))
    encoder, array = CODEC.stream_encoder(answering()), stream_encoder_array(answering())
    decoder = CODEC.stream_decoder()
    streamed = fold([*decoder.feed(b"".join(encoder.send(event) for event in unfold(answer))), *decoder.close()])
    assert seen(streamed) == seen(CODEC.decode_response(whole))
    in_array = CODEC.stream_decoder()
    body = b"".join(array.send(event) for event in unfold(answer))
    json.loads(body)
    assert fold([*in_array.feed(body), *in_array.close()]) == streamed


def seen(answer: Response) -> Any:
    return answer.blocks, answer.stop, answer.usage, answer.id


@settings(max_examples=60, deadline=None)
@given(answers)
def test_an_answer_comes_back_from_a_gemini_client(answer: Response) -> None:
    """Texts, calls and proofs of any provider survive the way through a client's history; thoughts without a
    signature come back as one when they stand side by side, because streams bring them in pieces."""
    parts = CODEC.encode_response(answer, answering())["candidates"][0]["content"].get("parts", [])
    found = CODEC.decode_request({"contents": [{"role": "model", "parts": parts}]}).messages
    blocks = found[0].blocks if found else ()
    kept = [block for block in answer.blocks if not (isinstance(block, ToolCall) and not _is_object(block.arguments))]
    kept = put_together([block for block in kept if getattr(block, "text", "x") or getattr(block, "proof", None)], ())
    assert [type(block) for block in blocks] == [type(block) for block in kept]
    assert [getattr(block, "proof", None) for block in blocks] == [getattr(block, "proof", None) for block in kept]
    assert [getattr(block, "text", "") for block in blocks] == [getattr(block, "text", "") for block in kept]


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(json.loads(arguments or "{}"), dict)
    except ValueError:
        return False


def test_the_model_named_in_a_request_does_not_change_its_body() -> None:
    request = Request("a", (Message("user", (Text("x"),)),))
    assert (
        CODEC.encode_request(request, target()).body == CODEC.encode_request(replace(request, model="b"), target()).body
    )
