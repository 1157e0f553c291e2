"""What is known of a request, for each client's and each format's own words."""

from typing import Any

import orjson
import pytest

from router_core.asked_for import AskedFor
from router_core.routing.entrance import Entrance
from router_core.routing.facts import Facts
from tests.router_core.routing.bodies import (
    CLAUDE_CODE,
    CODEX,
    ENVIRONMENT,
    GEMINI_CLI,
    IMAGE,
    PLAN_BEGINS,
    PLAN_ENDS,
    SDK,
    ULTRATHINK,
    calls,
    claude_code,
    codex,
    facts_of,
    older_claude_code,
    reminder,
    result,
    said,
    text,
    title_call,
    user,
    web_search_call,
)


def marked(words: str) -> dict[str, Any]:
    """How older models get a reminder."""
    return text(f"<system-reminder>\n{words}\n</system-reminder>")


def mode(name: str) -> list[dict[str, Any]]:
    return [{"type": "dangerous_tool_use", "classifier_context": {"v": 1, "permission_mode": name}}]


def chat(**changes: Any) -> Facts:
    return facts_of({"model": "m", "messages": [{"role": "user", "content": "hi"}], **changes}, "openai-chat", {})


def gemini(headers: dict[str, str] | None = None, **changes: Any) -> Facts:
    body = {"model": "m", "contents": [{"role": "user", "parts": [{"text": "hi"}]}], **changes}
    return facts_of(body, "gemini", headers or {})


BEGUN = [user("one"), reminder(f"{ENVIRONMENT}\n\n{PLAN_BEGINS}"), said()]
OF_OLD = [user(marked(PLAN_BEGINS), "one"), said()]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (claude_code(), False),
        (claude_code(*BEGUN[:2]), True),
        (claude_code(*BEGUN, user("two")), True),
        (claude_code(*BEGUN, user("two"), calls("Read"), result()), True),
        (claude_code(*BEGUN, user("two"), reminder(PLAN_ENDS)), False),
        (claude_code(*BEGUN, user("two"), reminder(PLAN_ENDS), said(), user("three"), reminder(PLAN_BEGINS)), True),
        (older_claude_code(*OF_OLD[:1]), True),
        (older_claude_code(*OF_OLD, user(marked(PLAN_ENDS), "two")), False),
        (older_claude_code(*OF_OLD, user(marked(PLAN_ENDS), "two"), said(), user(marked(PLAN_BEGINS), "3")), True),
        (claude_code(safeguards=mode("plan")), True),
        (claude_code(*BEGUN[:2], safeguards=mode("default")), False),
        (claude_code(user(f"What does this mean: {PLAN_BEGINS}?")), False),
        (claude_code(user("read it"), calls("Read"), result(PLAN_BEGINS)), False),
    ],
    ids=[
        "no", "begins", "goes on", "goes on among tools", "ended", "begins again", "older form", "older form, ended",
        "older form, again", "the mode of now", "the mode of now is another", "quoted by the user", "read in a file",
    ],
)  # fmt: skip
def test_claude_code_s_plan_mode(body: dict[str, Any], expected: bool) -> None:
    assert facts_of(body).plans is expected


