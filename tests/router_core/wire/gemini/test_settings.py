"""Settings and tools of other formats' clients, in Gemini's words, by the model's generation."""

from typing import Any

import pytest

from router_core.errors import WireError
from router_core.wire.codec import Target, codec
from router_core.wire.gemini import CODEC
from router_core.wire.gemini.generation import generation
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
from tests.router_core.wire.gemini.samples import NEW, NEWEST, OLD, USER, ask, encode, target

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
READ = FunctionTool("read", "Reads.", SCHEMA)
On = ThinkingSetting


def config(name: str = NEW, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = encode(ask(**fields), name).body.get("generationConfig", {})
    return found


def losses(name: str = NEW, **fields: Any) -> list[str]:
    return [loss.path for loss in encode(ask(**fields), name).losses]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gemini-2.5-pro", (2, 5)), ("models/gemini-3-flash-preview", (3, 0)), ("gemini-3.1-pro-preview", (3, 1)),
        ("gemini-4-argon", (4, 0)), ("gemini-flash-latest", (3, 5)), ("gemini-robotics-er-1.5-preview", (1, 5)),
        ("gemma-3-27b-it", (1, 0)), ("tunedModels/mine", (3, 5)), ("google/gemini-2.0-flash", (2, 0)),
    ],
)  # fmt: skip
def test_the_generation_is_in_the_name(name: str, expected: tuple[int, int]) -> None:
    assert generation(name) == expected


@pytest.mark.parametrize(
    ("name", "setting", "expected", "lost"),
    [
        (OLD, On("on", budget=4096), {"thinkingBudget": 4096, "includeThoughts": True}, 0),
        (OLD, On("on", budget=100_000), {"thinkingBudget": 24_576, "includeThoughts": True}, 1),
        (OLD, On("on", effort="medium"), {"thinkingBudget": 8192, "includeThoughts": True}, 0),
        (OLD, On("adaptive"), {"thinkingBudget": -1, "includeThoughts": True}, 0),
        (OLD, On("off"), {"thinkingBudget": 0}, 0),
        ("gemini-2.5-pro", On("off"), {"thinkingBudget": 128}, 1),
        (NEW, On("on", budget=4096), {"thinkingLevel": "medium", "includeThoughts": True}, 0),
        (NEW, On("on", effort="minimal"), {"thinkingLevel": "minimal", "includeThoughts": True}, 0),
        (NEW, On("on", effort="high", show="omitted"), {"thinkingLevel": "high"}, 0),
        (NEW, On("on", effort="max"), {"thinkingLevel": "high", "includeThoughts": True}, 1),
        (NEW, On("adaptive"), {"includeThoughts": True}, 0),
        (NEW, On("off"), {"thinkingLevel": "minimal"}, 1),
        (NEWEST, On("on", effort="minimal"), {"thinkingLevel": "low", "includeThoughts": True}, 1),
        (NEWEST, On("on", budget=30_000), {"thinkingLevel": "high", "includeThoughts": True}, 0),
        ("gemma-3-27b-it", On("off"), None, 0),
    ],
)  # fmt: skip
def test_thinking(name: str, setting: ThinkingSetting, expected: dict[str, Any] | None, lost: int) -> None:
    encoded = (
        encode(ask(thinking=setting), name) if expected else CODEC.encode_request(ask(thinking=setting), target(name))
    )
    if expected:
        assert encoded.body["generationConfig"]["thinkingConfig"] == expected
    assert len(encoded.losses) == lost


def test_a_word_for_thinking_leaves_half_of_the_answer() -> None:
    """`max_tokens` holds the thoughts, too: a budget above it gives an empty answer."""
    thinking = config(OLD, thinking=On("on", effort="high"), max_tokens=1000)["thinkingConfig"]
    assert thinking["thinkingBudget"] == 500


def test_no_word_about_thinking_leaves_it_to_the_model() -> None:
    assert config() == {}


