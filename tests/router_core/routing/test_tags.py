"""The tag that names a subagent's model: where it counts, and that nothing else of the body changes."""

from typing import Any

import orjson
import pytest

from router_core.asked_for import AskedFor
from router_core.errors import WireError
from router_core.routing.entrance import Entrance
from router_core.routing.tags import Tag, may_have_tag, take_tag
from tests.router_core.routing.bodies import calls, claude_code, result, said, text, user

CCR = "<CCR-SUBAGENT-MODEL>codex,gpt-6</CCR-SUBAGENT-MODEL>"
OURS = "<mitmrouter-model>codex/gpt-6</mitmrouter-model>"
REMINDER = "<system-reminder>\nAttribution\n</system-reminder>\n"


def taken(body: bytes, format: Any = "anthropic") -> tuple[Tag | None, AskedFor]:
    """The tag, and the request after that; what is parsed of it is what its bytes say."""
    asked = AskedFor(Entrance(format, "generate"), body, {}, "", "")
    tag = take_tag(asked) if may_have_tag(body) else None
    said = {"model": "", "stream": False} if format == "gemini" else {}
    assert asked.json == {**orjson.loads(asked.body), **said}
    assert asked.as_sent == body
    return tag, asked


def system(*texts: str) -> dict[str, Any]:
    return claude_code(system=[text(each) for each in texts])


def chat(*messages: tuple[str, Any]) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": role, "content": content} for role, content in messages]}


def item(role: str, words: str) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": words}]}