def collaboration(name: str) -> dict[str, Any]:
    words = f"<collaboration_mode>{name} and so on</collaboration_mode>"
    return {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": words}]}


def test_codex_s_plan_mode() -> None:
    plan, default = collaboration("# Plan Mode (Conversational)"), collaboration("# Collaboration Mode: Default")
    assert not facts_of(codex(), "openai-responses", CODEX).plans
    assert facts_of(codex(plan), "openai-responses", CODEX).plans
    assert not facts_of(codex(plan, default), "openai-responses", CODEX).plans
    assert not facts_of(codex(plan), "openai-responses", {}).plans


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (facts_of(claude_code()), ""),
        (facts_of(claude_code(output_config={"effort": "high"})), ""),
        (facts_of(claude_code(output_config={"effort": "xhigh"})), "output_config.effort is xhigh"),
        (facts_of(claude_code(output_config={"effort": "max"})), "output_config.effort is max"),
        (facts_of(older_claude_code()), ""),
        (facts_of(older_claude_code(max_tokens=20000, thinking={"type": "enabled", "budget_tokens": 19999})), ""),
        (
            facts_of(older_claude_code(thinking={"type": "enabled", "budget_tokens": 10000})),
            "thinking.budget_tokens is 10000",
        ),
        (facts_of(claude_code(user("ultrathink"), reminder(ULTRATHINK))), 'the prompt says "ultrathink"'),
        (
            facts_of(claude_code(user("ultrathink"), reminder(ULTRATHINK), calls(), result())),
            'the prompt says "ultrathink"',
        ),
        (facts_of(claude_code(user("ultrathink"), reminder(ULTRATHINK), said(), user("thanks"))), ""),
        (facts_of(older_claude_code(user(marked(ULTRATHINK), "ultrathink"))), 'the prompt says "ultrathink"'),
        (facts_of(claude_code(user("read"), calls("Read"), result(ULTRATHINK))), ""),
        (facts_of(older_claude_code(), headers=SDK), "thinking.type is enabled"),
        (facts_of({"thinking": {"type": "adaptive"}}, headers=SDK), "thinking.type is adaptive"),
        (facts_of({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, headers=SDK), ""),
        (facts_of({"output_config": {"effort": "high"}}, headers=SDK), "output_config.effort is high"),
        (facts_of({"thinking": {"type": "disabled"}}, headers=SDK), ""),
        (facts_of(codex(), "openai-responses", CODEX), ""),
        (facts_of(codex(reasoning={"effort": "high"}), "openai-responses", CODEX), "reasoning.effort is high"),
        (chat(), ""),
        (chat(reasoning_effort="low"), ""),
        (chat(reasoning_effort="high"), "reasoning_effort is high"),
        (chat(reasoning={"effort": "xhigh"}), "reasoning.effort is xhigh"),
        (chat(reasoning={"max_tokens": 2000}), "reasoning.max_tokens is 2000"),
        (chat(thinking={"type": "enabled"}), "thinking.type is enabled"),
        (chat(enable_thinking=True), "enable_thinking is true"),
        (gemini(), ""),
        (gemini(generationConfig={"thinkingConfig": {"thinkingBudget": 2048}}), "thinkingBudget is 2048"),
        (gemini(generationConfig={"thinkingConfig": {"thinkingBudget": -1}}), ""),
        (gemini(generationConfig={"thinkingConfig": {"thinkingLevel": "HIGH"}}), "thinkingLevel is high"),
        (gemini(GEMINI_CLI, generationConfig={"thinkingConfig": {"thinkingBudget": 8192}}), ""),
    ],
    ids=[
        "Claude Code", "Claude Code's high", "Claude Code's xhigh", "Claude Code's max", "older models",
        "older models, few tokens", "MAX_THINKING_TOKENS", "ultrathink", "ultrathink among tools", "ultrathink before",
        "ultrathink, older form", "ultrathink in a file", "SDK enabled", "SDK adaptive", "SDK adaptive, low",
        "SDK effort", "SDK disabled", "Codex", "Codex high", "chat", "chat low", "chat high", "chat reasoning",
        "chat reasoning budget", "chat thinking", "chat enable_thinking", "Gemini", "Gemini budget", "Gemini dynamic",
        "Gemini level", "Gemini CLI",
    ],
)  # fmt: skip
def test_what_asks_for_thinking(facts: Facts, expected: str) -> None:
    assert facts.thinking == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (facts_of(claude_code()), ""),
        (facts_of(web_search_call()), "web_search_20250305"),
        (facts_of(claude_code(tools=[{"name": "WebSearch", "input_schema": {}}])), ""),
        (facts_of(codex(), "openai-responses", CODEX), ""),
        (facts_of(codex(tool_choice={"type": "web_search"}), "openai-responses", CODEX), "web_search"),
        (facts_of(codex(tools=[{"type": "web_search"}]), "openai-responses", CODEX), "web_search"),
        (facts_of(codex(), "openai-responses", {}), "web_search"),
        (
            facts_of({"tools": [{"type": "web_search_preview"}], "input": "hi"}, "openai-responses", {}),
            "web_search_preview",
        ),
        (chat(), ""),
        (chat(web_search_options={}), "web_search_options"),
        (chat(tools=[{"type": "function", "function": {"name": "web_search"}}]), ""),
        (gemini(tools=[{"googleSearch": {}}]), "googleSearch"),
        (gemini(tools=[{"google_search": {}}]), "google_search"),
        (gemini(tools=[{"functionDeclarations": [{"name": "googleSearch"}]}]), ""),
    ],
    ids=[
        "Claude Code", "Claude Code's search", "its tool that asks for one", "Codex always offers it", "Codex must",
        "nothing else", "an SDK with Codex's tools", "preview", "chat", "chat options", "chat's own function", "Gemini",
        "Gemini, snake case", "Gemini's own function",
    ],
)  # fmt: skip
def test_what_asks_for_a_web_search(facts: Facts, expected: str) -> None:
    assert facts.web_search == expected