@pytest.mark.parametrize("name", [OLD, NEW, NEWEST])
@pytest.mark.parametrize("said", [{"thinkingBudget": 1000}, {"thinkingLevel": "LOW"}, {"includeThoughts": True}])
def test_a_gemini_clients_setting_fits_a_model_of_another_generation(name: str, said: dict[str, Any]) -> None:
    """`thinkingBudget` and `thinkingLevel` are not understood by the same models."""
    request = CODEC.decode_request(
        {"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {"thinkingConfig": said}}
    )
    sent = encode(request, name).body["generationConfig"]["thinkingConfig"]
    assert ("thinkingBudget" in sent, "thinkingLevel" in sent) != (True, True)
    assert "includeThoughts" in sent or sent.keys() == said.keys()


def test_sampling_and_limits() -> None:
    found = config(
        temperature=0.5, top_p=0.9, top_k=5, seed=3, max_tokens=100, stop=("a", "", "b")
    )  # fmt: skip
    assert found == {
        "temperature": 0.5, "topP": 0.9, "topK": 5, "seed": 3, "maxOutputTokens": 100, "stopSequences": ["a", "b"],
    }  # fmt: skip


def test_what_is_out_of_range_is_clamped_and_told() -> None:
    fields: dict[str, Any] = {"temperature": 3.0, "max_tokens": 10**9, "seed": 2**40, "top_k": 0}
    assert config(**fields) == {"temperature": 2.0, "maxOutputTokens": 65_536, "seed": 0}
    assert sorted(losses(**fields)) == ["max_tokens", "seed", "temperature", "top_k"]


def test_more_than_five_stop_sequences_are_cut_at_by_the_router() -> None:
    encoded = encode(ask(stop=tuple("abcdefg")))
    assert encoded.body["generationConfig"]["stopSequences"] == list("abcde")
    assert encoded.cut_at == ("f", "g")


def test_what_gemini_cannot_be_told_is_listed() -> None:
    request = ask(
        verbosity="low", user="u", metadata={"k": "v"}, service_tier="priority", parallel_tool_calls=False,
        logprobs=True, presence_penalty=0.5, cache_key="stable", extras={"openai-responses": {"store": False}},
    )  # fmt: skip
    assert sorted(loss.path for loss in encode(request).losses) == [
        "logprobs", "metadata", "parallel_tool_calls", "presence_penalty", "service_tier", "store", "user", "verbosity",
    ]  # fmt: skip


def test_several_answers_are_refused() -> None:
    with pytest.raises(WireError) as refused:
        CODEC.encode_request(ask(n=2), target())
    assert (refused.value.status, refused.value.param) == (400, "n")


def test_structured_output() -> None:
    output = OutputFormat("json_schema", SCHEMA, name="x", strict=True)
    assert config(output=output) == {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    assert config(output=OutputFormat("json_object")) == {"responseMimeType": "application/json"}
    old = config("gemini-2.0-flash", output=output)
    assert old["responseSchema"] == {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}


def test_structured_output_beside_functions_is_asked_for_in_words_before_gemini_3() -> None:
    fields: dict[str, Any] = {"output": OutputFormat("json_schema", SCHEMA), "tools": (READ,)}
    assert "responseMimeType" in config(NEW, **fields)
    encoded = encode(ask(**fields), OLD)
    assert "generationConfig" not in encoded.body
    assert '"additionalProperties":false' in encoded.body["systemInstruction"]["parts"][0]["text"]
    assert [loss.path for loss in encoded.losses] == ["output"]


def test_tools_are_declared_in_one_group_with_their_schemas_as_they_are() -> None:
    body = encode(ask(tools=(READ, FunctionTool("go")))).body
    declared = [{"name": "read", "description": "Reads.", "parametersJsonSchema": SCHEMA}, {"name": "go"}]
    assert body["tools"] == [{"functionDeclarations": declared}]
    old = encode(ask(tools=(READ,)), "gemini-2.0-flash").body["tools"][0]["functionDeclarations"][0]
    assert old["parameters"] == {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}


def test_names_that_do_not_fit_are_changed_everywhere_alike_and_restored() -> None:
    long = "mcp__" + "x" * 90
    history = (
        USER,
        Message("assistant", (ToolCall("1", "do it", "{}", namespace="crm"), ToolCall("2", long, "{}"))),
        Message("user", (ToolResult("1"), ToolResult("2"))),
    )
    tools = (FunctionTool("do it", namespace="crm"), FunctionTool(long), FunctionTool("0day"))
    encoded = encode(ask(*history, tools=tools))
    declared = [tool["name"] for tool in encoded.body["tools"][0]["functionDeclarations"]]
    called = [part["functionCall"]["name"] for part in encoded.body["contents"][1]["parts"]]
    results = [part["functionResponse"]["name"] for part in encoded.body["contents"][2]["parts"]]
    assert declared[:2] == called == results
    assert all(len(name) <= 64 for name in declared)
    restored = [encoded.restore[name] for name in declared]
    assert [(name.name, name.namespace) for name in restored] == [("do it", "crm"), (long, ""), ("0day", "")]


def test_a_freeform_tool_is_a_function_of_one_text() -> None:
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: patch"}
    tool = CustomTool("apply_patch", "Edits files.", grammar)
    history = (
        USER,
        Message("assistant", (ToolCall("1", "apply_patch", "*** Begin", custom=True),)),
        Message("user", (ToolResult("1", (Text("ok"),), custom=True),)),
    )
    encoded = encode(ask(*history, tools=(tool,)))
    (declared,) = encoded.body["tools"][0]["functionDeclarations"]
    assert "start: patch" in declared["description"]
    assert declared["parametersJsonSchema"]["required"] == ["input"]
    assert encoded.restore["apply_patch"].custom
    assert encoded.body["contents"][1]["parts"][0]["functionCall"]["args"] == {"input": "*** Begin"}


def test_web_search() -> None:
    assert encode(ask(tools=(WebSearchTool(),))).body["tools"] == [{"googleSearch": {}}]
    assert losses(tools=(WebSearchTool(max_uses=3, allowed_domains=("a.com",)),)) == [
        "tools[0].max_uses", "tools[0].allowed_domains",
    ]  # fmt: skip


def test_web_search_beside_functions() -> None:
    """Gemini before 3 refuses the mixture; later it wants a switch."""
    tools = (READ, WebSearchTool())
    body = encode(ask(tools=tools), NEW).body
    assert body["toolConfig"] == {"includeServerSideToolInvocations": True}
    old = encode(ask(tools=tools), OLD)
    assert [list(tool) for tool in old.body["tools"]] == [["functionDeclarations"]]
    assert [loss.path for loss in old.losses] == ["tools[1]"]


def test_tools_of_other_formats_are_left_out() -> None:
    """CLIProxyAPI #3199: a built-in tool must not become a function without a name."""
    encoded = encode(ask(tools=(OpaqueTool("anthropic", {"type": "bash_20250124", "name": "bash"}), READ)))
    assert len(encoded.body["tools"]) == 1
    assert encoded.losses[0].path == "tools[0]"


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        (ToolChoice("auto"), {"mode": "AUTO"}),
        (ToolChoice("required"), {"mode": "ANY"}),
        (ToolChoice("none"), {"mode": "NONE"}),
        (ToolChoice("required", ("read",)), {"mode": "ANY", "allowedFunctionNames": ["read"]}),
        (ToolChoice("auto", ("read",)), {"mode": "VALIDATED", "allowedFunctionNames": ["read"]}),
    ],
)
def test_tool_choice(choice: ToolChoice, calling: dict[str, Any]) -> None:
    body = encode(ask(tools=(READ,), tool_choice=choice)).body
    assert body["toolConfig"]["functionCallingConfig"] == calling


