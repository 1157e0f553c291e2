"""What users of other translating routers ran into: one test each, named after what they saw (the number is that of our
list of reports, see test_gotchas_index.py). A request goes through everything but the network: read in the client's
format, put to a provider, and the provider's stream turned back.
"""

from typing import Any

import orjson
import pytest

from router_core.answer import Answer
from router_core.asked_for import AskedFor
from router_core.outgoing import Outgoing, put
from router_core.providers.catalogue import CATALOGUE
from router_core.routing.entrance import entrance_of
from router_core.routing.target import split_target
from router_core.wire.codec import Answering, RandomMinting
from tests.router_core.provider_streams import (
    JsonObject,
    chat_call,
    chunk,
    claude_call,
    claude_start,
    claude_text,
    gemini_call,
    responses_call,
    sse,
)

MESSAGES, CHAT, RESPONSES = "/v1/messages", "/v1/chat/completions", "/v1/responses"
SCHEMA = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
BASH = {"name": "Bash", "description": "d", "input_schema": SCHEMA}
BASH_IN_CHAT = {"type": "function", "function": {"name": "Bash", "description": "d", "parameters": SCHEMA}}
BASH_IN_RESPONSES = {"type": "function", "name": "Bash", "parameters": SCHEMA}


def sent(path: str, model: str, **fields: Any) -> Outgoing:
    """What a provider gets of a client's request."""
    return _put(path, model, fields)[1]


def body_of(path: str, model: str, **fields: Any) -> JsonObject:
    body: JsonObject = orjson.loads(sent(path, model, **fields).body)
    return body


def received(path: str, model: str, stream: bytes, **fields: Any) -> bytes:
    """What a streaming client gets of a provider's stream."""
    asked, outgoing = _put(path, model, {"stream": True, **fields})
    answering = Answering(asked.neutral, asked.model, RandomMinting(1), asked.input_tokens)
    answer = Answer(outgoing, asked.entrance, answering, is_sse=True)
    return answer.feed(stream) + answer.close()


def events(stream: bytes) -> list[JsonObject]:
    return [orjson.loads(line[6:]) for line in stream.decode().splitlines() if line.startswith("data: {")]


def _put(path: str, model: str, fields: JsonObject) -> tuple[AskedFor, Outgoing]:
    entrance, target = entrance_of("POST", path), split_target(model)
    assert entrance is not None
    assert target is not None
    first = {"input": "hi"} if path == RESPONSES else {"messages": [{"role": "user", "content": "hi"}]}
    needed = {"max_tokens": 1000} if path == MESSAGES else {}
    asked = AskedFor(entrance, orjson.dumps({"model": model, **first, **needed, **fields}), {}, "", "")
    return asked, put(asked, target, CATALOGUE[target.provider])


def calls_in(path: str, stream: bytes) -> list[tuple[str, str]]:
    """(name, arguments as they were streamed) of each call that a client got."""
    found: dict[int, list[str]] = {}
    for event in events(stream):
        if path == MESSAGES:
            block, delta = event.get("content_block", {}), event.get("delta", {})
            if block.get("type") == "tool_use":
                found[event["index"]] = [block["name"], ""]
            elif delta.get("type") == "input_json_delta":
                found[event["index"]][1] += delta["partial_json"]
        elif path == CHAT:
            for choice in event["choices"]:
                for call in choice["delta"].get("tool_calls") or ():
                    entry = found.setdefault(call["index"], [call["function"].get("name", ""), ""])
                    entry[1] += call["function"].get("arguments") or ""
        elif event["type"] == "response.output_item.done" and event["item"]["type"] == "function_call":
            found[event["output_index"]] = [event["item"]["name"], event["item"]["arguments"]]
    return [(name, arguments) for name, arguments in found.values()]


TOOLS = {MESSAGES: BASH, CHAT: BASH_IN_CHAT, RESPONSES: BASH_IN_RESPONSES}
CLIENTS = pytest.mark.parametrize("path", TOOLS)


# ---- thinking --------------------------------------------------------------------------------------------------------


def test_deepseek_answers_400_because_its_reasoning_content_did_not_come_back() -> None:  # 34
    call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "a.txt"}
    thinking = {"type": "thinking", "thinking": "List them.", "signature": ""}
    turns = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [thinking, call]},
        {"role": "user", "content": [result]},
        {"role": "assistant", "content": [call | {"id": "toolu_2"}]},
        {"role": "user", "content": [result | {"tool_use_id": "toolu_2"}]},
    ]
    body = body_of(MESSAGES, "deepseek/deepseek-v4-pro", messages=turns, tools=[BASH])
    said = [message for message in body["messages"] if message["role"] == "assistant"]
    assert said[0]["reasoning_content"] == "List them."
    assert all("reasoning_content" in message for message in said)  # the field must be there, thoughts or not


