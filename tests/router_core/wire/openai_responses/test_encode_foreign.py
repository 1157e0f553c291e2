"""A request of another format is said in this one; what cannot be said is listed or refused."""

from typing import Any

import pytest
from msgspec.structs import replace
from openai.types.responses import response_create_params
from pydantic import TypeAdapter

from router_core.errors import WireError
from router_core.wire.codec import Target
from router_core.wire.model import (
    Block,
    CustomTool,
    FunctionTool,
    JsonObject,
    Media,
    Message,
    Opaque,
    OpaqueTool,
    OutputFormat,
    Proof,
    Refusal,
    Request,
    Role,
    ServerCall,
    Text,
    Thinking,
    ThinkingSetting,
    ToolCall,
    ToolChoice,
    ToolResult,
    WebSearchTool,
)
from tests.router_core.wire.openai_responses.cases import CODEX, OPENAI, encoded

PARAMS: TypeAdapter[Any] = TypeAdapter(response_create_params.ResponseCreateParamsNonStreaming)
SEEN = FunctionTool("look", "Looks.", {"type": "object", "properties": {"at": {"type": "string"}}})
GPT_4_1 = Target("openai", "openai", "gpt-4.1", "api.openai.com")


def said(role: Role, *blocks: Block | str) -> Message:
    return Message(role, tuple(Text(block) if isinstance(block, str) else block for block in blocks))


def asked(*messages: Message, **more: Any) -> Request:
    return Request("claude", messages or (said("user", "hi"),), **more)


def body_of(request: Request, target: Target = OPENAI) -> JsonObject:
    body = encoded(request, target).body
    PARAMS.validate_python(body | {"stream": False})
    return body


def test_system_text_becomes_instructions() -> None:
    request = asked(system=(Text("x-anthropic-billing-header: cc_version=1"), Text("One."), Text("Two.")))
    assert body_of(request)["instructions"] == "One.\n\nTwo."


def test_a_later_system_message_becomes_a_developer_item() -> None:
    body = body_of(asked(said("system", "First."), said("user", "hi"), said("system", "Now."), said("user", "go")))
    assert body["instructions"] == "First."
    assert [item["role"] for item in body["input"]] == ["user", "developer", "user"]


def test_instructions_alone_become_the_conversation() -> None:
    body = body_of(asked(said("system", "Say hi.")))
    assert "instructions" not in body
    assert body["input"][0]["role"] == "developer"


def test_a_whole_tool_turn() -> None:
    image = Media("image", media_type="image/png", data="iVBORw0KGgo=")
    request = asked(
        said("user", "look", image),
        said(
            "assistant",
            Thinking("hm", Proof("anthropic", "sig")),
            "I look.",
            ToolCall("toolu_1", "look", '{"at":"ä"}'),
            ToolCall("toolu_2", "look", ""),
        ),
        Message(
            "user",
            (
                ToolResult("toolu_1", (Text("a cat"), image)),
                ToolResult("toolu_2", (Text("gone"),), is_error=True),
                Text("and?"),
            ),
        ),
        tools=(SEEN,),
    )
    body = body_of(request)
    assert body["input"] == [
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "look"},
                {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "auto"},
            ],
        },
        {"type": "message", "role": "assistant", "content": "I look."},
        {"type": "function_call", "call_id": "toolu_1", "name": "look", "arguments": '{"at":"ä"}'},
        {"type": "function_call", "call_id": "toolu_2", "name": "look", "arguments": "{}"},
        {
            "type": "function_call_output",
            "call_id": "toolu_1",
            "output": [
                {"type": "input_text", "text": "a cat"},
                {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "auto"},
            ],
        },
        {"type": "function_call_output", "call_id": "toolu_2", "output": "Error: gone"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "and?"}]},
    ]
    assert [loss.path for loss in encoded(request).losses] == ["messages[1].blocks[0]"]


def test_openai_reasoning_comes_back_to_openai_byte_for_byte() -> None:
    whole = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    body = body_of(asked(said("user", "hi"), said("assistant", Thinking("", Proof("openai", "gAAA", whole)), "yes")))
    assert body["input"][1] == whole


def test_openai_reasoning_without_its_item_is_built_anew() -> None:
    thinking = Thinking("Why", Proof("openai", "gAAA"))
    body = encoded(asked(said("user", "hi"), said("assistant", thinking, "yes"), said("user", "go"))).body
    summary = [{"type": "summary_text", "text": "Why"}]
    assert body["input"][1] == {"type": "reasoning", "summary": summary, "encrypted_content": "gAAA"}


