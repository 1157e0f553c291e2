"""A long conversation gives the same prompt, decoded whole or its newest turn only."""

from typing import Any

import orjson
import pytest
from msgspec import structs

from router_core.asked_for import AskedFor
from router_core.routing.auto.from_facts import prompt_of_facts
from router_core.routing.auto.from_request import prompt_of
from router_core.routing.auto.own_words import own_words
from router_core.routing.auto.prompt import Prompt
from router_core.routing.entrance import Entrance
from router_core.routing.facts import Facts
from router_core.wire.format import FormatName

TURNS = 10
IMAGE = "iVBORw0KGgo="


def anthropic(last: list[Any]) -> dict[str, Any]:
    messages: list[Any] = [{"role": "user", "content": "begin"}]
    for n in range(TURNS):
        use = {"type": "tool_use", "id": f"t{n}", "name": "Read", "input": {"path": str(n)}}
        result = {"type": "tool_result", "tool_use_id": f"t{n}", "content": "file"}
        messages += [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    messages += [{"role": "assistant", "content": "done"}, *last]
    tools = [{"name": "Read", "input_schema": {"type": "object"}}]
    return {"model": "auto", "max_tokens": 99, "system": "S", "tools": tools, "messages": messages}


def chat(last: list[Any]) -> dict[str, Any]:
    messages: list[Any] = [{"role": "system", "content": "S"}, {"role": "user", "content": "begin"}]
    for n in range(TURNS):
        call = {"id": f"c{n}", "type": "function", "function": {"name": "Read", "arguments": "{}"}}
        messages += [
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{n}", "content": "x"},
        ]
    messages += [{"role": "assistant", "content": "done"}, *last]
    tools = [{"type": "function", "function": {"name": "Read", "parameters": {"type": "object"}}}]
    return {"model": "auto", "tools": tools, "messages": messages, "response_format": {"type": "json_object"}}


def responses(last: list[Any]) -> dict[str, Any]:
    items: list[Any] = [{"role": "user", "content": "begin"}]
    for n in range(TURNS):
        items.append({"type": "function_call", "call_id": f"c{n}", "name": "Read", "arguments": "{}"})
        items.append({"type": "function_call_output", "call_id": f"c{n}", "output": "x"})
    items += [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "done"}]}, *last]
    return {"model": "auto", "instructions": "S", "input": items}


def gemini(last: list[Any]) -> dict[str, Any]:
    contents: list[Any] = [{"role": "user", "parts": [{"text": "begin"}]}]
    for n in range(TURNS):
        contents.append({"role": "model", "parts": [{"functionCall": {"name": "Read", "args": {"n": n}}}]})
        contents.append({"role": "user", "parts": [{"functionResponse": {"name": "Read", "response": {"a": "x"}}}]})
    return {"contents": [*contents, {"role": "model", "parts": [{"text": "done"}]}, *last]}


REMINDS = [{"type": "text", "text": "<system-reminder>\nx\n</system-reminder>"}]
WORDS = [{"role": "user", "content": "prove it"}]
PARTS = [{"role": "user", "parts": [{"text": "prove it"}]}]
AGAIN = [
    *WORDS,
    {"role": "assistant", "content": [{"type": "tool_use", "id": "z", "name": "Read", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "z", "content": "file"}]},
]
LOOP = [
    *WORDS,
    *(
        message
        for n in range(6)
        for message in (
            {"role": "assistant", "content": [{"type": "tool_use", "id": f"z{n}", "name": "Read", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"z{n}", "content": "file"}, *REMINDS]},
        )
    ),
]
CALLS = [
    {"role": "user", "content": "prove it"},
    *({"type": "function_call", "call_id": f"z{n}", "name": "Read", "arguments": "{}"} for n in range(3)),
    *({"type": "function_call_output", "call_id": f"z{n}", "output": "x"} for n in range(3)),
]
REMINDER = [{"role": "user", "content": [{"type": "text", "text": "<system-reminder>\nx\n</system-reminder>"}]}]
PICTURE = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "look"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": IMAGE}},
        ],
    }
]
CASES: dict[str, tuple[FormatName, dict[str, Any]]] = {
    "anthropic": ("anthropic", anthropic(WORDS)),
    "tool loop": ("anthropic", anthropic(AGAIN)),
    "long tool loop": ("anthropic", anthropic(LOOP)),
    "parallel calls": ("openai-responses", responses(CALLS)),
    "only a reminder": ("anthropic", anthropic(REMINDER)),
    "picture": ("anthropic", anthropic(PICTURE)),
    "picture before": ("anthropic", anthropic([*PICTURE, {"role": "assistant", "content": "a cat"}, *WORDS])),
    "chat": ("openai-chat", chat(WORDS)),
    "responses": ("openai-responses", responses(WORDS)),
    "gemini": ("gemini", gemini(PARTS)),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_prompt_of_the_whole_conversation(case: str) -> None:
    format, body = CASES[case]
    asked = AskedFor(
        Entrance(format, "generate", "auto" if format == "gemini" else ""), orjson.dumps(body), {}, "", "s"
    )
    facts = Facts(asked)
    found = prompt_of_facts(facts)
    decoded_whole = "neutral" in asked.__dict__
    assert decoded_whole == (case in ("picture", "picture before"))
    whole = prompt_of(asked.neutral, facts.input_tokens)
    assert own_words(found.user_text) == own_words(whole.user_text)
    assert _countable(found) == _countable(whole)
    assert abs(found.depth - whole.depth) <= 1


def _countable(prompt: Prompt) -> Prompt:
    """Without its texts and its depth. A system prompt counts for the size, which is known."""
    return structs.replace(prompt, depth=0, user_text="", system_text="")
