"""One request, said to services that differ."""

from typing import Any

import pytest

from router_core.errors import WireError
from router_core.wire.codec import Target, ToolName
from router_core.wire.model import (
    CustomTool,
    FunctionTool,
    Message,
    OpaqueTool,
    OutputFormat,
    Request,
    Text,
    ThinkingSetting,
    ToolCall,
    ToolChoice,
    ToolResult,
    WebSearchTool,
)
from router_core.wire.openai_chat import CODEC
from tests.router_core.wire.openai_chat.bodies import (
    DEEPSEEK,
    MISTRAL,
    OPENAI,
    OPENROUTER,
    REASONING,
    SCHEMA,
    UNKNOWN,
    Json,
)

HI = (Message("user", (Text("Hi"),)),)
QWEN = Target("qwen", "openai-chat", "qwen3.8-max", "dashscope-intl.aliyuncs.com")
ZAI = Target("zai", "openai-chat", "glm-5", "api.z.ai")
KIMI = Target("kimi", "openai-chat", "kimi-k3", "api.moonshot.ai")
XAI = Target("xai", "openai-chat", "grok-4", "api.x.ai")
GROQ = Target("groq", "openai-chat", "some-model", "api.groq.com")
SEARCHING = Target("openai", "openai", "gpt-5-search-api", "api.openai.com")
TOOL = FunctionTool("f", "F", SCHEMA, strict=True)


def sent(target: Target, **fields: Any) -> tuple[Json, list[str]]:
    """The body without what every request has, and the paths of the losses."""
    encoded = CODEC.encode_request(Request("asked", HI, **fields), target)
    rest = {key: value for key, value in encoded.body.items() if key not in ("model", "messages")}
    assert encoded.body["model"] == target.model
    return rest, [loss.path for loss in encoded.losses]


