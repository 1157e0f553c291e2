"""What a Gemini client says comes out as it went in, in Gemini's own types."""

import copy
import json
from typing import Any

import pytest
from google.genai import types

from router_core.wire.gemini import CODEC, count_body, decode_count
from router_core.wire.gemini.fields import camel
from router_core.wire.model import Media, OpaqueTool, Text, ToolCall, ToolResult
from tests.router_core.wire.gemini.samples import CALLS, NEW, REQUESTS, SIGNATURE, TEXT_TURN, target


@pytest.mark.parametrize("name", REQUESTS)
def test_decoding_and_encoding_gives_the_body_back(name: str) -> None:
    body = REQUESTS[name]
    before = copy.deepcopy(body)
    encoded = CODEC.encode_request(CODEC.decode_request({**body, "model": NEW, "stream": True}), target())
    assert encoded.body == before
    assert body == before, "the client's body is not changed"
    assert (encoded.losses, encoded.restore, encoded.cut_at) == ((), {}, ())


@pytest.mark.parametrize("name", REQUESTS)
def test_snake_case_means_the_same(name: str) -> None:
    """REST users and Google's SDKs send either spelling."""
    body = REQUESTS[name]
    assert CODEC.decode_request(_snaked(body)) == CODEC.decode_request(body)


@pytest.mark.parametrize("name", REQUESTS)
def test_parts_are_those_of_googles_sdk(name: str) -> None:
    encoded = CODEC.encode_request(CODEC.decode_request(REQUESTS[name]), target())
    for content in encoded.body["contents"]:
        types.Content.model_validate_json(json.dumps(content))
    for tool in encoded.body.get("tools", ()):
        types.Tool.model_validate(tool)
    types.GenerationConfig.model_validate(encoded.body.get("generationConfig", {}))


def test_the_model_and_streaming_are_read_but_not_in_the_body() -> None:
    request = CODEC.decode_request({"model": "models/gemini-x", "stream": True, "contents": [TEXT_TURN]})
    assert (request.model, request.stream) == ("gemini-x", True)
    assert set(CODEC.encode_request(request, target()).body) == {"contents"}


def test_one_object_stands_for_a_list() -> None:
    """Google's own curl examples leave the brackets out."""
    request = CODEC.decode_request(
        {"contents": {"parts": {"text": "hi"}}, "system_instruction": {"parts": {"text": "s"}}}
    )
    assert request.messages[0].blocks == (Text("hi"),)
    assert request.system == (Text("s"),)


def test_bytes_in_the_url_alphabet_become_standard() -> None:
    """The Python SDK sends all bytes in base64's URL alphabet."""
    parts = [
        {"inlineData": {"mimeType": "image/png", "data": "-_-_"}},
        {"text": "x", "thoughtSignature": "AB-_"},
        {"functionCall": {"name": "f"}, "thoughtSignature": "skip_thought_signature_validator"},
    ]
    image, text, call = CODEC.decode_request({"contents": [{"role": "user", "parts": parts}]}).messages[0].blocks
    assert isinstance(image, Media)
    assert image.data == "+/+/"
    assert isinstance(text, Text)
    assert isinstance(call, ToolCall)
    assert (text.proof and text.proof.value) == "AB+/"
    assert (call.proof and call.proof.value) == "skip_thought_signature_validator", "that dummy is a word, not bytes"


def test_results_find_their_calls_without_ids() -> None:
    turns = [
        {"role": "model", "parts": [{"functionCall": {"name": name}} for name in ("a", "b", "a")]},
        {"role": "user", "parts": [{"functionResponse": {"name": name, "response": {}}} for name in ("b", "a", "a")]},
    ]
    calls, results = CODEC.decode_request({"contents": turns}).messages
    ids = [block.id for block in calls.blocks if isinstance(block, ToolCall)]
    assert len(set(ids)) == 3
    assert [block.call_id for block in results.blocks if isinstance(block, ToolResult)] == [ids[1], ids[0], ids[2]]


def test_made_up_ids_stay_the_same_as_the_conversation_grows() -> None:
    """Another provider's prompt cache must see the same prefix in each turn."""
    turns = REQUESTS["calls without ids"]["contents"]
    first = CODEC.decode_request({"contents": turns}).messages
    later = CODEC.decode_request({"contents": [*turns, TEXT_TURN]}).messages
    assert later[: len(first)] == first


@pytest.mark.parametrize(
    ("response", "text", "is_error"),
    [
        ({"output": "words"}, "words", False), ({"result": "words"}, "words", False),
        ({"error": "bad"}, "bad", True), ({"output": [1]}, "[1]", False),
        ({"a": 1, "b": 2}, '{"a":1,"b":2}', False),
        ({"error": "x", "output": "y"}, '{"error":"x","output":"y"}', False),
    ],
)  # fmt: skip
def test_a_result_is_read_as_words(response: dict[str, Any], text: str, is_error: bool) -> None:
    part = {"functionResponse": {"name": "f", "response": response}}
    (block,) = CODEC.decode_request({"contents": [{"role": "user", "parts": [part]}]}).messages[0].blocks
    assert isinstance(block, ToolResult)
    assert (block.content, block.is_error) == ((Text(text),), is_error)


def test_a_tool_that_only_gemini_has_is_kept_as_it_stood() -> None:
    assert CODEC.decode_request({"contents": [], "tools": [{"urlContext": {}}]}).tools == (
        OpaqueTool("gemini", {"urlContext": {}}),
    )


def test_counting_is_asked_for_the_whole_request() -> None:
    body = {"contents": CALLS, "systemInstruction": {"parts": [{"text": "s"}]}, "generationConfig": {"topK": 1}}
    counted = count_body(CODEC.decode_request(body), target())["generateContentRequest"]
    assert counted["model"] == f"models/{NEW}"
    assert set(counted) == {"model", "contents", "systemInstruction"}
    assert decode_count({"generateContentRequest": counted}).messages == CODEC.decode_request(body).messages
    assert decode_count({"contents": CALLS}).messages == CODEC.decode_request(body).messages


def test_a_signature_is_a_proof_of_geminis() -> None:
    call = CODEC.decode_request({"contents": CALLS}).messages[1].blocks[1]
    assert isinstance(call, ToolCall)
    assert call.proof is not None
    assert (call.proof.issuer, call.proof.value) == ("gemini", SIGNATURE)


_USERS_OWN = (
    "args",
    "parametersJsonSchema",
    "responseJsonSchema",
    "labels",
    "response",
    "properties",
    "retrievalConfig",
)


def _snaked(value: Any) -> Any:
    """The same body with the API's names in snake_case; names that are the user's stay."""
    if isinstance(value, list):
        return [_snaked(item) for item in value]
    if not isinstance(value, dict):
        return value
    keep = ("parameters", "responseSchema", *_USERS_OWN)
    return {_snake(name): inner if name in keep else _snaked(inner) for name, inner in value.items()}


def _snake(name: str) -> str:
    found = "".join(f"_{char.lower()}" if char.isupper() else char for char in name)
    assert camel(found) == name
    return found