def test_a_foreign_schema_is_not_strict_and_an_object() -> None:
    # OpenAI takes an absent `strict` for true, and refuses a schema without `type`
    tools = (SEEN, FunctionTool("none"), FunctionTool("bare", schema={"properties": {}}))
    found = body_of(asked(tools=tools))["tools"]
    assert [tool["strict"] for tool in found] == [False, False, False]
    assert all(tool["parameters"]["type"] == "object" for tool in found)


def test_nothing_is_stored_and_reasoning_comes_back_encrypted() -> None:
    body = body_of(asked(thinking=ThinkingSetting("on", budget=10_000)))
    assert body["store"] is False
    assert body["include"] == ["reasoning.encrypted_content"]
    assert body["reasoning"] == {"effort": "high", "summary": "auto"}


def test_a_model_that_does_not_reason_is_not_asked_to() -> None:
    result = encoded(asked(thinking=ThinkingSetting("on", budget=2000)), GPT_4_1)
    assert "reasoning" not in result.body
    assert "include" not in result.body
    assert [loss.path for loss in result.losses] == ["thinking"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice("auto"), "auto"),
        (ToolChoice("required"), "required"),
        (ToolChoice("none"), "none"),
        (ToolChoice("required", ("look",)), {"type": "function", "name": "look"}),
        (ToolChoice("required", ("patch",)), {"type": "custom", "name": "patch"}),
        (
            ToolChoice("auto", ("look", "patch")),
            {
                "type": "allowed_tools",
                "mode": "auto",
                "tools": [{"type": "function", "name": "look"}, {"type": "custom", "name": "patch"}],
            },
        ),
    ],
    ids=["auto", "required", "none", "function", "custom", "subset"],
)
def test_tool_choice(choice: ToolChoice, expected: object) -> None:
    assert body_of(asked(tools=(SEEN, CustomTool("patch")), tool_choice=choice))["tool_choice"] == expected


def test_a_choice_without_tools_is_dropped() -> None:
    # BerriAI/litellm #25477
    foreign = OpaqueTool("anthropic", {"type": "computer_20250124", "name": "computer"})
    result = encoded(asked(tools=(foreign,), tool_choice=ToolChoice("required")))
    assert "tools" not in result.body
    assert "tool_choice" not in result.body
    assert {loss.path for loss in result.losses} == {"tools[0]", "tool_choice"}


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        (asked(n=2), "n"),
        (asked(tools=(SEEN,), tool_choice=ToolChoice("required", ("gone",))), "tool_choice"),
        (asked(tool_choice=ToolChoice("required", ("gone",))), "tool_choice"),
        (asked(said("user", Media("document", file_id="file_011CNha8iCJcU1wXNR6q4V8w"))), "messages[0].blocks[0]"),
        (asked(said("user", Media("video", media_type="video/mp4", data="AA=="))), "messages[0].blocks[0]"),
    ],
    ids=["n", "unknown forced tool", "forced tool without tools", "another provider's file", "video"],
)
def test_what_is_unsafe_to_drop_is_refused(request_: Request, param: str) -> None:
    with pytest.raises(WireError) as caught:
        encoded(request_)
    assert (caught.value.status, caught.value.param) == (400, param)


def test_stop_sequences_are_left_to_the_cutter() -> None:
    result = encoded(asked(stop=("END", "\n\n")))
    assert result.cut_at == ("END", "\n\n")
    assert not result.losses
    assert "stop" not in result.body


def test_sampling_is_dropped_where_it_is_refused() -> None:
    request = asked(temperature=0.5, top_p=0.9, top_k=5, seed=1)
    assert {loss.path for loss in encoded(request).losses} == {"temperature", "top_p", "top_k", "seed"}
    body = body_of(request, GPT_4_1)
    assert (body["temperature"], body["top_p"]) == (0.5, 0.9)


def test_limits_are_what_openai_accepts() -> None:
    small, large = encoded(asked(max_tokens=1)), encoded(asked(max_tokens=10_000_000))
    assert small.body["max_output_tokens"] == 16
    assert large.body["max_output_tokens"] < 1_000_000
    assert [loss.path for loss in (*small.losses, *large.losses)] == ["max_tokens", "max_tokens"]


def test_structured_output_and_verbosity() -> None:
    format = OutputFormat("json_schema", {"type": "object"}, "thing", True)
    assert body_of(asked(output=format, verbosity="low"))["text"] == {
        "format": {"type": "json_schema", "name": "thing", "schema": {"type": "object"}, "strict": True},
        "verbosity": "low",
    }
    assert body_of(asked(output=OutputFormat("json_object")))["text"] == {"format": {"type": "json_object"}}


