"""A conversation is recognised by its fingerprint when a client sends it back."""

from typing import Any

import orjson
import pytest

from router_core.errors import WireError
from router_core.state.fingerprint import fingerprint, fingerprints

JsonObject = dict[str, Any]


def user(text: str) -> JsonObject:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def answer(text: str) -> JsonObject:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"id": f"msg_{text}", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        (answer("a"), {"role": "assistant", "content": "a"}),
        (answer("a"), {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]}),
        (user("a"), {"role": "user", "content": "a"}),
        (
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [],
                "encrypted_content": "e",
                "content": None,
                "status": None,
            },
            {"type": "reasoning", "encrypted_content": "e", "summary": []},
        ),
        (
            {
                "type": "function_call",
                "id": "fc",
                "call_id": "c",
                "name": "f",
                "arguments": "{}",
                "status": "completed",
            },
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        ),
    ],
    ids=["short message", "message", "user", "reasoning", "call"],
)
def test_an_item_is_recognised_when_a_client_sends_it_back(sent: JsonObject, back: JsonObject) -> None:
    assert fingerprint([sent]) == fingerprint([back])


def test_different_items_have_different_fingerprints() -> None:
    items: list[Any] = [
        user("a"),
        user("b"),
        answer("a"),
        {"type": "reasoning", "encrypted_content": "a"},
        "a",
        None,
        1,
        [],
        {},
    ]
    assert len({fingerprint([item]) for item in items}) == len(items)
    assert fingerprint([user("a"), user("b")]) != fingerprint([user("b"), user("a")])
    assert fingerprint([user("b")], fingerprint([user("a")])) == fingerprint([user("a"), user("b")])


def test_a_fingerprint_can_be_continued() -> None:
    items = [user("a"), answer("b"), user("c")]
    assert list(fingerprints(items))[-1] == fingerprint(items)
    assert next(iter(fingerprints(items))) == fingerprint(items[:1])
    assert list(fingerprints([])) == []


def test_an_item_nested_too_deeply_is_a_defined_error() -> None:
    with pytest.raises(WireError):
        fingerprint([orjson.loads(b"[" * 500 + b"]" * 500)])
