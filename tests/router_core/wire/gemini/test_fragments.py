"""Histories that clients keep as the frames of a stream: the frames of an answer are one turn again."""

from typing import Any

import pytest

from router_core.wire.gemini import CODEC
from router_core.wire.model import Message, Text, Thinking, ToolCall

THOUGHT = [{"text": "I ask the st", "thought": True}, {"text": "ation.", "thought": True}]
SAID = [{"text": "I"}, {"text": " ask."}]
CALL = {"functionCall": {"name": "look", "args": {}, "id": "c1"}, "thoughtSignature": "c2lnbmF0dXJl"}


def model(*parts: Any) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}


def turns(*contents: Any) -> tuple[Message, ...]:
    user = {"role": "user", "parts": [{"text": "Hello"}]}
    return CODEC.decode_request({"model": "m", "contents": [user, *contents]}).messages[1:]


def test_frames_that_are_turns_are_one_turn() -> None:
    (turn,) = turns(*[model(part) for part in (*THOUGHT, *SAID, CALL)])
    thought, said, call = turn.blocks
    assert isinstance(thought, Thinking)
    assert thought.text == "I ask the station."
    assert isinstance(said, Text)
    assert said.text == "I ask."
    assert isinstance(call, ToolCall)
    assert call.proof is not None


def test_thoughts_in_pieces_are_one_thought_and_texts_stay_apart_within_a_turn() -> None:
    (turn,) = turns(model(*THOUGHT, *SAID))
    assert [block.text for block in turn.blocks if isinstance(block, Text | Thinking)] == [
        "I ask the station.",
        "I",
        " ask.",
    ]


def test_a_signature_ends_its_block() -> None:
    first, second = ({**part, "thoughtSignature": "c2lnbmF0dXJl"} for part in THOUGHT)
    (turn,) = turns(model(first), model(second))
    assert [block.text for block in turn.blocks if isinstance(block, Thinking)] == ["I ask the st", "ation."]


def test_turns_of_the_user_stay_as_they_are() -> None:
    user = {"role": "user", "parts": [{"text": "and"}]}
    assert [len(turn.blocks) for turn in turns(user, user)] == [1, 1]


@pytest.mark.parametrize("part", [{"text": "x"}, {"text": "x", "thought": True}, CALL], ids=["text", "thought", "call"])
def test_very_many_frames_are_read_in_one_pass(part: Any) -> None:
    """A quadratic join would take minutes here."""
    (turn,) = turns(*[model(part)] * 40_000)
    assert len(turn.blocks) == (40_000 if part is CALL else 1)