def test_who_asks_and_what_is_cached() -> None:
    user = "user_" + "a" * 64 + "_account_x_session_y"
    body = body_of(asked(user=user, cache_key="session-1", service_tier="standard_only", metadata={"a": "b"}))
    assert len(body["safety_identifier"]) <= 64
    assert body["prompt_cache_key"] == "session-1"
    assert (body["service_tier"], body["metadata"]) == ("default", {"a": "b"})
    assert body_of(asked(user=user)) == body_of(asked(user=user))


def test_web_search_travels() -> None:
    tool = WebSearchTool(5, ("a.example",), (), {"country": "DE"})
    result = encoded(asked(tools=(tool,)))
    assert result.body["tools"] == [
        {
            "type": "web_search",
            "filters": {"allowed_domains": ["a.example"]},
            "user_location": {"type": "approximate", "country": "DE"},
        }
    ]
    assert [loss.path for loss in result.losses] == ["tools[0].max_uses"]


def test_long_tool_names_are_shortened_and_remembered() -> None:
    name = "mcp__server__" + "x" * 80
    request = asked(said("user", "hi"), said("assistant", ToolCall("1", name, "{}")), tools=(FunctionTool(name),))
    result = encoded(request)
    sent = result.body["tools"][0]["name"]
    assert len(sent) <= 64
    assert result.restore[sent].name == name
    assert result.body["input"][1]["name"] == sent
    assert result.body["input"][2]["call_id"] == "1"


def test_what_only_others_know_is_listed() -> None:
    request = asked(
        said("user", "hi", Opaque("anthropic", {"type": "container_upload"})),
        said("assistant", ServerCall("srv", "web_search", "x"), Refusal("No."), Media("image", data="AA==")),
        said("user", "go"),
    )
    result = encoded(request)
    paths = [loss.path for loss in result.losses]
    assert paths == ["messages[0].blocks[1]", "messages[1].blocks[0]", "messages[1].blocks[2]"]
    assert result.body["input"][1]["content"] == [{"type": "refusal", "refusal": "No."}]


def test_documents_and_sound() -> None:
    blocks: tuple[Block, ...] = (
        Media("document", media_type="application/pdf", data="JVBERi0=", name="a.pdf"),
        Media("document", url="https://example.com/a.pdf"),
        Media("document", text="plain", name="notes"),
        Media("audio", media_type="audio/wav", data="UklGRg=="),
    )
    parts = encoded(asked(Message("user", blocks))).body["input"][0]["content"]
    assert [part["type"] for part in parts] == ["input_file", "input_file", "input_text", "input_audio"]
    assert parts[0]["file_data"] == "data:application/pdf;base64,JVBERi0="


def test_the_codex_backend_gets_its_dialect() -> None:
    request = asked(
        said("user", "hi"),
        said("assistant", "yes"),
        said("user", "go"),
        max_tokens=100,
        user="u",
        thinking=ThinkingSetting("adaptive"),
    )
    result = encoded(request, CODEX)
    body = result.body
    assert (body["stream"], body["store"], body["instructions"]) == (True, False, "")
    assert not {"max_output_tokens", "user", "safety_identifier"} & set(body)
    assert body["input"][1]["content"] == [{"type": "output_text", "text": "yes", "annotations": []}]
    assert "max_output_tokens" in {loss.path for loss in result.losses}


def test_a_begun_answer_is_a_loss() -> None:
    result = encoded(asked(said("user", "hi"), said("assistant", "Well,")))
    assert [loss.path for loss in result.losses] == ["messages[1]"]


def test_attributes_of_the_request_survive_replace() -> None:
    request = replace(asked(), stream=True, parallel_tool_calls=False, tools=(SEEN,))
    body = encoded(request).body
    assert (body["stream"], body["parallel_tool_calls"]) == (True, False)


def test_fields_that_only_another_format_knows_are_listed() -> None:
    extras: dict[Any, JsonObject] = {"anthropic": {"context_management": {"edits": []}, "#system": "string", "x": None}}
    assert [loss.path for loss in encoded(asked(extras=extras)).losses] == ["context_management"]


def test_a_tool_s_result_of_unknown_kind_is_not_lost() -> None:
    found = Opaque("anthropic", {"type": "search_result", "title": "A", "content": []})
    request = asked(
        said("user", "hi"),
        said("assistant", ToolCall("1", "look", "{}")),
        said("user", ToolResult("1", (found,))),
        tools=(SEEN,),
    )
    result = encoded(request)
    assert result.body["input"][-1]["output"] == '{"type":"search_result","title":"A","content":[]}'
    assert [loss.path for loss in result.losses] == ["messages[2].blocks[0].content[0]"]
