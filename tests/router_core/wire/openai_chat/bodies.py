"""Chat Completions requests as real clients write them, for the tests of this format."""

from typing import Any

from router_core.wire.codec import Target

type Json = dict[str, Any]

OPENAI = Target("openai", "openai", "gpt-4o", "api.openai.com")
REASONING = Target("openai", "openai", "gpt-5.5", "api.openai.com")
OPENROUTER = Target("openrouter", "openai-chat", "anthropic/claude-opus-4.8", "openrouter.ai")
DEEPSEEK = Target("deepseek", "openai-chat", "deepseek-v4-pro", "api.deepseek.com")
KIMI = Target("moonshot", "openai-chat", "kimi-k2.6", "api.moonshot.ai")
MISTRAL = Target("mistral", "openai-chat", "mistral-large-latest", "api.mistral.ai")
GOOGLE = Target("google", "openai-chat", "gemini-3.8-flash", "generativelanguage.googleapis.com")
UNKNOWN = Target("mine", "openai-chat", "some-model", "127.0.0.1")

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SCHEMA: Json = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER: Json = {
    "type": "function",
    "function": {"name": "get_weather", "description": "The weather.", "parameters": SCHEMA},
}


def call(id: str, arguments: str = "{}", name: str = "get_weather") -> Json:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def tool(id: str, content: Any) -> Json:
    return {"role": "tool", "tool_call_id": id, "content": content}


def body(*messages: Json, model: str = "gpt-4o", **fields: Any) -> Json:
    return {"model": model, "messages": list(messages) or [{"role": "user", "content": "Hi"}], **fields}


USER: Json = {"role": "user", "content": "Hi"}