URL = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}
SCREENSHOT = {"type": "computer_screenshot", "image_url": "data:image/png;base64,iVBO"}
INPUT = {"type": "input_image", "image_url": "data:image/png;base64,iVBO"}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (facts_of(claude_code()), False),
        (facts_of(claude_code(user(marked("Called the Read tool")), user(IMAGE, "look"), reminder(ENVIRONMENT))), True),
        (facts_of(claude_code(user("read pic.png"), calls("Read"), result([IMAGE]))), True),
        (facts_of(claude_code(user(IMAGE, "look"), calls(), result())), True),
        (facts_of(claude_code(user(IMAGE, "look"), said(), user("thanks"))), False),
        (facts_of(claude_code(user("read"), calls("Read"), result([IMAGE]), said(), user("thanks"))), False),
        (chat(messages=[{"role": "user", "content": [URL]}]), True),
        (facts_of({"input": [{"role": "user", "content": [INPUT]}]}, "openai-responses", {}), True),
        (
            facts_of({"input": [{"type": "function_call_output", "output": [INPUT]}]}, "openai-responses", {}),
            True,
        ),
        (
            facts_of(
                {"input": [{"type": "computer_call_output", "output": SCREENSHOT}]},
                "openai-responses",
                {},
            ),
            True,
        ),
        (facts_of({"input": "hi"}, "openai-responses", {}), False),
        (gemini(contents=[{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": ""}}]}]), True),
        (gemini(contents=[{"role": "user", "parts": [{"inlineData": {"mimeType": "audio/wav"}}]}]), False),
        (gemini(contents=[{"role": "user", "parts": [{"fileData": {"mimeType": "image/png", "fileUri": ""}}]}]), True),
    ],
    ids=[
        "none", "@file", "read by a tool", "the same turn, among tools", "an older turn", "an older turn's tool",
        "chat", "Responses", "Responses, by a tool", "Responses, a screenshot",
        "Responses, a text", "Gemini", "Gemini, a sound", "Gemini, a file",
    ],
)  # fmt: skip
def test_an_image_in_the_new_turn(facts: Facts, expected: bool) -> None:
    assert facts.image is expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (facts_of(claude_code()), ""),
        (facts_of(claude_code(model="claude-haiku-5-5")), "Claude Code's small model claude-haiku-5-5"),
        (facts_of(title_call()), "a call of Claude Code without tools and thinking"),
        (facts_of(title_call(model="tiny-model")), "a call of Claude Code without tools and thinking"),
        (facts_of(title_call(thinking={"type": "disabled"})), "a call of Claude Code without tools and thinking"),
        (facts_of(web_search_call()), ""),
        (facts_of(claude_code(tools=[])), ""),
        (facts_of(title_call(), operation="count"), ""),
        (facts_of(claude_code(model="claude-haiku-5-5"), headers=SDK), ""),
        (facts_of(title_call(), headers=SDK), ""),
    ],
    ids=[
        "main", "haiku", "title", "ANTHROPIC_SMALL_FAST_MODEL", "told not to think", "web search", "main without tools",
        "a count", "another client's haiku", "another client without tools",
    ],
)  # fmt: skip
def test_claude_code_s_errands(facts: Facts, expected: str) -> None:
    assert facts.errand == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (facts_of(title_call()), True),
        (facts_of(web_search_call()), True),
        (facts_of(claude_code()), False),
        (facts_of(claude_code(model="claude-haiku-5-5")), False),
        (facts_of(title_call(), operation="count"), False),
        (facts_of(title_call(), headers=SDK), False),
    ],
    ids=["title", "web search", "main", "main of the small model", "a count", "another client"],
)
def test_what_claude_code_asks_beside_the_conversation(facts: Facts, expected: bool) -> None:
    assert facts.aside is expected