ALIKE: dict[str, tuple[Target, Json, Json, list[str]]] = {
    "OpenAI: length": (OPENAI, {"max_tokens": 5}, {"max_completion_tokens": 5}, []),
    "others: length": (UNKNOWN, {"max_tokens": 5}, {"max_tokens": 5}, []),
    "more than the model gives": (OPENAI, {"max_tokens": 64_000}, {"max_completion_tokens": 16_384}, ["max_tokens"]),
    "an unknown model may give it": (UNKNOWN, {"max_tokens": 64_000}, {"max_tokens": 64_000}, []),
    "OpenAI: usage while streaming": (
        OPENAI,
        {"stream": True, "include_usage": False},
        {"stream": True, "stream_options": {"include_usage": True}},
        [],
    ),
    "Mistral: no stream_options": (MISTRAL, {"stream": True}, {"stream": True}, []),
    "Mistral: seed": (MISTRAL, {"seed": 7}, {"random_seed": 7}, []),
    "DeepSeek: no seed": (DEEPSEEK, {"seed": 7}, {}, ["seed"]),
    "reasoning models refuse sampling": (
        REASONING,
        {"temperature": 0.5, "top_p": 0.9, "presence_penalty": 1.0, "logprobs": True},
        {},
        ["temperature", "top_p", "presence_penalty", "logprobs"],
    ),
    "top_k is not OpenAI's": (OPENAI, {"temperature": 0.5, "top_k": 4}, {"temperature": 0.5}, ["top_k"]),
    "OpenRouter: top_k": (Target("openrouter", "openai-chat", "meta/llama"), {"top_k": 4}, {"top_k": 4}, []),
    "OpenAI: effort": (
        REASONING,
        {"thinking": ThinkingSetting("on", "high")},
        {"reasoning_effort": "high"},
        [],
    ),
    "OpenAI: a budget": (
        REASONING,
        {"thinking": ThinkingSetting("on", None, 8192)},
        {"reasoning_effort": "medium"},
        [],
    ),
    "OpenAI: off": (REASONING, {"thinking": ThinkingSetting("off")}, {"reasoning_effort": "none"}, []),
    "OpenAI: too much": (
        REASONING,
        {"thinking": ThinkingSetting("on", "max")},
        {"reasoning_effort": "xhigh"},
        ["thinking.effort"],
    ),
    "a model that does not think": (OPENAI, {"thinking": ThinkingSetting("on", "high")}, {}, ["thinking"]),
    "adaptive is the model's own choice": (REASONING, {"thinking": ThinkingSetting("adaptive")}, {}, []),
    "DeepSeek: effort": (
        DEEPSEEK,
        {"thinking": ThinkingSetting("on", "high")},
        {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
        [],
    ),
    "DeepSeek: off": (DEEPSEEK, {"thinking": ThinkingSetting("off")}, {"thinking": {"type": "disabled"}}, []),
    "Z.ai: on": (
        ZAI,
        {"thinking": ThinkingSetting("on", "high")},
        {"thinking": {"type": "enabled"}},
        ["thinking.effort"],
    ),
    "Qwen: a budget": (
        QWEN,
        {"thinking": ThinkingSetting("on", None, 2000)},
        {"enable_thinking": True, "thinking_budget": 2000},
        [],
    ),
    "OpenRouter: a budget": (
        OPENROUTER,
        {"thinking": ThinkingSetting("on", None, 2000)},
        {"reasoning": {"max_tokens": 2000}},
        [],
    ),
    "OpenRouter: off": (OPENROUTER, {"thinking": ThinkingSetting("off")}, {"reasoning": {"enabled": False}}, []),
    "unknown: thinking": (UNKNOWN, {"thinking": ThinkingSetting("on", "high")}, {}, ["thinking"]),
    "unknown: no thinking": (UNKNOWN, {"thinking": ThinkingSetting("off")}, {}, []),
    "Mistral: some tool": (
        MISTRAL,
        {"tools": (FunctionTool("f"),), "tool_choice": ToolChoice("required")},
        {
            "tools": [
                {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
            ],
            "tool_choice": "any",
        },
        [],
    ),
    "unknown: no strict, no parallel switch": (
        UNKNOWN,
        {"tools": (TOOL,), "parallel_tool_calls": False},
        {"tools": [{"type": "function", "function": {"name": "f", "description": "F", "parameters": SCHEMA}}]},
        ["parallel_tool_calls"],
    ),
    "a choice of some where there is none": (
        UNKNOWN,
        {"tools": (TOOL, FunctionTool("g"), FunctionTool("h")), "tool_choice": ToolChoice("auto", ("f",))},
        {
            "tools": [{"type": "function", "function": {"name": "f", "description": "F", "parameters": SCHEMA}}],
            "tool_choice": "auto",
        },
        [],
    ),
    "no tools, no choice": (OPENAI, {"tool_choice": ToolChoice("auto")}, {}, ["tool_choice"]),
    "a tool of another provider": (
        OPENAI,
        {"tools": (OpaqueTool("anthropic", {"type": "computer_20250124", "name": "computer"}),)},
        {},
        ["tools[0]"],
    ),
    "web search: no": (OPENAI, {"tools": (WebSearchTool(),)}, {}, ["tools[0]"]),
    "web search: OpenRouter": (
        OPENROUTER,
        {"tools": (WebSearchTool(allowed_domains=("e.com",)),)},
        {"plugins": [{"id": "web", "include_domains": ["e.com"]}]},
        [],
    ),
    "web search: a search model": (
        SEARCHING,
        {"tools": (WebSearchTool(max_uses=3, location={"country": "DE"}),)},
        {"web_search_options": {"user_location": {"type": "approximate", "approximate": {"country": "DE"}}}},
        ["tools[0].max_uses"],
    ),
    "who asks: OpenAI": (
        OPENAI,
        {"user": "u", "cache_key": "k", "metadata": {"a": "b"}, "service_tier": "standard_only"},
        {"user": "u", "prompt_cache_key": "k", "metadata": {"a": "b"}, "service_tier": "default"},
        [],
    ),
    "who asks: unknown": (
        UNKNOWN,
        {"user": "u", "cache_key": "k", "metadata": {"a": "b"}, "service_tier": "flex"},
        {},
        ["prompt_cache_key", "user", "service_tier", "metadata"],
    ),
    "JSON: OpenAI": (
        OPENAI,
        {"output": OutputFormat("json_schema", SCHEMA)},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}},
        [],
    ),
    "verbosity": (OPENAI, {"verbosity": "low"}, {}, ["verbosity"]),
    "several answers": (MISTRAL, {"n": 2}, {"n": 2}, []),
}