AS_WRITTEN: dict[str, tuple[Target, Json]] = {
    "plain": (OPENAI, body()),
    "system": (OPENAI, body({"role": "system", "content": "Be brief."}, USER)),
    "developer, and a system message between turns": (
        REASONING,
        body(
            {"role": "developer", "content": "Be brief."},
            USER,
            {"role": "assistant", "content": "Hello"},
            {"role": "system", "content": "Now be long."},
            {"role": "user", "content": "Why?"},
            model="gpt-5.5",
        ),
    ),
    "content as parts": (OPENAI, body({"role": "user", "content": [{"type": "text", "text": "Hi"}]})),
    "several parts": (
        OPENAI,
        body(
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                    {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                    {
                        "type": "file",
                        "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
                    },
                    {"type": "file", "file": {"file_id": "file-abc"}},
                ],
            }
        ),
    ),
    "one tool call and its result": (
        OPENAI,
        body(
            USER,
            {"role": "assistant", "content": None, "tool_calls": [call("call_1", '{"city":"Rome"}')]},
            tool("call_1", "sunny"),
            tools=[WEATHER],
            tool_choice="auto",
        ),
    ),
    "three parallel calls": (
        OPENAI,
        body(
            USER,
            {"role": "assistant", "content": "Looking.", "tool_calls": [call(f"call_{n}") for n in range(3)]},
            tool("call_2", "c"),
            tool("call_0", [{"type": "text", "text": "a"}]),
            tool("call_1", "b"),
            {"role": "user", "content": "And?"},
            tools=[WEATHER],
            parallel_tool_calls=True,
        ),
    ),
    "empty annotations, as the answer had them": (
        OPENAI,
        body(USER, {"role": "assistant", "content": "Hello", "annotations": []}, {"role": "user", "content": "More"}),
    ),
    "a refusal in the history": (
        OPENAI,
        body(USER, {"role": "assistant", "content": None, "refusal": "No."}, {"role": "user", "content": "Please"}),
    ),
    "a refusal as a part": (
        OPENAI,
        body(USER, {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}, USER),
    ),
    "custom tool": (
        REASONING,
        body(
            USER,
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call_1", "type": "custom", "custom": {"name": "apply", "input": "*** Begin"}}],
            },
            tool("call_1", "done"),
            model="gpt-5.5",
            tools=[
                {
                    "type": "custom",
                    "custom": {
                        "name": "apply",
                        "description": "Edit.",
                        "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: /.+/"}},
                    },
                }
            ],
            tool_choice={"type": "custom", "custom": {"name": "apply"}},
        ),
    ),
    "forced tool": (
        OPENAI,
        body(tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "get_weather"}}),
    ),
    "allowed tools": (
        OPENAI,
        body(
            tools=[WEATHER, {"type": "function", "function": {"name": "b", "strict": True, "parameters": SCHEMA}}],
            tool_choice={
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "required",
                    "tools": [
                        {"type": "function", "function": {"name": "get_weather"}},
                        {"type": "function", "function": {"name": "b"}},
                    ],
                },
            },
        ),
    ),
    "a tool without parameters": (OPENAI, body(tools=[{"type": "function", "function": {"name": "now"}}])),
    "functions of 2023": (
        OPENAI,
        body(
            USER,
            {"role": "assistant", "content": None, "function_call": {"name": "get_weather", "arguments": "{}"}},
            {"role": "function", "name": "get_weather", "content": "sunny"},
            functions=[WEATHER["function"]],
            function_call={"name": "get_weather"},
        ),
    ),
    "sampling": (
        OPENAI,
        body(
            temperature=0.5,
            top_p=0.9,
            seed=7,
            presence_penalty=0.1,
            frequency_penalty=-0.2,
            n=2,
            logprobs=True,
            top_logprobs=3,
            stop=["a", "b"],
            max_tokens=100,
            logit_bias={"50256": -100},
        ),
    ),
    "one stop sequence": (OPENAI, body(stop="END", max_completion_tokens=100)),
    "reasoning": (
        REASONING,
        body(model="gpt-5.5", reasoning_effort="high", verbosity="low", max_completion_tokens=1000, store=False),
    ),
    "structured output": (
        OPENAI,
        body(
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "place", "schema": SCHEMA, "strict": True, "description": "A place."},
            }
        ),
    ),
    "json object": (
        OPENAI,
        body({"role": "user", "content": "As JSON, please"}, response_format={"type": "json_object"}),
    ),
    "who asks": (
        OPENAI,
        body(
            user="u-1",
            safety_identifier="s-1",
            prompt_cache_key="k-1",
            prompt_cache_retention="24h",
            service_tier="flex",
            metadata={"a": "b"},
        ),
    ),
    "streaming": (OPENAI, body(stream=True, stream_options={"include_usage": True, "include_obfuscation": False})),
    "web search": (
        Target("openai", "openai", "gpt-5-search-api", "api.openai.com"),
        body(
            model="gpt-5-search-api",
            web_search_options={
                "search_context_size": "low",
                "user_location": {"type": "approximate", "approximate": {"country": "DE"}},
            },
        ),
    ),
    "names of speakers": (OPENAI, body({"role": "user", "name": "ann", "content": "Hi"})),
    "reasoning_content of DeepSeek": (
        DEEPSEEK,
        body(
            USER,
            {"role": "assistant", "content": "", "reasoning_content": "hm", "tool_calls": [call("call_1")]},
            tool("call_1", "sunny"),
            model="deepseek-v4-pro",
            tools=[WEATHER],
            thinking={"type": "enabled"},
            max_tokens=1000,
        ),
    ),
    "reasoning_details of OpenRouter": (
        OPENROUTER,
        body(
            USER,
            {
                "role": "assistant",
                "content": "Well",
                "reasoning": "hm",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "hm", "signature": "c2ln", "index": 0, "format": "x"},
                    {"type": "reasoning.encrypted", "data": "ZGF0YQ==", "id": "rs_1", "index": 1},
                ],
                "tool_calls": [call("call_1")],
            },
            tool("call_1", "sunny"),
            model="anthropic/claude-opus-4.8",
            tools=[WEATHER],
            reasoning={"max_tokens": 2000},
            provider={"order": ["anthropic"]},
        ),
    ),
    "cache breakpoints of OpenRouter": (
        OPENROUTER,
        body(
            {
                "role": "system",
                "content": [{"type": "text", "text": "Long.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
            },
            USER,
            model="anthropic/claude-opus-4.8",
            tools=[{**WEATHER, "cache_control": {"type": "ephemeral"}}],
        ),
    ),
    "Google's signature on a call": (
        GOOGLE,
        body(
            USER,
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {**call("call_1"), "extra_content": {"google": {"thought_signature": "c2lnbmF0dXJl"}}},
                    call("call_2"),
                ],
            },
            tool("call_1", "a"),
            tool("call_2", "b"),
            model="gemini-3.8-flash",
            tools=[WEATHER],
        ),
    ),
}
