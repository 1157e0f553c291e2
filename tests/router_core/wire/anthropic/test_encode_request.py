"""What other formats ask for, in Anthropic's words and each model's limits."""

from typing import Any

import pytest
from msgspec.structs import replace

from router_core.errors import WireError
from router_core.simulator.anthropic_rules import problem_in_message_request
from router_core.wire.codec import Encoded, ToolName
from router_core.wire.model import (
    Cache,
    CustomTool,
    FunctionTool,
    Media,
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
from tests.router_core.wire.anthropic.samples import CODEC, PNG, target

HELLO = Message("user", (Text("Hello"),))
TOOL = FunctionTool("look", "looks", {"type": "object", "properties": {"at": {"type": "string"}}})
BUDGET, ADAPTIVE, ALWAYS, OLD, FOREIGN = (
    "claude-sonnet-4-5",
    "claude-opus-4-8",
    "claude-opus-5-5",
    "claude-3-5-haiku-20241022",
    "who-knows",
)


def asked(*messages: Message, **fields: Any) -> Request:
    return Request("m", messages or (HELLO,), **fields)


def sent(request: Request, model: str = ADAPTIVE) -> Encoded:
    """Encoded, and accepted by what knows Anthropic's rules."""
    encoded = CODEC.encode_request(request, target(model))
    assert problem_in_message_request(encoded.body, []) is None
    return encoded


def lost(encoded: Encoded) -> list[str]:
    return [loss.path for loss in encoded.losses]


# ------------------------------------------------------------------------------------------------- max_tokens
@pytest.mark.parametrize(
    ("model", "given", "sent_tokens", "losses"),
    [
        (BUDGET, None, 64_000, []),
        (ADAPTIVE, None, 128_000, []),
        (OLD, None, 8_192, []),
        ("who-knows", None, 8_192, []),
        (BUDGET, 100, 100, []),
        (BUDGET, 90_000, 64_000, ["max_tokens"]),
        ("who-knows", 90_000, 90_000, []),
    ],
)
def test_max_tokens_is_always_there_and_within_the_limit(
    model: str, given: int | None, sent_tokens: int, losses: list[str]
) -> None:
    encoded = sent(asked(max_tokens=given), model)
    assert (encoded.body["max_tokens"], lost(encoded)) == (sent_tokens, losses)


# --------------------------------------------------------------------------------------------------- thinking
ON_MEDIUM = ThinkingSetting("on", "medium")
THINKING: dict[str, tuple[str, ThinkingSetting | None, Any, Any, list[str]]] = {
    "silent, budget": (BUDGET, None, None, None, []),
    "silent, adaptive": (ADAPTIVE, None, None, None, []),
    "effort, budget": (BUDGET, ON_MEDIUM, {"type": "enabled", "budget_tokens": 8192}, None, []),
    "effort, adaptive": (ADAPTIVE, ON_MEDIUM, {"type": "adaptive"}, "medium", []),
    "effort, always": (ALWAYS, ON_MEDIUM, {"type": "adaptive"}, "medium", []),
    "effort, one that does not think": (OLD, ON_MEDIUM, None, None, ["thinking"]),
    "effort, unknown": (FOREIGN, ON_MEDIUM, {"type": "enabled", "budget_tokens": 6144}, None, []),
    "effort, another vendor's": ("glm-5", ON_MEDIUM, {"type": "enabled", "budget_tokens": 8192}, None, []),
    "off, another vendor's": ("glm-5", ThinkingSetting("off"), {"type": "disabled"}, None, []),
    "off, another vendor's that always thinks": ("minimax-m3", ThinkingSetting("off"), None, None, ["thinking"]),
    "minimal, budget": (BUDGET, ThinkingSetting("on", "minimal"), {"type": "enabled", "budget_tokens": 1024}, None, []),
    "minimal, adaptive": (ADAPTIVE, ThinkingSetting("on", "minimal"), {"type": "adaptive"}, "low", []),
    "xhigh, 4.6": ("claude-opus-4-6", ThinkingSetting("on", "xhigh"), {"type": "adaptive"}, "max", []),
    "max, budget": (BUDGET, ThinkingSetting("on", "max"), {"type": "enabled", "budget_tokens": 48_000}, None, []),
    "tokens, adaptive": (ADAPTIVE, ThinkingSetting("on", None, 20_000), {"type": "adaptive"}, "high", []),
    "tokens, budget": (
        BUDGET,
        ThinkingSetting("on", None, 20_000),
        {"type": "enabled", "budget_tokens": 20_000},
        None,
        [],
    ),
    "left to the model, budget": (
        BUDGET,
        ThinkingSetting("adaptive"),
        {"type": "enabled", "budget_tokens": 8192},
        None,
        [],
    ),
    "left to the model, adaptive": (ADAPTIVE, ThinkingSetting("adaptive"), {"type": "adaptive"}, None, []),
    "dynamic budget, adaptive": (ADAPTIVE, ThinkingSetting("on", None, -1), {"type": "adaptive"}, None, []),
    "with a summary, adaptive": (
        ADAPTIVE,
        ThinkingSetting("on", "high", show="summary"),
        {"type": "adaptive", "display": "summarized"},
        "high",
        [],
    ),
    "without text, adaptive": (
        ADAPTIVE,
        ThinkingSetting("on", "high", show="omitted"),
        {"type": "adaptive", "display": "omitted"},
        "high",
        [],
    ),
    "off, budget": (BUDGET, ThinkingSetting("off"), {"type": "disabled"}, None, []),
    "off, adaptive": (ADAPTIVE, ThinkingSetting("off"), {"type": "disabled"}, None, []),
    "off, always": (ALWAYS, ThinkingSetting("off"), {"type": "adaptive"}, "low", ["thinking"]),
    "effort none, adaptive": (ADAPTIVE, ThinkingSetting("on", "none"), {"type": "disabled"}, None, []),
    "effort beside a budget, 4.5": (
        "claude-opus-4-5",
        ThinkingSetting("on", "high"),
        {"type": "enabled", "budget_tokens": 24576},
        "high",
        [],
    ),
}


@pytest.mark.parametrize("name", THINKING)
def test_thinking_is_said_in_the_words_of_the_models_generation(name: str) -> None:
    model, setting, thinking, effort, losses = THINKING[name]
    encoded = sent(asked(thinking=setting, max_tokens=None if model.startswith(("claude", "who")) else 60_000), model)
    assert encoded.body.get("thinking") == thinking
    assert encoded.body.get("output_config", {}).get("effort") == effort
    assert lost(encoded) == losses


@pytest.mark.parametrize(
    ("max_tokens", "thinking", "losses"),
    [
        (4000, {"type": "enabled", "budget_tokens": 3000}, ["thinking.budget"]),
        (1200, {"type": "disabled"}, ["thinking"]),
        (1, {"type": "disabled"}, ["thinking"]),
        (20_000, {"type": "enabled", "budget_tokens": 10_000}, []),
    ],
)
def test_a_budget_leaves_room_for_the_answer(max_tokens: int, thinking: Any, losses: list[str]) -> None:
    request = asked(thinking=ThinkingSetting("on", None, 10_000), max_tokens=max_tokens)
    encoded = sent(request, BUDGET)
    assert (encoded.body["thinking"], lost(encoded)) == (thinking, losses)


@pytest.mark.parametrize(
    ("model", "kind", "thinking", "losses"),
    [
        (BUDGET, "any", {"type": "disabled"}, ["thinking"]),
        (ADAPTIVE, "any", {"type": "disabled"}, ["thinking"]),
        (ALWAYS, None, {"type": "adaptive"}, ["tool_choice"]),
    ],
)
def test_a_forced_tool_wins_over_thinking_except_where_it_cannot(
    model: str, kind: str | None, thinking: Any, losses: list[str]
) -> None:
    request = asked(tools=(TOOL,), tool_choice=ToolChoice("required"), thinking=ON_MEDIUM)
    encoded = sent(request, model)
    assert encoded.body.get("tool_choice", {}).get("type") == (kind or "auto")
    assert (encoded.body["thinking"], lost(encoded)) == (thinking, losses)


def test_a_forced_tool_switches_thinking_off_where_it_may_be_on_by_default() -> None:
    encoded = sent(asked(tools=(TOOL,), tool_choice=ToolChoice("required")), "claude-opus-5")
    assert encoded.body["thinking"] == {"type": "disabled"}
    assert encoded.losses == ()


def test_thinking_with_a_budget_pauses_in_a_tool_turn_that_another_provider_began() -> None:
    turn = (HELLO, Message("assistant", (ToolCall("c", "look", "{}"),)), Message("user", (ToolResult("c"),)))
    encoded = sent(asked(*turn, tools=(TOOL,), thinking=ON_MEDIUM), BUDGET)
    assert encoded.body["thinking"] == {"type": "disabled"}
    assert lost(encoded) == ["thinking"]
    assert sent(asked(*turn, tools=(TOOL,), thinking=ON_MEDIUM), ADAPTIVE).body["thinking"] == {"type": "adaptive"}


# --------------------------------------------------------------------------------------------------- sampling
SAMPLING: dict[str, tuple[str, dict[str, Any], ThinkingSetting | None, dict[str, Any], list[str]]] = {
    "within the range": (BUDGET, {"temperature": 0.3}, None, {"temperature": 0.3}, []),
    "hotter than Anthropic goes": (BUDGET, {"temperature": 1.7}, None, {"temperature": 1}, ["temperature"]),
    "below zero": (BUDGET, {"temperature": -1.0}, None, {"temperature": 0}, ["temperature"]),
    "both": (BUDGET, {"temperature": 0.3, "top_p": 0.9}, None, {"temperature": 0.3}, ["top_p"]),
    "the default of both": (BUDGET, {"temperature": 1, "top_p": 1}, None, {"temperature": 1}, []),
    "both, a compatible model": (
        FOREIGN,
        {"temperature": 0.3, "top_p": 0.9},
        None,
        {"temperature": 0.3, "top_p": 0.9},
        [],
    ),
    "top_k": (BUDGET, {"top_k": 5}, None, {"top_k": 5}, []),
    "refused": (ALWAYS, {"temperature": 0.3, "top_k": 5}, None, {}, ["temperature", "top_k"]),
    "the default, refused": (ALWAYS, {"temperature": 1.0, "top_p": 1.0}, None, {}, []),
    "with thinking": (BUDGET, {"temperature": 0.3, "top_k": 5}, ON_MEDIUM, {}, ["temperature", "top_k"]),
    "a high top_p with thinking": (BUDGET, {"top_p": 0.97}, ON_MEDIUM, {"top_p": 0.97}, []),
    "a low top_p with thinking": (BUDGET, {"top_p": 0.5}, ON_MEDIUM, {}, ["top_p"]),
}


@pytest.mark.parametrize("name", SAMPLING)
def test_sampling_stays_within_what_the_model_takes(name: str) -> None:
    model, given, thinking, kept, losses = SAMPLING[name]
    request = asked(thinking=thinking, **given)
    encoded = CODEC.encode_request(request, target(model)) if model == FOREIGN else sent(request, model)
    assert {key: encoded.body[key] for key in ("temperature", "top_p", "top_k") if key in encoded.body} == kept
    assert lost(encoded) == losses


# ------------------------------------------------------------------------------------------------------ tools
CHOICES: dict[str, tuple[ToolChoice | None, bool | None, Any]] = {
    "nothing said": (None, None, None),
    "auto": (ToolChoice("auto"), None, None),
    "auto, one at a time": (ToolChoice("auto"), False, {"type": "auto", "disable_parallel_tool_use": True}),
    "one at a time": (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
    "parallel": (None, True, None),
    "required": (ToolChoice("required"), True, {"type": "any"}),
    "forced": (ToolChoice("required", ("look",)), None, {"type": "tool", "name": "look"}),
    "forced, one at a time": (
        ToolChoice("required", ("look",)),
        False,
        {"type": "tool", "name": "look", "disable_parallel_tool_use": True},
    ),
    "none": (ToolChoice("none"), False, {"type": "none"}),
}


@pytest.mark.parametrize("name", CHOICES)
def test_the_choice_of_tools(name: str) -> None:
    choice, parallel, wanted = CHOICES[name]
    encoded = sent(asked(tools=(TOOL,), tool_choice=choice, parallel_tool_calls=parallel), BUDGET)
    assert encoded.body.get("tool_choice") == wanted


def test_a_choice_without_tools_is_left_out() -> None:
    assert "tool_choice" not in sent(asked(tool_choice=ToolChoice("auto"), parallel_tool_calls=False)).body


def test_a_subset_of_tools_is_offered_alone() -> None:
    tools = tuple(replace(TOOL, name=name) for name in "abc")
    encoded = sent(asked(tools=tools, tool_choice=ToolChoice("required", ("a", "c"))), BUDGET)
    assert [tool["name"] for tool in encoded.body["tools"]] == ["a", "c"]
    assert encoded.body["tool_choice"] == {"type": "any"}
    assert lost(encoded) == ["tools[1]"]


@pytest.mark.parametrize("tools", [(), (TOOL,)], ids=["no tools", "another tool"])
def test_a_forced_tool_that_does_not_exist_is_refused(tools: tuple[FunctionTool, ...]) -> None:
    """Gotcha 39: an orphan tool_choice (router-for-me/CLIProxyAPI #3704)."""
    with pytest.raises(WireError, match=r"tool_choice: .*nowhere") as caught:
        CODEC.encode_request(asked(tools=tools, tool_choice=ToolChoice("required", ("nowhere",))), target())
    assert caught.value.param == "tool_choice"


def test_a_forced_tool_that_only_another_provider_runs_is_refused() -> None:
    tools = (OpaqueTool("openai-responses", {"type": "local_shell"}),)
    with pytest.raises(WireError, match="tool_choice"):
        CODEC.encode_request(asked(tools=tools, tool_choice=ToolChoice("required", ("local_shell",))), target())


def test_a_tool_of_another_provider_is_removed_not_sent_without_a_name() -> None:
    """Gotcha 38: built-in tools became functions with an empty name (router-for-me/CLIProxyAPI #3199)."""
    encoded = sent(asked(tools=(OpaqueTool("openai-responses", {"type": "local_shell"}), TOOL)))
    assert [tool["name"] for tool in encoded.body["tools"]] == ["look"]
    assert lost(encoded) == ["tools[0]"]


def test_a_tool_without_a_schema_gets_an_empty_one() -> None:
    """Gotcha 38."""
    encoded = sent(asked(tools=(FunctionTool("now"),)))
    assert encoded.body["tools"][0]["input_schema"] == {"type": "object", "properties": {}}


SCHEMAS: dict[str, tuple[Any, Any, bool]] = {
    "no type": ({"properties": {}}, {"properties": {}, "type": "object"}, False),
    "null type": ({"type": None}, {"type": "object"}, False),
    "a string": ({"type": "string"}, {"type": "object", "properties": {}}, True),
    "alternatives": (
        {
            "anyOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"type": "object", "properties": {"b": {"type": "string"}}},
            ]
        },
        {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "type": "object"},
        True,
    ),
    "all of": (
        {"allOf": [{"properties": {"a": {}}, "required": ["a"]}], "properties": {"b": {}}, "required": ["b"]},
        {"properties": {"b": {}, "a": {}}, "required": ["b", "a"], "type": "object"},
        True,
    ),
    "alternatives that are none": ({"anyOf": 3}, {"properties": {}, "type": "object"}, True),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_made_an_object_at_the_top(name: str) -> None:
    given, wanted, loss = SCHEMAS[name]
    encoded = sent(asked(tools=(FunctionTool("t", "", given),)))
    assert encoded.body["tools"][0]["input_schema"] == wanted
    assert bool(encoded.losses) == loss


def test_a_freeform_tool_becomes_a_function_and_is_restored() -> None:
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: LINE"}
    call = ToolCall("c", "apply_patch", "*** Begin", custom=True)
    request = asked(
        HELLO,
        Message("assistant", (call,)),
        Message("user", (ToolResult("c", (Text("done"),), custom=True),)),
        tools=(CustomTool("apply_patch", "Edits files.", grammar),),
    )
    encoded = sent(request)
    tool = encoded.body["tools"][0]
    assert "start: LINE" in tool["description"]
    assert tool["input_schema"]["required"] == ["input"]
    assert encoded.body["messages"][1]["content"][0]["input"] == {"input": "*** Begin"}
    assert encoded.restore == {"apply_patch": ToolName("apply_patch", "", True)}


def test_names_and_namespaces_travel_flat_and_are_restored() -> None:
    """Gotcha 40 (openai/codex #19649, #26234)."""
    long = "mcp__" + "x" * 150
    tools = (FunctionTool("read", namespace="mcp__files"), FunctionTool(long), FunctionTool("dots.and spaces"))
    call = Message("assistant", (ToolCall("c", "read", "{}", namespace="mcp__files"),))
    encoded = sent(asked(HELLO, call, Message("user", (ToolResult("c"),)), tools=tools))
    names = [tool["name"] for tool in encoded.body["tools"]]
    assert names[0] == encoded.body["messages"][1]["content"][0]["name"] == "mcp__files__read"
    assert [encoded.restore[name] for name in names] == [
        ToolName("read", "mcp__files"),
        ToolName(long),
        ToolName("dots.and spaces"),
    ]


def test_a_forced_tool_is_named_as_it_travels() -> None:
    tools = (FunctionTool("read", namespace="files"),)
    encoded = sent(asked(tools=tools, tool_choice=ToolChoice("required", ("read",))), BUDGET)
    assert encoded.body["tool_choice"] == {"type": "tool", "name": "files__read"}


def test_a_second_tool_of_the_same_name_is_left_out() -> None:
    encoded = sent(asked(tools=(TOOL, replace(TOOL, description="again"))))
    assert len(encoded.body["tools"]) == 1
    assert lost(encoded) == ["tools[1]"]


def test_web_search_of_other_formats() -> None:
    tool = WebSearchTool(2, ("a.com",), ("b.com",), {"country": "CH"})
    assert sent(asked(tools=(tool,))).body["tools"][0] == {
        "type": "web_search_20250305",
        "name": "web_search",
        "max_uses": 2,
        "allowed_domains": ["a.com"],
        "user_location": {"type": "approximate", "country": "CH"},
        "cache_control": {"type": "ephemeral"},
    }


# ------------------------------------------------------------------------------------------- structured output
SCHEMA = {
    "type": "object",
    "properties": {
        "age": {"type": "integer", "minimum": 0, "description": "in years"},
        "tags": {"type": "array", "items": {"type": "object", "properties": {}}, "maxItems": 3},
        "either": {"oneOf": [{"type": "object"}, {"type": "null"}]},
    },
    "required": ["age"],
}


def test_a_schema_for_the_answer_is_closed_and_its_bounds_are_told() -> None:
    encoded = sent(asked(output=OutputFormat("json_schema", SCHEMA, "person")))
    assert encoded.body["output_config"]["format"] == {
        "type": "json_schema",
        "schema": {
            "type": "object",
            "properties": {
                "age": {"type": "integer", "description": 'in years\n\n{"minimum":0}'},
                "tags": {
                    "type": "array",
                    "items": {"type": "object", "properties": {}, "additionalProperties": False},
                    "description": '{"maxItems":3}',
                },
                "either": {"anyOf": [{"type": "object", "additionalProperties": False}, {"type": "null"}]},
            },
            "required": ["age"],
            "additionalProperties": False,
        },
    }
    assert lost(encoded) == ["output.schema"]


@pytest.mark.parametrize(
    ("model", "output"),
    [
        (ADAPTIVE, OutputFormat("json_object")),
        (OLD, OutputFormat("json_schema", SCHEMA)),
        (FOREIGN, OutputFormat("json_schema", SCHEMA)),
    ],
    ids=["any JSON", "an old model", "a compatible model"],
)
def test_json_that_cannot_be_enforced_is_asked_for_in_words(model: str, output: OutputFormat) -> None:
    encoded = sent(asked(output=output, system=(Text("Be kind."),)), model)
    assert "output_config" not in encoded.body
    assert [block["text"][:12] for block in encoded.body["system"]] == ["Be kind.", "Answer with "]
    assert ("minimum" in encoded.body["system"][1]["text"]) == (output.schema is not None)
    assert lost(encoded) == ["output"]


def test_a_schema_without_end_is_refused() -> None:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(200):
        schema = {"type": "object", "properties": {"a": schema}}
    with pytest.raises(WireError, match="nested deeper"):
        CODEC.encode_request(asked(output=OutputFormat("json_schema", schema)), target())


# ----------------------------------------------------------------------------------------------------- the rest
def test_what_has_no_field_is_a_loss() -> None:
    request = asked(
        seed=1,
        presence_penalty=0.5,
        frequency_penalty=0.0,
        logprobs=True,
        verbosity="low",
        metadata={"a": "b"},
        service_tier="flex",
        user="u" * 300,
        stop=(" ", "END", "\n"),
        extras={"openai-chat": {"logit_bias": {"1": 2}, "prediction": None}},
    )
    encoded = sent(request)
    assert encoded.body["stop_sequences"] == ["END"]
    assert sorted(lost(encoded)) == sorted(
        ["stop", "user", "service_tier", "seed", "presence_penalty", "logprobs", "verbosity", "metadata", "logit_bias"]
    )


def test_several_answers_are_refused() -> None:
    with pytest.raises(WireError, match="one answer") as caught:
        CODEC.encode_request(asked(n=2), target())
    assert caught.value.param == "n"


@pytest.mark.parametrize(
    ("tier", "wanted"), [("auto", None), ("priority", None), ("default", "standard_only"), (None, None)]
)
def test_service_tiers(tier: str | None, wanted: str | None) -> None:
    assert sent(asked(service_tier=tier)).body.get("service_tier") == wanted


def test_who_asks_and_streaming() -> None:
    encoded = sent(asked(user="me", stream=True))
    assert encoded.body["metadata"] == {"user_id": "me"}
    assert encoded.body["stream"] is True


# ------------------------------------------------------------------------------------------------- breakpoints
MARK = {"type": "ephemeral"}


def marks(encoded: Encoded) -> list[str]:
    found = [f"tools {tool['name']}" for tool in encoded.body.get("tools", []) if "cache_control" in tool]
    found += [f"system {block['text']}" for block in encoded.body.get("system", []) if "cache_control" in block]
    for message in encoded.body["messages"]:
        found += [f"{b['type']} {b.get('text', '')}" for b in message["content"] if "cache_control" in b]
    return found


def test_requests_without_breakpoints_get_four() -> None:
    request = asked(
        Message("user", (Text("one"),)),
        Message("assistant", (Text("a"),)),
        Message("user", (Text("two"),)),
        Message("assistant", (ToolCall("c", "look", "{}"),)),
        Message("user", (ToolResult("c", (Text("x"),)),)),
        system=(Text("s1"), Text("s2")),
        tools=(TOOL, replace(TOOL, name="last")),
    )
    assert marks(sent(request)) == ["tools last", "system s2", "text two", "tool_result "]


def test_breakpoints_of_the_client_are_kept_and_ours_stay_away() -> None:
    marked = Message("user", (Text("one", Cache("1h")), Text("two")))
    encoded = sent(asked(marked, system=(Text("s"),)))
    assert marks(encoded) == ["text one"]
    assert encoded.body["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


def test_more_than_four_breakpoints_and_a_late_hour_are_mended() -> None:
    texts = tuple(Text(str(i), Cache("1h" if i == 5 else None)) for i in range(6))
    encoded = sent(asked(Message("user", texts)))
    assert marks(encoded) == ["text 0", "text 1", "text 4", "text 5"]
    assert lost(encoded) == ["cache_control", "cache_control"]


def test_encoding_twice_gives_the_same_bytes() -> None:
    """A prefix that changes is a prefix that is not cached."""
    request = asked(HELLO, tools=(TOOL, FunctionTool("x" * 200)), system=(Text("s"),))
    assert sent(request).body == sent(request).body


# ------------------------------------------------------------------------------------------------------- media
MEDIA: dict[str, tuple[Media, Any]] = {
    "png": (
        Media("image", "image/png", data=PNG),
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    ),
    "jpg": (
        Media("image", "image/jpg", data="AAAA"),
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"}},
    ),
    "png that is called jpeg": (
        Media("image", "image/jpeg", data=PNG),
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    ),
    "png that is called a file": (
        Media("document", "image/png", data=PNG),
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    ),
    "image by address": (
        Media("image", url="https://example.com/a.png", detail="low"),
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
    ),
    "pdf": (
        Media("document", "application/pdf", data="JVBERi0=", name="a.pdf"),
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
            "title": "a.pdf",
        },
    ),
    "words": (
        Media("document", "text/plain", text="words"),
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
    ),
    "a text file": (
        Media("document", "text/csv", data="YSxi"),
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a,b"}},
    ),
    "svg": (
        Media("image", "image/svg+xml", data="PHN2Zz4="),
        {"type": "text", "text": "[image left out: it cannot be read here]"},
    ),
    "audio": (
        Media("audio", "audio/wav", data="AAAA", name="memo"),
        {"type": "text", "text": "[audio 'memo' left out: it cannot be read here]"},
    ),
    "video by address": (
        Media("video", url="https://example.com/v.mp4"),
        {"type": "text", "text": "[video left out: it cannot be read here]"},
    ),
}


@pytest.mark.parametrize("name", MEDIA)
def test_media(name: str) -> None:
    media, wanted = MEDIA[name]
    encoded = sent(asked(Message("user", (media, Text("what is this?")))))
    assert encoded.body["messages"][0]["content"][0] == wanted
    assert bool(encoded.losses) == (wanted["type"] == "text")


@pytest.mark.parametrize(
    "media",
    [
        Media("audio", "audio/wav", data="AAAA"),
        Media("image", file_id="file-abc"),
        Media("document", url="gs://bucket/a.pdf"),
    ],
    ids=["audio and nothing else", "a file of another provider", "an address of another provider"],
)
def test_what_would_be_unsafe_to_drop_is_refused(media: Media) -> None:
    with pytest.raises(WireError) as caught:
        CODEC.encode_request(asked(Message("user", (media,))), target())
    assert caught.value.param == "messages[0].blocks[0]"