@pytest.mark.parametrize(("target", "fields", "expected", "losses"), ALIKE.values(), ids=ALIKE.keys())
def test_a_service_is_told_in_its_own_way(target: Target, fields: Json, expected: Json, losses: list[str]) -> None:
    assert sent(target, **fields) == (expected, losses)


def test_a_schema_is_told_in_words_where_there_are_none() -> None:
    encoded = CODEC.encode_request(Request("m", HI, output=OutputFormat("json_schema", SCHEMA)), DEEPSEEK)
    assert encoded.body["response_format"] == {"type": "json_object"}
    assert encoded.body["messages"][0]["role"] == "system"
    assert '"required":["city"]' in encoded.body["messages"][0]["content"]
    assert [loss.path for loss in encoded.losses] == ["response_format"]


def test_stop_sequences_that_cannot_be_told_are_cut_here() -> None:
    request = Request("m", HI, stop=("a", "b", "c", "d", "e"))
    some = CODEC.encode_request(request, OPENAI)
    assert (some.body["stop"], some.cut_at) == (["a", "b", "c", "d"], ("e",))
    none = CODEC.encode_request(request, REASONING)
    assert "stop" not in none.body
    assert none.cut_at == request.stop


def test_claude_codes_session_becomes_a_cache_key_that_stays() -> None:
    user = "user_abc_account__session_" + "d" * 60
    first, second = (CODEC.encode_request(Request("m", HI, user=user), OPENAI).body for _ in range(2))
    assert first["prompt_cache_key"] == second["prompt_cache_key"]
    assert len(first["prompt_cache_key"]) <= 64
    assert first["user"] != user
    assert len(first["user"]) == 64


def test_a_freeform_tool_becomes_a_function_and_its_history_with_it() -> None:
    tool = CustomTool("apply", "Edit.", {"type": "grammar", "syntax": "lark", "definition": "start: x"})
    history = (
        *HI,
        Message("assistant", (ToolCall("a", "apply", "*** Begin", custom=True),)),
        Message("user", (ToolResult("a", (Text("done"),), custom=True),)),
    )
    encoded = CODEC.encode_request(
        Request("m", history, tools=(tool,), tool_choice=ToolChoice("required", ("apply",))), UNKNOWN
    )
    function = encoded.body["tools"][0]["function"]
    assert function["parameters"]["required"] == ["input"]
    assert "start: x" in function["description"]
    assert encoded.body["tool_choice"] == {"type": "function", "function": {"name": "apply"}}
    assert encoded.body["messages"][1]["tool_calls"][0]["function"] == {
        "name": "apply",
        "arguments": '{"input":"*** Begin"}',
    }
    assert encoded.restore == {"apply": ToolName("apply", "", True)}


def test_long_and_grouped_names_fit_and_can_be_restored() -> None:
    """Gotcha 40: Codex's namespaces are flattened, and restored in the answer."""
    long = "mcp__server__" + "x" * 80
    tools = (FunctionTool(long), FunctionTool("list", namespace="mcp__files"))
    history = (
        *HI,
        Message("assistant", (ToolCall("a", "list", "{}", namespace="mcp__files"),)),
        Message("user", (ToolResult("a", (Text("x"),)),)),
    )
    encoded = CODEC.encode_request(Request("m", history, tools=tools), OPENAI)
    short, flat = (tool["function"]["name"] for tool in encoded.body["tools"])
    assert len(short) <= 64
    assert flat == "mcp__files__list" == encoded.body["messages"][1]["tool_calls"][0]["function"]["name"]
    assert encoded.restore == {short: ToolName(long), flat: ToolName("list", "mcp__files")}