# ---- tool calls ------------------------------------------------------------------------------------------------------


@CLIENTS
def test_tool_arguments_vanished_when_usage_came_with_every_chunk(path: str) -> None:  # 35
    usage = {"prompt_tokens": 50, "completion_tokens": 7, "total_tokens": 57}
    stream = chat_call('{"comm', 'and":', '"ls"}', usage=usage)
    got = received(path, "deepseek/deepseek-v4-pro", stream, tools=[TOOLS[path]])
    assert calls_in(path, got) == [("Bash", '{"command":"ls"}')]


COMMAND = 'echo "ä 你好" && ls\n'
PIECES = ['{"command', '": "echo \\"ä 你', '好\\" && ls\\n"}']


@CLIENTS
@pytest.mark.parametrize(
    ("model", "stream"),
    [
        ("deepseek/deepseek-v4-pro", chat_call(*PIECES)),
        ("deepseek/deepseek-v4-pro", chat_call("".join(PIECES))),
        ("claude/claude-sonnet-5", claude_call("", *PIECES)),
        ("codex/gpt-5.5", responses_call(*PIECES)),
        ("gemini/gemini-3.5-flash", gemini_call({"command": COMMAND})),
    ],
    ids=["chat", "chat-in-one-piece", "anthropic", "responses", "gemini"],
)
def test_bash_calls_arrived_without_their_command(path: str, model: str, stream: bytes) -> None:  # 36
    ((name, arguments),) = calls_in(path, received(path, model, stream, tools=[TOOLS[path]]))
    assert (name, orjson.loads(arguments)) == ("Bash", {"command": COMMAND})


def test_a_call_cut_off_by_max_tokens_ran_as_an_empty_one() -> None:  # 37
    got = received(MESSAGES, "deepseek/deepseek-v4-pro", chat_call('{"command": "rm -rf /tmp/o', finish="length"))
    assert calls_in(MESSAGES, got) == [("Bash", '{"command": "rm -rf /tmp/o')]  # neither repaired nor dropped
    assert [e["delta"]["stop_reason"] for e in events(got) if e["type"] == "message_delta"] == ["max_tokens"]
    got = received(CHAT, "claude/claude-sonnet-5", claude_call('{"command": "rm -rf /tmp/o', stop="max_tokens"))
    assert calls_in(CHAT, got) == [("Bash", '{"command": "rm -rf /tmp/o')]
    assert [c["finish_reason"] for e in events(got) for c in e["choices"] if c["finish_reason"]] == ["length"]


def test_built_in_and_freeform_tools_became_tools_that_anthropic_refuses() -> None:  # 38
    tools = [
        {"type": "custom", "name": "apply_patch", "description": "d", "format": {"type": "text"}},
        {"type": "tool_search"},
        {"type": "local_shell"},
        {"type": "function", "name": "now"},
    ]
    body = body_of(RESPONSES, "claude/claude-sonnet-5", tools=tools)
    assert {tool["name"] for tool in body["tools"]} == {"apply_patch", "now"}
    assert all(tool["input_schema"]["type"] == "object" for tool in body["tools"])


@pytest.mark.parametrize(
    "model", ["claude/claude-sonnet-5", "deepseek/deepseek-v4-pro", "codex/gpt-5.5", "gemini/gemini-3.5-flash"]
)
def test_an_orphan_choice_or_call_or_output_is_a_400(model: str) -> None:  # 39
    items = [
        {"type": "message", "role": "user", "content": "hi"},
        {"type": "custom_tool_call_output", "call_id": "call_gone", "output": "an output without its call"},
        {"type": "custom_tool_call", "call_id": "call_1", "name": "apply_patch", "input": "a call without its output"},
        {"type": "message", "role": "user", "content": "go on"},
    ]
    turns = [
        {"role": "user", "content": "hi"},
        {"role": "tool", "tool_call_id": "call_gone", "content": "an output without its call"},
        {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function",
                                              "function": {"name": "Bash", "arguments": "{}"}}]},
        {"role": "user", "content": "go on"},
    ]  # fmt: skip
    in_chat = model.startswith("codex")  # a client of another format, so that nothing passes through
    fields: JsonObject = {"messages": turns} if in_chat else {"input": items}
    body = body_of(CHAT if in_chat else RESPONSES, model, tool_choice="auto", **fields)
    assert "tool_choice" not in body
    assert "toolConfig" not in body
    text = orjson.dumps(body).decode()
    assert text.count("call_gone") == 0
    calls, outputs = {
        "claude": ('"tool_use"', '"tool_result"'),
        "deepseek": ('"tool_calls"', '"role":"tool"'),
        "codex": ('"function_call"', '"function_call_output"'),
        "gemini": ('"functionCall"', '"functionResponse"'),
    }[model.partition("/")[0]]
    assert (text.count(calls), text.count(outputs)) == (1, 1)