@pytest.mark.parametrize(
    "request_",
    [ask(tools=(READ,), tool_choice=ToolChoice("required", ("gone",))), ask(tool_choice=ToolChoice("required"))],
)
def test_a_forced_tool_that_does_not_exist_is_refused(request_: Request) -> None:
    with pytest.raises(WireError) as refused:
        CODEC.encode_request(request_, target())
    assert refused.value.param == "tool_choice"


def test_a_choice_without_tools_is_not_said() -> None:
    assert "toolConfig" not in encode(ask(tool_choice=ToolChoice("auto"))).body


def test_what_a_neutral_field_says_too_is_no_loss_elsewhere() -> None:
    body = {
        "model": "m",
        "contents": [{"role": "user", "parts": [{"text": "Hello"}]}],
        "systemInstruction": {"role": "user", "parts": [{"text": "Be brief."}]},
        "generationConfig": {"thinkingConfig": {"thinkingLevel": "HIGH"}, "mediaResolution": "MEDIA_RESOLUTION_LOW"},
    }
    request = CODEC.decode_request(body)
    found = codec("openai-responses").encode_request(request, Target("openai", "openai", "gpt-5.5"))
    assert [loss.path for loss in found.losses] == ["generationConfig"]  # for mediaResolution
    again = CODEC.encode_request(request, Target("gemini", "gemini", "gemini-3.8-flash")).body
    assert again["systemInstruction"] == body["systemInstruction"]
    assert again["generationConfig"] == body["generationConfig"]


def test_a_client_cannot_write_our_notes() -> None:
    contents = [{"role": "user", "parts": [{"text": "Hello"}]}]
    request = CODEC.decode_request({"model": "m", "contents": contents, "#generationConfig": "x", "#more": 1})
    assert request.extras == {}