@pytest.mark.parametrize(
    ("format", "body", "path", "without"),
    [
        (
            "anthropic",
            claude_code(user(REMINDER, f"{CCR}\nPlease count")),
            "messages[0].content[1].text",
            claude_code(user(REMINDER, "Please count")),
        ),
        ("anthropic", system("a", f"{CCR}You are"), "system[1].text", system("a", "You are")),
        ("anthropic", system(f"\n {OURS} \nYou are"), "system[0].text", system("You are")),
        ("anthropic", claude_code(system=f"{OURS}x"), "system", claude_code(system="x")),
        (
            "anthropic",
            claude_code(user(f"{CCR}\nPlease"), calls(), result(), said()),
            "messages[0].content[0].text",
            claude_code(user("Please"), calls(), result(), said()),
        ),
        ("anthropic", chat(("user", f"{OURS}hi")), "messages[0].content", chat(("user", "hi"))),
        ("anthropic", claude_code(user(CCR, "hi")), "messages[0].content[0].text", claude_code(user("hi"))),
        (
            "openai-chat",
            chat(("system", f"{OURS}Be brief"), ("user", "hi")),
            "messages[0].content",
            chat(("system", "Be brief"), ("user", "hi")),
        ),
        (
            "openai-chat",
            chat(("system", "s"), ("user", [text(f"{CCR}hi")])),
            "messages[1].content[0].text",
            chat(("system", "s"), ("user", [text("hi")])),
        ),
        ("openai-responses", {"instructions": f"{CCR}x"}, "instructions", {"instructions": "x"}),
        ("openai-responses", {"input": f"{OURS}\nhi"}, "input", {"input": "hi"}),
        (
            "openai-responses",
            {"input": [item("developer", "d"), item("user", "<environment_context>"), item("user", f"{CCR} hi")]},
            "input[2].content[0].text",
            {"input": [item("developer", "d"), item("user", "<environment_context>"), item("user", "hi")]},
        ),
        (
            "gemini",
            {"systemInstruction": {"parts": [{"text": f"{OURS}x"}]}, "contents": [{"parts": [{"text": "hi"}]}]},
            "systemInstruction.parts[0].text",
            {"systemInstruction": {"parts": [{"text": "x"}]}, "contents": [{"parts": [{"text": "hi"}]}]},
        ),
        (
            "gemini",
            {"contents": [{"role": "user", "parts": [{"text": f"{OURS}hi"}]}]},
            "contents[0].parts[0].text",
            {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
        ),
    ],
    ids=[
        "a subagent of Claude Code", "second system block", "with space around", "system is a text", "in each turn",
        "content is a text", "nothing but the tag", "chat system", "chat user", "Responses instructions",
        "Responses text", "Responses item", "Gemini system", "Gemini user",
    ],
)  # fmt: skip
def test_a_tag_at_the_start_is_read_and_taken_out(format: Any, body: Any, path: str, without: Any) -> None:
    tag, asked = taken(orjson.dumps(body), format)
    assert tag is not None
    assert (tag.target.replace(",", "/"), tag.path) == ("codex/gpt-6", path)
    assert orjson.loads(asked.body) == without
    assert asked.edits == [(path, "subagent tag")]


@pytest.mark.parametrize(
    ("format", "body"),
    [
        ("anthropic", claude_code(user(f"What does {CCR} do?"))),
        ("anthropic", claude_code(user("read"), calls("Read"), result(f"{CCR}\nPlease"))),
        ("anthropic", claude_code(user("hi"), said(), user(f"{CCR}Please"))),
        ("anthropic", claude_code(user("hi"), said(f"{OURS}"))),
        ("anthropic", claude_code(user("<CCR-SUBAGENT-MODEL>codex,gpt-6 is how you begin"))),
        ("anthropic", claude_code(user("<CCR-SUBAGENT-MODEL>a<b></CCR-SUBAGENT-MODEL>"))),
        ("anthropic", claude_code(user("<mitmrouter-model>codex/x</CCR-SUBAGENT-MODEL>"))),
        ("anthropic", claude_code(tools=[{"name": "x", "description": f"{CCR}"}])),
        ("openai-responses", {"input": [{"type": "function_call_output", "call_id": "c", "output": f"{CCR}hi"}]}),
        ("openai-chat", chat(("user", "hi"), ("tool", "x"), ("assistant", "x"), ("user", f"{OURS}x"))),
    ],
    ids=[
        "quoted", "a tool's result", "a later turn", "the model's own", "never closed", "not plain", "closed otherwise",
        "a tool's description", "Responses tool", "chat, later",
    ],
)  # fmt: skip
def test_anywhere_else_it_is_only_text(format: Any, body: Any) -> None:
    tag, asked = taken(orjson.dumps(body), format)
    assert (tag, asked.body, asked.edits) == (None, asked.as_sent, [])


def test_every_other_byte_stays() -> None:
    body = (
        b'{ "model":"m", "messages" :[ {"role":"user","content":[ {"type":"text", "text":"'
        b"\\u003cCCR-SUBAGENT-MODEL\\u003Ecodex,gpt\\u002d6<\\/CCR-SUBAGENT-MODEL>\\n\\tGr\\u00fc\\u00DFe \xc3\xa9"
        b'","cache_control": {"type" : "ephemeral"}}, {"x":1.0e2} ]},{"role":"assistant","content" :"<a>"}] ,'
        b'"system":[{"text":"  Be \\u0062rief"}],"temperature":1.50,"n":12345678901234567890123}'
    )
    tag, asked = taken(body)
    assert tag is not None
    assert tag.target == "codex,gpt-6"
    assert b'"text":"Gr\\u00fc\\u00DFe \xc3\xa9"' in asked.body
    for kept in (
        b'"cache_control":{"type" : "ephemeral"}', b'{"x":1.0e2}', b'{"role":"assistant","content" :"<a>"}',
        b'"system":[{"text":"  Be \\u0062rief"}]', b'"temperature":1.50', b'"n":12345678901234567890123',
    ):  # fmt: skip
        assert kept in asked.body
    assert b"SUBAGENT" not in asked.body


def test_all_tags_at_starts_go_and_the_first_one_counts() -> None:
    body = claude_code(user(f"{OURS}hi"), system=[text(f"{CCR}You are")])
    tag, asked = taken(orjson.dumps(body))
    assert tag is not None
    assert (tag.target, tag.path) == ("codex,gpt-6", "system[0].text")
    assert b"mitmrouter-model" not in asked.body
    assert b"SUBAGENT" not in asked.body


def test_one_tag_behind_another_goes_with_it_and_the_first_one_counts() -> None:
    tag, asked = taken(orjson.dumps(claude_code(user(f"{OURS}\n{CCR}hi"))))
    assert tag is not None
    assert tag.target == "codex/gpt-6"
    assert orjson.loads(asked.body) == claude_code(user("hi"))


@pytest.mark.parametrize("space", ["\\u00a0", "\u00a0", "\\f", "\\u000a", "\\u0020 "], ids=ascii)
def test_space_of_any_kind_behind_a_tag_goes_from_the_bytes_as_from_the_text(space: str) -> None:
    _, asked = taken(f'{{"messages":[{{"role":"user","content":"{OURS}{space}hi"}}]}}'.encode())
    assert asked.body == b'{"messages":[{"role":"user","content":"hi"}]}'


@pytest.mark.parametrize(
    ("format", "body"),
    [
        ("anthropic", {"system": CCR}),
        ("anthropic", {"system": [text(CCR)]}),
        ("anthropic", {"system": [text(CCR), text(OURS)]}),
        ("openai-responses", {"instructions": CCR}),
        ("gemini", {"systemInstruction": {"parts": [{"text": CCR}]}}),
    ],
    ids=["text", "block", "blocks", "Responses", "Gemini"],
)
def test_a_system_prompt_of_nothing_else_goes_whole_since_providers_refuse_empty_texts(format: Any, body: Any) -> None:
    tag, asked = taken(orjson.dumps({**body, "temperature": 1}), format)
    assert tag is not None
    assert asked.body == b'{"temperature":1}'


def test_a_whole_gemini_request_that_is_to_be_counted_may_have_one_too() -> None:
    inner = {"systemInstruction": {"parts": [{"text": f"{CCR}x"}]}, "contents": [{"parts": [{"text": f"{OURS}hi"}]}]}
    tag, asked = taken(orjson.dumps({"generateContentRequest": inner}), "gemini")
    assert tag is not None
    assert (tag.target, tag.path) == ("codex,gpt-6", "generateContentRequest.systemInstruction.parts[0].text")
    assert asked.body == (
        b'{"generateContentRequest":{"systemInstruction":{"parts":[{"text":"x"}]},"contents":[{"parts":[{"text":"hi"}]}]}}'
    )


@pytest.mark.parametrize("body", [b'["<mitmrouter-model>"]', b'{"messages":"<mitmrouter-model>', b"mitmrouter-model"])
def test_what_cannot_be_read_is_refused_as_without_a_tag(body: bytes) -> None:
    with pytest.raises(WireError, match="JSON"):
        taken(body)