def test_codex_refused_namespaced_tools_as_unsupported_call() -> None:  # 40
    function = {"type": "function", "name": "search", "parameters": SCHEMA}
    namespace = {"type": "namespace", "name": "mcp__docs", "tools": [function]}
    model = "claude/claude-sonnet-5"
    (tool,) = body_of(RESPONSES, model, tools=[namespace])["tools"]
    stream = claude_call('{"command": "x"}', name=tool["name"])
    done = [
        event["item"]
        for event in events(received(RESPONSES, model, stream, tools=[namespace]))
        if event["type"] == "response.output_item.done"
    ]
    assert [(item["type"], item["name"], item["namespace"]) for item in done] == [
        ("function_call", "search", "mcp__docs")
    ]


@pytest.mark.parametrize("tool", [BASH, BASH_IN_CHAT, BASH_IN_RESPONSES], ids=["anthropic", "chat", "responses"])
@CLIENTS
def test_cursor_sends_the_tools_of_one_api_to_another(path: str, tool: JsonObject) -> None:  # 41
    model = "gemini/gemini-3.5-flash"
    (group,) = body_of(path, model, tools=[tool])["tools"]
    (declared,) = group["functionDeclarations"]
    assert declared["name"] == "Bash"
    assert "command" in str(declared)


def test_mistral_refuses_ids_that_are_not_nine_characters() -> None:  # 42
    calls = [
        {"type": "tool_use", "id": f"toolu_01AbCdEf{number}", "name": "Bash", "input": {"command": "ls"}}
        for number in range(3)
    ]
    results = [{"type": "tool_result", "tool_use_id": call["id"], "content": "x"} for call in calls]
    turns = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": calls},
        {"role": "user", "content": results},
    ]
    body = body_of(MESSAGES, "mistral/mistral-large-3", messages=turns, tools=[BASH])
    asked = [call["id"] for message in body["messages"] for call in message.get("tool_calls") or ()]
    answered = [message["tool_call_id"] for message in body["messages"] if message["role"] == "tool"]
    assert asked == answered
    assert len(set(asked)) == 3
    assert all(len(id) == 9 and id.isascii() and id.isalnum() for id in asked)
    got = received(MESSAGES, "mistral/mistral-large-3", chat_call('{"command":"ls"}'), tools=[BASH])
    (block,) = [event["content_block"] for event in events(got) if event["type"] == "content_block_start"]
    again = [turns[0], {"role": "assistant", "content": [{**block, "input": {"command": "ls"}}]},
             {"role": "user", "content": [{**results[0], "tool_use_id": block["id"]}]}]  # fmt: skip
    body = body_of(MESSAGES, "mistral/mistral-large-3", messages=again, tools=[BASH])
    assert len(body["messages"][-1]["tool_call_id"]) == 9


@pytest.mark.parametrize(
    ("model", "stream"),
    [
        ("deepseek/deepseek-v4-pro", chat_call('{"command":', '"rm x"}')),
        ("claude/claude-sonnet-5", claude_call('{"command":', '"rm x"}')),
    ],
)
def test_a_call_was_run_twice_because_half_of_it_was_committed(model: str, stream: bytes) -> None:  # 43
    """Codex runs a call at `output_item.done`. That nothing is asked again after content: test_broken_streams."""
    whole = received(RESPONSES, model, stream, tools=[BASH_IN_RESPONSES])
    assert calls_in(RESPONSES, whole) == [("Bash", '{"command":"rm x"}')]
    cut = received(RESPONSES, model, stream[: stream.index(b"rm x")], tools=[BASH_IN_RESPONSES])
    assert calls_in(RESPONSES, cut) == []
    assert events(cut)[-1]["type"] == "response.failed"


# ---- streams ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "stream"),
    [
        ("deepseek/deepseek-v4-pro", sse(chunk({"content": "half an ans"}))),
        ("claude/claude-sonnet-5", claude_text(usage={"output_tokens": 2}).partition(b"event: message_delta")[0]),
        ("gemini/gemini-3.5-flash", sse({"candidates": [{"content": {"role": "model", "parts": [{"text": "ha"}]}}]})),
    ],
    ids=["chat", "anthropic", "gemini"],
)
def test_stream_closed_before_response_completed_by_another_provider(model: str, stream: bytes) -> None:  # 44
    kinds = [event["type"] for event in events(received(RESPONSES, model, stream))]
    assert kinds.count("response.created") == 1
    assert kinds[-1] == "response.failed"
    assert "response.completed" not in kinds