UNSAFE: dict[str, tuple[Target, Json, str]] = {
    "several answers": (UNKNOWN, {"n": 2}, "n"),
    "a forced tool that is not there": (
        OPENAI,
        {"tools": (TOOL,), "tool_choice": ToolChoice("required", ("g",))},
        "tool_choice",
    ),
    "some tool, but none is left": (
        OPENAI,
        {"tools": (WebSearchTool(),), "tool_choice": ToolChoice("required")},
        "tool_choice",
    ),
    "audio": (UNKNOWN, {"extras": {"openai-chat": {"modalities": ["text", "audio"]}}}, "modalities"),
}


@pytest.mark.parametrize(("target", "fields", "param"), UNSAFE.values(), ids=UNSAFE.keys())
def test_what_cannot_safely_be_left_out_is_refused(target: Target, fields: Json, param: str) -> None:
    with pytest.raises(WireError) as caught:
        sent(target, **fields)
    assert (caught.value.status, caught.value.param) == (400, param)


@pytest.mark.parametrize(
    ("target", "stop"),
    [
        (XAI, False),
        (Target("xai", "openai-chat", "grok-3", "api.x.ai"), True),
        (Target("xai", "openai-chat", "grok-4", "127.0.0.1"), False),
        (Target("mine", "openai", "gpt-4o", "127.0.0.1"), True),
    ],
    ids=str,
)
def test_a_dialect_is_found_by_host_name_or_kind(target: Target, stop: bool) -> None:
    body, _ = sent(target, stop=("x",))
    assert ("stop" in body) is stop


def test_groqs_messages_have_no_names() -> None:
    request = CODEC.decode_request({"model": "m", "messages": [{"role": "user", "name": "ann", "content": "Hi"}]})
    encoded = CODEC.encode_request(request, GROQ)
    assert encoded.body["messages"] == [{"role": "user", "content": "Hi"}]
    assert [loss.path for loss in encoded.losses] == ["messages.name"]


def test_kimi_takes_a_cache_key() -> None:
    assert sent(KIMI, cache_key="k") == ({"prompt_cache_key": "k"}, [])


def test_models_before_gpt_5_get_freeform_tools_as_functions() -> None:
    body, _ = sent(OPENAI, tools=(CustomTool("apply"),))
    assert body["tools"][0]["type"] == "function"
    body, _ = sent(REASONING, tools=(CustomTool("apply"),))
    assert body["tools"] == [{"type": "custom", "custom": {"name": "apply"}}]


def test_json_is_asked_for_in_words_too() -> None:
    """ "'messages' must contain the word 'json' in some form" """
    encoded = CODEC.encode_request(Request("m", HI, output=OutputFormat("json_object")), OPENAI)
    assert encoded.body["messages"][0] == {"role": "system", "content": "Answer in JSON."}


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (SCHEMA, True),
        (None, True),
        ({"type": "object", "properties": {}}, False),
        ({**SCHEMA, "required": []}, False),
        ({**SCHEMA, "properties": {"city": {"type": ["object", "null"], "properties": {}}}}, False),
        ({**SCHEMA, "$defs": {"a": {"type": "object"}}}, False),
        ({**SCHEMA, "required": "city"}, False),
    ],
    ids=str,
)
def test_strict_is_said_where_openai_takes_it(schema: Json | None, strict: bool) -> None:
    body, losses = sent(OPENAI, tools=(FunctionTool("f", schema=schema, strict=True),))
    assert body["tools"][0]["function"].get("strict", False) is strict
    assert losses == ([] if strict else ["tools[0].strict"])
    if schema is not None:
        body, losses = sent(OPENAI, output=OutputFormat("json_schema", schema, "a", strict=True))
        assert body["response_format"]["json_schema"].get("strict", False) is strict
