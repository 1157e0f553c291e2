"""Why Claude refused: an explanation beside the content, which other formats say as the answer."""

from typing import Any

import pytest

from router_core.wire.anthropic import CODEC
from router_core.wire.codec import Answering, CountedMinting, codec
from router_core.wire.events import fold
from router_core.wire.format import FormatName
from router_core.wire.model import Message, Refusal, Request, Text
from tests.router_core.wire.anthropic.streams import as_anthropic_streams

WHY = "I cannot help with that."
DETAILS = {"type": "refusal", "category": "cyber", "explanation": WHY}


def answer(*content: Any, **changes: Any) -> dict[str, Any]:
    said = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5", "content": list(content)}
    usage = {"input_tokens": 3, "output_tokens": 4}
    return {**said, "stop_reason": "refusal", "stop_sequence": None, "usage": usage, "stop_details": DETAILS, **changes}


def answering() -> Answering:
    return Answering(Request("claude-opus-5", (Message("user", (Text("x"),)),)), "claude-opus-5", CountedMinting())


def test_the_explanation_is_what_the_model_says() -> None:
    response = CODEC.decode_response(answer({"type": "text", "text": "Well."}))
    said, refused = response.blocks
    assert isinstance(said, Text)
    assert isinstance(refused, Refusal)
    assert (refused.text, response.stop) == (WHY, "refusal")


@pytest.mark.parametrize(
    "changes",
    [
        {"stop_details": None},
        {"stop_details": {"explanation": None}},
        {"stop_details": "x"},
        {"stop_reason": "end_turn"},
    ],
    ids=["none", "unexplained", "no object", "no refusal"],
)
def test_nothing_is_said_where_nothing_is_explained(changes: dict[str, Any]) -> None:
    assert CODEC.decode_response(answer(**changes)).blocks == ()


def test_for_a_client_of_the_format_it_stays_beside_the_content() -> None:
    out = CODEC.encode_response(CODEC.decode_response(answer()), answering())
    assert out["content"] == []
    assert out["stop_details"] == DETAILS


@pytest.mark.parametrize(
    ("format", "path"),
    [
        ("openai-chat", ("choices", 0, "message", "refusal")),
        ("openai-responses", ("output", 0, "content", 0, "refusal")),
        ("gemini", ("candidates", 0, "content", "parts", 0, "text")),
    ],
)
def test_other_clients_are_told(format: FormatName, path: tuple[Any, ...]) -> None:
    found: Any = codec(format).encode_response(CODEC.decode_response(answer()), answering())
    for step in path:
        found = found[step]
    assert found == WHY


def test_a_stream_says_the_same() -> None:
    decoder = CODEC.stream_decoder()
    sent = as_anthropic_streams(answer({"type": "text", "text": "Well."}))
    events = [*decoder.feed(sent), *decoder.close()]
    assert fold(events).blocks == CODEC.decode_response(answer({"type": "text", "text": "Well."})).blocks
    encoder = CODEC.stream_encoder(answering())
    out = b"".join(encoder.send(event) for event in events)
    assert out.count(b"content_block_start") == 2  # the event's name and its type: one block
    assert out.count(WHY.encode()) == 1