@pytest.mark.parametrize("model", ["deepseek/deepseek-v4-pro", "openai/gpt-5.5"])
def test_the_context_gauge_showed_zero_because_the_provider_counts_at_the_end(model: str) -> None:  # 47
    long = [{"role": "user", "content": "seven words that mean nothing at all " * 200}]
    stream = {
        "deepseek": chat_call('{"command":"ls"}'),
        "openai": responses_call('{"command":"ls"}'),
    }[model.partition("/")[0]]
    first = events(received(MESSAGES, model, stream, messages=long, tools=[BASH]))[0]
    assert first["type"] == "message_start"
    assert 1000 < first["message"]["usage"]["input_tokens"] < 3000


# ---- usage -----------------------------------------------------------------------------------------------------------


def test_cached_input_was_counted_twice() -> None:  # 48
    """OpenAI's and Google's totals include what was cached, Anthropic's do not."""
    usage = {"prompt_tokens": 1000, "completion_tokens": 5, "total_tokens": 1005,
             "prompt_tokens_details": {"cached_tokens": 900}}  # fmt: skip
    stream = sse(chunk({"content": "hi"}), chunk({}, "stop"), {**chunk({}), "choices": [], "usage": usage})
    got = events(received(MESSAGES, "deepseek/deepseek-v4-pro", stream + b"data: [DONE]\n\n"))
    told = next(event["usage"] for event in got if event["type"] == "message_delta")
    assert (told["input_tokens"], told["cache_read_input_tokens"]) == (100, 900)

    start = claude_start(input_tokens=100, cache_read_input_tokens=700, cache_creation_input_tokens=200)
    got = events(received(RESPONSES, "claude/claude-sonnet-5", claude_text(start=start, usage={"output_tokens": 5})))
    told = got[-1]["response"]["usage"]
    assert (told["input_tokens"], told["input_tokens_details"]["cached_tokens"]) == (1000, 700)
    assert told["total_tokens"] == 1005


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ({"input_tokens": 120, "output_tokens": 9}, (120, 9)),  # cumulative: it replaces
        ({"input_tokens": None, "output_tokens": 9}, (100, 9)),  # null: what the start said stays
        ({"output_tokens": 9}, (100, 9)),
    ],
    ids=["replaces", "null", "absent"],
)
def test_usage_of_the_last_event_was_added_to_that_of_the_first(  # 49
    last: JsonObject, expected: tuple[int, int]
) -> None:
    stream = claude_text(start=claude_start(input_tokens=100, output_tokens=4), usage=last)
    told = events(received(RESPONSES, "claude/claude-sonnet-5", stream))[-1]["response"]["usage"]
    assert (told["input_tokens"], told["output_tokens"]) == expected


def test_openrouters_own_cost_did_not_reach_the_client_that_asked_for_it() -> None:  # 50
    asked = {"usage": {"include": True}, "stream_options": {"include_usage": True}, "stream": True}
    outgoing = sent(CHAT, "openrouter/z-ai/glm-5.3", **asked)
    assert outgoing.treatment == "pass"  # so the last chunk, with its cost, comes through as it is
    assert {name: orjson.loads(outgoing.body)[name] for name in asked} == asked


# ---- Copilot and others ----------------------------------------------------------------------------------------------


def test_newer_models_answer_unsupported_api_for_model_to_chat_clients() -> None:  # 51
    older, newer = sent(CHAT, "openai/gpt-4.1"), sent(CHAT, "openai/gpt-6.1-sol")
    assert (older.rest, older.treatment) == ("/chat/completions", "pass")
    assert (newer.rest, newer.treatment) == ("/responses", "translate")


@pytest.mark.parametrize("path", [MESSAGES, CHAT, RESPONSES])
def test_the_codex_backend_says_system_messages_are_not_allowed(path: str) -> None:  # 53
    early: JsonObject = {"role": "system", "content": "Be brief."}
    late: JsonObject = {"role": "system", "content": "Now in French."}
    turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    last = {"role": "user", "content": "go on"}
    fields: dict[str, JsonObject] = {
        MESSAGES: {"system": "Be brief.", "messages": [*turns, late, last]},
        CHAT: {"messages": [early, *turns, late, last]},
        RESPONSES: {"input": [early, *turns, late, last]},
    }
    body = body_of(path, "codex/gpt-5.5", **fields[path])
    assert "system" not in [item.get("role") for item in body["input"]]
    text = orjson.dumps(body).decode()
    assert text.count("Be brief.") == text.count("Now in French.") == 1
    assert text.index("hello") < text.index("Now in French.") < text.index("go on")
