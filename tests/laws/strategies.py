"""Made-up conversations and answers, as neutral values.

Two kinds of conversation. `requests` are anything at all: empty texts, calls without results, results without calls,
roles in any order. `proper_requests` are what a well-behaved client sends (each call has its result, in order, ids of
its own), so that of them it can be demanded that nothing is lost unsaid.
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from router_core.trace.record import Usage
from router_core.wire.model import (
    Block,
    Cache,
    Citation,
    CustomTool,
    FunctionTool,
    JsonObject,
    Media,
    Message,
    OutputFormat,
    Proof,
    Refusal,
    Request,
    Response,
    SearchHit,
    ServerCall,
    ServerResult,
    StopReason,
    Text,
    Thinking,
    ThinkingSetting,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    WebSearchTool,
)

EXAMPLES = int(os.environ.get("MITMROUTER_LAW_EXAMPLES", "40"))
"""Per law and codec (or pair); set it to thousands for a long search."""


def profile(share: float = 1.0) -> settings:
    """How long a law is tried. The same examples in each run, unless many were asked for."""
    return settings(
        max_examples=max(1, int(EXAMPLES * share)),
        deadline=None,
        derandomize=EXAMPLES <= 100,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQK"
WAV = "UklGRiQAAABXQVZF"

characters = st.characters(exclude_categories=["Cs"])
odd_words = st.sampled_from(
    [
        "",
        " ",
        "\n\n",
        "Zürich ☂",
        "👩‍👩‍👧‍👦",
        "\u2028\u2029",
        "\x00",
        "data: [DONE]\n\n",
        '{"a":"\\u00e9"}',
        "é",
        "<tag>&amp;",
        "x" * 300,
    ]
)
words = odd_words | st.text(characters, max_size=12)
filled = words.filter(lambda text: bool(text.strip()) and "\x00" not in text)
objects = st.dictionaries(
    st.text(characters, max_size=5),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.sampled_from([0.5, -1e-7, 1e20]) | words,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(characters, max_size=3), inner, max_size=3),
        max_leaves=5,
    ),
    max_size=3,
)


@st.composite
def arguments(draw: st.DrawFn) -> str:
    """JSON text of an object, as some model writes it."""
    import json

    spaces = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    return json.dumps(draw(objects), ensure_ascii=draw(st.booleans()), separators=spaces)


broken_arguments = st.sampled_from(["", '{"a":', "[]", "null", "free text", '{"a":1}{"b":2}'])
names = st.sampled_from(["look", "get_weather", "mcp__server__tool", "n" * 100, "dots.in-it", "9lives"])
proofs = st.builds(
    Proof, st.sampled_from(["anthropic", "openai", "gemini", "other"]), st.sampled_from(["QUJDRA==", "REVGRw=="])
)
caches = st.sampled_from([None, None, None, Cache(), Cache("5m"), Cache("1h")])
citations = st.lists(
    st.sampled_from([Citation("https://e.com", "E", "cited", 0, 1), Citation("https://f.com", "F")]), max_size=2
).map(tuple)
media = st.sampled_from(
    [
        Media("image", "image/png", data=PNG),
        Media("image", url="https://example.com/a.png"),
        Media("image", "image/jpeg", data="/9j/4AAQ", detail="low"),
        Media("document", "application/pdf", data=PDF, name="a.pdf"),
        Media("document", "text/plain", text="plain words", name="a.txt"),
        Media("audio", "audio/wav", data=WAV),
        Media("video", "video/mp4", data="AAAAIGZ0eXA="),
    ]
)
images = st.sampled_from([Media("image", "image/png", data=PNG), Media("image", url="https://example.com/a.png")])
texts = st.builds(Text, words, caches, citations, st.none() | proofs)
thoughts = st.builds(Thinking, words, st.none() | proofs, st.just(False))
calls = st.builds(
    ToolCall,
    st.sampled_from(["c1", "toolu_2", "call_3", "", "c:4", "x" * 90]),
    names,
    arguments() | broken_arguments,
    st.booleans(),
    st.sampled_from(["", "ns"]),
    st.none() | proofs,
    caches,
)
results = st.builds(
    ToolResult,
    st.sampled_from(["c1", "toolu_2", "call_3", "nobody"]),
    st.lists(st.builds(Text, words) | media, max_size=2).map(tuple),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "look"]),
)
searches = st.sampled_from(
    [
        ServerCall("ws_1", "web_search", "rome"),
        ServerResult("ws_1", "web_search", (SearchHit("https://e.com", "E", "words"),)),
        ServerResult("ws_2", "web_search", error="too_many_requests"),
    ]
)
blocks: st.SearchStrategy[Block] = st.one_of(
    texts, thoughts, media, calls, results, searches, st.builds(Refusal, words)
)
schemas: st.SearchStrategy[JsonObject] = st.sampled_from(
    [
        {"type": "object", "properties": {}},
        {
            "type": "object",
            "properties": {
                "a": {"type": "string", "description": "ü", "enum": ["x", "y"]},
                "b": {"type": "array", "items": {"type": "object", "properties": {"c": {"type": ["string", "null"]}}}},
                "d": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
                "e": {"$ref": "#/$defs/e"},
            },
            "required": ["a"],
            "$defs": {"e": {"type": "object", "additionalProperties": {"type": "number"}}},
        },
        {"type": "object", "properties": {"patternProperties": {"type": "boolean", "default": False}},
         "additionalProperties": False, "required": ["patternProperties"]},
    ]
)  # fmt: skip
tools: st.SearchStrategy[Tool] = st.one_of(
    st.builds(FunctionTool, names, words, st.none() | schemas, st.sampled_from([None, True, False]), cache=caches),
    st.builds(CustomTool, names, words, st.sampled_from([None, {"type": "text"}])),
    st.just(WebSearchTool(3, ("e.com",))),
)
SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "parallel_tool_calls": st.sampled_from([None, True, False]),
    "thinking": st.none()
    | st.builds(
        ThinkingSetting,
        st.sampled_from(["off", "on", "adaptive"]),
        st.sampled_from([None, "minimal", "low", "medium", "high", "xhigh", "max"]),
        st.sampled_from([None, 1024, 5000, 200_000]),
        st.sampled_from([None, "omitted", "summary"]),
    ),
    "output": st.sampled_from(
        [None, OutputFormat("json_object")]
        + [OutputFormat("json_schema", {"type": "object", "properties": {"a": {"type": "string"}}}, "out", strict)
           for strict in (None, True, False)]
    ),
    "max_tokens": st.sampled_from([None, 1, 5000, 64_000, 10**7]),
    "stop": st.sampled_from([(), ("END",), ("a", "b", "c", "d", "e", "f"), (" ", "Zürich")]),
    "temperature": st.sampled_from([None, 0.0, 0.7, 1.0, 1.9]),
    "top_p": st.sampled_from([None, 0.1, 1.0]),
    "top_k": st.sampled_from([None, 40]),
    "seed": st.sampled_from([None, 7]),
    "presence_penalty": st.sampled_from([None, 0.5]),
    "frequency_penalty": st.sampled_from([None, -0.5]),
    "logprobs": st.booleans(),
    "verbosity": st.sampled_from([None, "low"]),
    "user": st.sampled_from([None, "me", "u" * 300]),
    "cache_key": st.sampled_from([None, "key"]),
    "service_tier": st.sampled_from([None, "auto", "flex", "priority"]),
    "metadata": st.sampled_from([None, {"team": "blue"}]),
    "stream": st.booleans(),
}  # fmt: skip
choices = st.sampled_from(
    [None, ToolChoice("auto"), ToolChoice("required"), ToolChoice("none"), ToolChoice("required", ("look",)),
     ToolChoice("auto", ("look", "get_weather"))]
)  # fmt: skip
requests = st.builds(
    Request,
    st.just("m"),
    st.lists(
        st.builds(
            Message,
            st.sampled_from(["system", "developer", "user", "assistant"]),
            st.lists(blocks, max_size=4).map(tuple),
        ),
        max_size=6,
    ).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
    st.lists(tools, max_size=4).map(tuple),
    choices,
    **SETTINGS,
)


@st.composite
def proper_requests(draw: st.DrawFn) -> Request:
    """A conversation as a well-behaved client has it, with every setting it may have."""
    offered = draw(st.lists(st.sampled_from(["look", "get_weather", "mcp__server__tool", "n" * 60]), unique=True))
    given: list[Tool] = [
        FunctionTool(name, draw(filled), draw(schemas), draw(st.sampled_from([None, True, False]))) for name in offered
    ]
    messages: list[Message] = []
    number = 0
    for _ in range(draw(st.integers(1, 3))):
        messages.append(
            Message("user", tuple(draw(st.lists(st.builds(Text, filled) | images, min_size=1, max_size=3))))
        )
        for _ in range(draw(st.integers(0, 2)) if offered else 0):
            said: list[Block] = []
            if draw(st.booleans()):
                said.append(Thinking(draw(filled), draw(proofs)))
            said += draw(st.lists(st.builds(Text, filled), max_size=1))
            made = []
            for _ in range(draw(st.integers(1, 3))):
                number += 1
                made.append(ToolCall(f"call_{number}", draw(st.sampled_from(offered)), draw(arguments())))
            messages.append(Message("assistant", (*said, *made)))
            answered = [
                ToolResult(
                    call.id,
                    (Text(draw(filled)), *draw(st.lists(images, max_size=1))),
                    is_error=draw(st.booleans()),
                )
                for call in made
            ]
            messages.append(Message("user", tuple(answered)))
        messages.append(Message("assistant", (Text(draw(filled)),)))
        if draw(st.booleans()):
            messages.append(Message(draw(st.sampled_from(["system", "developer"])), (Text(draw(filled)),)))
    messages.append(Message("user", (Text(draw(filled)),)))
    chosen = draw(choices) if offered else None
    if chosen is not None and not set(chosen.only) <= set(offered):
        chosen = ToolChoice("required", (offered[0],))
    asked = {name: draw(strategy) for name, strategy in SETTINGS.items()}
    system = tuple(draw(st.lists(st.builds(Text, filled), max_size=3)))
    return Request("m", tuple(messages), system, tuple(given), chosen, **asked)


answered_blocks: st.SearchStrategy[Block] = st.one_of(
    texts, thoughts, st.builds(Refusal, filled), searches, calls.map(lambda call: replace(call, name="look"))
)
usages = st.builds(
    Usage,
    st.sampled_from([None, 0, 50]),
    st.sampled_from([None, 0, 70]),
    st.sampled_from([None, 0, 30]),
    st.sampled_from([None, 0, 9]),
    reasoning_tokens=st.sampled_from([None, 0, 11]),
)
STOPS = ["end", "tool_use", "max_tokens", "stop_sequence", "refusal", "pause", "context_window"]
answers = st.builds(
    Response,
    st.sampled_from(["msg_1", "resp_1", "chatcmpl-1", ""]),
    st.just("upstream"),
    st.lists(answered_blocks, max_size=4).map(tuple),
    st.sampled_from(STOPS),
    usages,
    st.sampled_from([None, "END"]),
    st.sampled_from([None, 1_763_000_000]),
)


@st.composite
def proper_answers(draw: st.DrawFn) -> Response:
    """Thoughts, words and calls as a model gives them, calls with JSON objects and ids of their own."""
    number, made = 0, list[Block]()
    for _ in range(draw(st.integers(0, 2))):
        if draw(st.booleans()):
            made.append(Thinking(draw(filled), draw(st.none() | proofs)))
        if draw(st.booleans()):
            made.append(Text(draw(filled)))
        for _ in range(draw(st.integers(0, 3))):
            number += 1
            made.append(ToolCall(f"call_{number}", "look", draw(arguments())))
    stop: StopReason = "max_tokens" if draw(st.booleans()) else "end"
    if number and stop == "end":
        stop = "tool_use"
    usage = Usage(draw(st.integers(0, 99)), draw(st.integers(20, 99)), draw(st.sampled_from([0, 30])))
    return Response("r_1", "upstream", tuple(made), stop, usage, created_at=1_763_000_000)