FIRST_LINES = "I'm currently working in the directory: /srv/app\nHere is the folder structure"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (facts_of(claude_code()), "/srv/app"),
        (facts_of(older_claude_code(user(marked(ENVIRONMENT), "hi"))), "/srv/app"),
        (facts_of(claude_code(user("hi"), system="<env>\nWorking directory: /srv/older\n</env>")), "/srv/older"),
        (facts_of(claude_code(user("hi"), reminder(ENVIRONMENT.replace("app", 'a"\\ü b')))), '/srv/a"\\ü b'),
        (facts_of(claude_code(user("hi"))), ""),
        (facts_of(codex(), "openai-responses", CODEX), "/srv/app"),
        (facts_of(codex(), "openai-responses", {**CODEX, "x-mitmrouter-project": " /said/so "}), "/said/so"),
        (gemini(GEMINI_CLI, contents=[{"role": "user", "parts": [{"text": FIRST_LINES}]}]), "/srv/app"),
        (facts_of(claude_code(), headers=SDK), ""),
    ],
    ids=["Claude Code", "older models", "older versions", "odd characters", "not said", "Codex", "header", "Gemini CLI",
         "another client's words"],
)  # fmt: skip
def test_the_project(facts: Facts, expected: str) -> None:
    assert facts.project == expected


def test_who_asks() -> None:
    facts = facts_of(claude_code(), headers={**CLAUDE_CODE, "x-claude-code-agent-id": "agent-1"})
    assert (facts.client, facts.session, facts.agent, facts.model) == (
        "claude-code",
        "session-1",
        "agent-1",
        "claude-opus-5-5",
    )
    assert facts.user_agent.startswith("claude-cli/2.1.329")


def test_without_a_question_about_the_body_it_is_not_parsed() -> None:
    facts = facts_of(claude_code())
    facts.asked.skim({"model": "claude-opus-5-5", "stream": True})
    assert (facts.model, facts.client, facts.project) == ("claude-opus-5-5", "claude-code", "/srv/app")
    assert "json" not in facts.asked.__dict__
    assert facts.known_input_tokens is None


@pytest.mark.parametrize("format", ["anthropic", "openai-chat", "openai-responses", "gemini"])
@pytest.mark.parametrize("value", [None, 1, "x", [], [None, 1, "x", []], {}, {"role": "user"}], ids=repr)
@pytest.mark.parametrize("headers", [CLAUDE_CODE, CODEX, {}], ids=["claude-code", "codex", "none"])
def test_a_body_of_any_shape_is_taken_as_it_comes(format: Any, value: Any, headers: dict[str, str]) -> None:
    keys = ("messages", "input", "contents", "tools", "thinking", "reasoning", "safeguards", "output_config", "system")
    facts = facts_of(dict.fromkeys(keys, value), format, headers)
    assert (facts.thinking, facts.plans, facts.image, facts.web_search) == ("", False, False, "")
    assert facts.input_tokens >= 1


def continuing(earlier: list[Any], *new: Any, previous: Any = "resp_1") -> Facts:
    """Codex says only what is new, and goes on from a response."""
    body = codex(input=list(new), previous_response_id=previous)
    asked = AskedFor(Entrance("openai-responses", "generate"), orjson.dumps(body), CODEX, "", "session-2")
    return Facts(asked, remembered=lambda response_id: earlier if response_id == "resp_1" else ())


OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "ok"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
MODE = {"type": "input_text", "text": "<collaboration_mode># Plan Mode</collaboration_mode>"}
PLANNING = {"type": "message", "role": "developer", "content": [MODE]}
PICTURE = {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "data:,"}]}


def test_what_came_before_counts_where_only_the_new_is_sent() -> None:
    facts = continuing([*codex()["input"], PLANNING, PICTURE, CALL], OUTPUT)
    assert (facts.plans, facts.image) == (True, True)
    new_prompt = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "thanks"}]}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "A cat."}]}
    assert not continuing([*codex()["input"], PICTURE, said], new_prompt).image  # a turn before


@pytest.mark.parametrize("previous", ["resp_9", None, 7])
def test_what_nobody_remembers_does_not(previous: Any) -> None:
    facts = continuing([*codex()["input"], PLANNING, PICTURE, CALL], OUTPUT, previous=previous)
    assert (facts.plans, facts.image) == (False, False)


@pytest.mark.parametrize(("more", "expected"), [({}, "/srv/app"), ({"x-mitmrouter-project": "/srv/told"}, "/srv/told")])
def test_the_directory_of_the_beginning_stays_unless_the_client_tells_another(
    more: dict[str, str], expected: str
) -> None:
    moved = codex()["input"][1]["content"][0]["text"].replace("/srv/app", "/srv/elsewhere")
    body = codex(input=[{"role": "user", "content": [{"type": "input_text", "text": moved}]}])
    asked = AskedFor(Entrance("openai-responses", "generate"), orjson.dumps(body), CODEX | more, "", "session-2")
    assert Facts(asked, project_before="/srv/app").project == expected
