"""Bodies in Anthropic's format, as SDKs and Claude Code write them, each with something that must not get lost."""

from typing import Any

from router_core.simulator.anthropic_signatures import mint_found, mint_redacted, mint_signature
from router_core.wire.codec import Answering, Codec, CountedMinting, Target, codec
from router_core.wire.model import Request

CODEC: Codec = codec("anthropic")
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
THOUGHT = "The user wants the weather, so I need the tool."
WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def target(model: str = "claude-opus-4-8", host: str = "api.anthropic.com") -> Target:
    return Target(provider="anthropic", kind="anthropic", model=model, host=host)


def answering(model: str = "asked-for", input_tokens: int = 77, request: Request | None = None) -> Answering:
    return Answering(request or Request("m", ()), model, CountedMinting(), input_tokens)


def body(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": "claude-opus-4-8", "max_tokens": 1000, "messages": list(messages), **fields}


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content[0] if content and isinstance(content[0], str) else list(content)}


def assistant(*content: Any) -> dict[str, Any]:
    return {**user(*content), "role": "assistant"}


def says(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


CALL = {
    "type": "tool_use",
    "id": "toolu_01",
    "name": "get_weather",
    "input": {"city": "Zürich", "days": [1, {"x": None}]},
}
THINKING = {"type": "thinking", "thinking": THOUGHT, "signature": mint_signature(THOUGHT)}
SEARCH: list[dict[str, Any]] = [
    {"type": "server_tool_use", "id": "srvtoolu_01", "name": "web_search", "input": {"query": "weather zurich"}},
    {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_01",
        "content": [
            {
                "type": "web_search_result",
                "url": "https://example.com/w",
                "title": "Weather",
                "encrypted_content": mint_found("https://example.com/w"),
                "page_age": None,
            }
        ],
    },
    says(
        "It rains.",
        citations=[
            {
                "type": "web_search_result_location",
                "url": "https://example.com/w",
                "title": "Weather",
                "cited_text": "rain",
                "encrypted_index": "Eo8B",
            }
        ],
    ),
]

REQUESTS: dict[str, dict[str, Any]] = {
    "string content": body(user("Hello")),
    "system as a string": body(user("Hello"), system="Be brief."),
    "system as blocks with breakpoints": body(
        user(says("Hello", cache_control={"type": "ephemeral", "ttl": "1h"})),
        system=[
            says("x-anthropic-billing-header: cc_version=2.1.0; cch=abc;"),
            says("You are Claude Code.", cache_control={"type": "ephemeral"}),
            says("More.", cache_control={"type": "ephemeral", "scope": "global"}),
        ],
    ),
    "empty lists": body(user("Hi"), system=[], tools=[], stop_sequences=[], metadata={}),
    "nulls": body(user(says("Hi", cache_control=None, citations=None)), system=None, temperature=None, metadata=None),
    "a system turn within the conversation": body(
        user("Hi"),
        {"role": "system", "content": [], "output_config": {"effort": "low"}},
        {"role": "system", "content": "Answer in French."},
    ),
    "tools and results": body(
        user("Weather?"),
        assistant(THINKING, says("I look."), CALL, {**CALL, "id": "toolu_02", "cache_control": {"type": "ephemeral"}}),
        user(
            {"type": "tool_result", "tool_use_id": "toolu_01", "content": "rain"},
            {
                "type": "tool_result",
                "tool_use_id": "toolu_02",
                "content": [
                    says("a picture"),
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                ],
                "is_error": False,
                "cache_control": {"type": "ephemeral"},
            },
            says("And now?"),
        ),
        tools=[
            WEATHER,
            {
                "name": "strict_one",
                "input_schema": {"type": "object", "properties": {}, "additionalProperties": False},
                "type": "custom",
                "strict": True,
                "eager_input_streaming": True,
            },
            {
                "name": "empty_description",
                "description": "",
                "input_schema": {"type": "object"},
                "cache_control": {"type": "ephemeral"},
            },
            {"type": "bash_20250124", "name": "bash"},
        ],
        tool_choice={"type": "auto", "disable_parallel_tool_use": False},
    ),
    "results without content, empty, failed": body(
        user("go"),
        assistant(CALL, {**CALL, "id": "b"}, {**CALL, "id": "c"}),
        user(
            {"type": "tool_result", "tool_use_id": "toolu_01"},
            {"type": "tool_result", "tool_use_id": "b", "content": []},
            {"type": "tool_result", "tool_use_id": "c", "content": "no such city", "is_error": True},
        ),
        tools=[WEATHER],
        tool_choice={"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True},
    ),
    "thinking of three kinds": body(
        user("go"),
        assistant(
            THINKING,
            {"type": "thinking", "thinking": "", "signature": mint_signature("")},
            {"type": "redacted_thinking", "data": mint_redacted("secret")},
            says("done"),
        ),
        user("on"),
        thinking={"type": "adaptive", "display": "summarized"},
        output_config={"effort": "xhigh", "task_budget": {"type": "tokens", "total": 5}},
    ),
    "thinking with a budget": body(user("go"), thinking={"type": "enabled", "budget_tokens": 2048}, temperature=1),
    "thinking off": body(user("go"), thinking={"type": "disabled"}),
    "thinking of a kind that is new": body(user("go"), thinking={"type": "between_tools"}),
    "effort alone, a schema": body(
        user("go"),
        output_config={"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
    ),
    "a schema where it stood in beta": body(
        user("go"), output_format={"type": "json_schema", "schema": {"type": "object"}}
    ),
    "images and documents": body(
        user(
            {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
            {"type": "image", "source": {"type": "file", "file_id": "file_01"}, "transformations": {"x": "y"}},
            {"type": "image", "source": {"type": "bucket", "bucket": "b"}},
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
                "title": "Paper",
                "context": "from 2024",
                "citations": {"enabled": True},
            },
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
            {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
            {
                "type": "document",
                "source": {"type": "file", "file_id": "file_02"},
                "cache_control": {"type": "ephemeral"},
            },
            {"type": "document", "source": {"type": "content", "content": [says("one"), says("two")]}},
            {"type": "document", "source": {"type": "content", "content": "only words"}},
            {
                "type": "search_result",
                "source": "https://example.com",
                "title": "Found",
                "content": [says("found words")],
                "citations": {"enabled": True},
            },
            {"type": "container_upload", "file_id": "file_03"},
        )
    ),
    "web search": body(
        user("weather?"),
        assistant(*SEARCH),
        user("thanks"),
        tools=[
            {
                "type": "web_search_20250305",
                "name": "web_search",
                "max_uses": 3,
                "allowed_domains": ["example.com"],
                "user_location": {"type": "approximate", "city": "Zürich", "country": "CH"},
            },
            {"type": "web_search_20260209", "name": "web_search", "blocked_domains": [], "defer_loading": True},
        ],
    ),
    "a search that failed": body(
        user("weather?"),
        assistant(
            SEARCH[0],
            {
                "type": "web_search_tool_result",
                "tool_use_id": "srvtoolu_01",
                "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"},
            },
            says("I cannot."),
        ),
        user("ok"),
    ),
    "tools of the provider's": body(
        user("run it"),
        assistant(
            {"type": "server_tool_use", "id": "srvtoolu_02", "name": "code_execution", "input": {"code": "1+1"}},
            {
                "type": "code_execution_tool_result",
                "tool_use_id": "srvtoolu_02",
                "content": {
                    "type": "code_execution_result",
                    "stdout": "2",
                    "stderr": "",
                    "return_code": 0,
                    "content": [],
                },
            },
            says("Two."),
        ),
        user("ok"),
        tools=[{"type": "code_execution_20250825", "name": "code_execution"}],
    ),
    "every setting": body(
        user("go"),
        stop_sequences=["END", "STOP"],
        temperature=0.5,
        top_k=40,
        metadata={"user_id": "user_ab_account_cd_session_0000-1111"},
        service_tier="standard_only",
        stream=True,
        inference_geo="us",
        container="c_1",
        context_management={"edits": [{"type": "clear_tool_uses_20250919"}]},
        mcp_servers=[{"type": "url", "name": "m", "url": "https://example.com/mcp"}],
        cache_control={"type": "ephemeral"},
        tool_choice={"type": "none"},
        tools=[WEATHER],
    ),
    "not streamed": body(user("go"), stream=False),
}

USAGE = {
    "input_tokens": 12,
    "cache_creation_input_tokens": 30,
    "cache_read_input_tokens": 400,
    "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
    "output_tokens": 55,
    "service_tier": "standard",
}


def message(*content: dict[str, Any], stop: str = "end_turn", **fields: Any) -> dict[str, Any]:
    return {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-4-8",
        "content": list(content),
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": USAGE,
        **fields,
    }


RESPONSES: dict[str, dict[str, Any]] = {
    "text": message(says("Hello")),
    "text that says it has no citations": message(says("Hello", citations=None), says(" you", citations=[])),
    "nothing": message(),
    "thinking and a call": message(THINKING, says("I look."), CALL, stop="tool_use"),
    "parallel calls": message(CALL, {**CALL, "id": "toolu_02", "input": {}}, stop="tool_use"),
    "redacted and omitted thinking": message(
        {"type": "redacted_thinking", "data": "AAA"},
        {"type": "thinking", "thinking": "", "signature": "BBB"},
        says("ok"),
    ),
    "a stop sequence": message(says("one"), stop="stop_sequence", stop_sequence="END"),
    "cut": message(says("one"), stop="max_tokens"),
    "window full": message(says("one"), stop="model_context_window_exceeded"),
    "paused": message(*SEARCH[:2], stop="pause_turn"),
    "refusal": message(
        stop="refusal", stop_details={"type": "refusal", "category": "cyber", "explanation": "not this"}
    ),
    "web search with citations": message(
        *SEARCH, usage={**USAGE, "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0}}
    ),
    "code execution": message(
        {"type": "server_tool_use", "id": "srvtoolu_02", "name": "code_execution", "input": {"code": "1+1"}},
        {
            "type": "code_execution_tool_result",
            "tool_use_id": "srvtoolu_02",
            "content": {"type": "code_execution_result", "stdout": "2", "stderr": "", "return_code": 0, "content": []},
        },
        container={"id": "c_1", "expires_at": "2026-11-20T00:00:00Z"},
    ),
    "thinking counted": message(says("x"), usage={**USAGE, "output_tokens_details": {"thinking_tokens": 5}}),
}
