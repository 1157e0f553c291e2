"""The conversation that a request belongs to, told by its beginning."""

from typing import Any

import orjson
import pytest

from router_core.session import key_of_beginning, key_of_prefix


def key(**body: Any) -> str:
    return key_of_beginning(orjson.dumps(body))


QUESTION = {"role": "user", "content": "Why does the build fail on Tuesdays?"}
OTHER = {"role": "user", "content": "Rename this variable, please."}
LATER = [{"role": "assistant", "content": "Let me look."}, {"role": "user", "content": "Go on."}]


@pytest.mark.parametrize("name", ["messages", "input", "contents"])
def test_a_conversation_keeps_its_key_as_it_grows(name: str) -> None:
    first = key(**{"model": "m", "system": "Be brief.", name: [QUESTION]})
    assert first.startswith("beginning:")
    assert key(**{"model": "m", "system": "Be brief.", name: [QUESTION, *LATER], "stream": True}) == first
    assert key(**{"model": "m", "system": "Be brief.", name: [OTHER]}) != first


@pytest.mark.parametrize(
    "change",
    [{"system": "Be long."}, {"tools": [{"name": "Bash"}]}, {"instructions": "Be long."},
     {"systemInstruction": {"parts": [{"text": "Be long."}]}}],
    ids=str,
)  # fmt: skip
def test_another_prompt_is_another_conversation(change: dict[str, Any]) -> None:
    assert key(messages=[QUESTION], **change) != key(messages=[QUESTION])


def test_system_messages_of_chat_belong_to_the_beginning() -> None:
    one = [{"role": "system", "content": "You review code."}, QUESTION]
    two = [{"role": "system", "content": "You write poems."}, QUESTION]
    assert key(messages=one) != key(messages=two)
    assert key(messages=one) == key(messages=[*one, *LATER])


def test_a_billing_line_that_changes_with_each_request_does_not_make_a_new_conversation() -> None:  # 24
    def system(line: str) -> list[dict[str, Any]]:
        return [
            {"type": "text", "text": f"x-anthropic-billing-header: cch={line};"},
            {"type": "text", "text": "You are"},
        ]

    one, two = key(system=system("a1"), messages=[QUESTION]), key(system=system("b2"), messages=[QUESTION])
    assert one == two != key(system=system("a1")[:1], messages=[QUESTION])


def test_conversations_of_one_program_share_the_key_of_their_prefix() -> None:
    prompts: list[dict[str, Any]] = [
        {
            "system": [
                {"type": "text", "text": "x-anthropic-billing-header: cch=1;"},
                {"type": "text", "text": "You are"},
            ]
        },
        {"instructions": "You review code, and nothing else."},
        {"tools": [{"name": "Bash", "description": "Runs a command."}]},
    ]
    for prompt in prompts:
        one, other = ({**prompt, "messages": messages} for messages in ([QUESTION], [OTHER, *LATER]))
        shared = key_of_prefix(orjson.dumps(one))
        assert shared.startswith("prefix:")
        assert key_of_prefix(orjson.dumps(other)) == shared
    assert key_of_prefix(orjson.dumps({"messages": [QUESTION]})) == ""
    system = {"role": "system", "content": "You review code."}
    chat = key_of_prefix(orjson.dumps({"messages": [system, QUESTION]}))
    assert chat == key_of_prefix(orjson.dumps({"messages": [system, OTHER, *LATER]})) != ""


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"{", b'{"messages":[]}', b'{"messages":{}}', b'{"messages":[1]}', b'{"messages":null}',
     b'{"input":"hi"}', b"[" * 50_000, b'{"messages":[{"role":"user"}', b'\xff{"a":1}'],
    ids=lambda body: repr(body[:30]),
)  # fmt: skip
def test_what_cannot_be_told_has_no_key(body: bytes) -> None:
    assert key_of_beginning(body) == ""
    assert key_of_prefix(body) == ""


def test_a_string_as_input_is_its_own_beginning() -> None:
    assert key(input="Summarise the attached report, please.") != key(input="Translate the attached report, please.")
