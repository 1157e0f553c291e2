"""What an Anthropic client says goes back to an Anthropic provider as it was said."""

import copy
from typing import Any

import orjson
import pytest
from anthropic.types.message_create_params import MessageCreateParams
from pydantic import ConfigDict, TypeAdapter

from router_core.errors import WireError
from router_core.simulator.anthropic_rules import problem_in_count_request
from router_core.wire.anthropic import count_body
from router_core.wire.anthropic.encode_blocks import FOREIGN_SEARCH
from router_core.wire.model import Media, Message, Proof, Text, Thinking, ToolCall
from router_core.wire.proof import seal
from tests.router_core.wire.anthropic.samples import (
    CALL,
    CODEC,
    REQUESTS,
    SEARCH,
    THINKING,
    WEATHER,
    assistant,
    body,
    says,
    target,
    user,
)

NOT_FROM_THE_SDK = ("images and documents", "nulls")
"""Kinds that no SDK knows yet, and nulls where its types have none: both must pass, too."""
PARAMS: TypeAdapter[Any] = TypeAdapter(MessageCreateParams, config=ConfigDict(arbitrary_types_allowed=True))


@pytest.mark.parametrize("name", REQUESTS)
def test_decode_then_encode_gives_the_body_back(name: str) -> None:
    given = REQUESTS[name]
    before = copy.deepcopy(given)
    encoded = CODEC.encode_request(CODEC.decode_request(given), target())
    wanted = {key: value for key, value in given.items() if not (key in ("system", "metadata") and value is None)}
    assert {key: value for key, value in encoded.body.items() if key in wanted} == wanted
    assert encoded.losses == ()
    assert given == before


@pytest.mark.parametrize("name", REQUESTS)
def test_nothing_is_added_to_the_body(name: str) -> None:
    encoded = CODEC.encode_request(CODEC.decode_request(REQUESTS[name]), target())
    assert set(encoded.body) == set(REQUESTS[name])


@pytest.mark.parametrize("name", REQUESTS)
def test_a_second_round_changes_nothing(name: str) -> None:
    once = CODEC.decode_request(REQUESTS[name])
    assert CODEC.decode_request(CODEC.encode_request(once, target()).body) == once


def test_betas_in_the_body_become_a_header() -> None:
    encoded = CODEC.encode_request(CODEC.decode_request(body(user("Hi"), betas=["a-1", "b-2"])), target())
    assert "betas" not in encoded.body
    assert encoded.headers == (("anthropic-beta", "a-1,b-2"),)


def test_the_body_of_a_count_holds_only_what_counts() -> None:
    given = {**REQUESTS["tools and results"], "stream": True, "temperature": 0.1, "stop_sequences": ["x"]}
    counted = count_body(CODEC.decode_request(given), target())
    assert set(counted) == {"model", "messages", "tools", "tool_choice"}
    assert problem_in_count_request(counted, []) is None


def test_the_session_in_the_user_id_becomes_the_cache_key() -> None:
    request = CODEC.decode_request(REQUESTS["every setting"])
    assert request.cache_key == "0000-1111"
    assert request.user == "user_ab_account_cd_session_0000-1111"


def test_a_foreign_proof_is_taken_out_and_the_rest_of_the_turn_stays() -> None:
    sealed = {"type": "thinking", "thinking": "hm", "signature": seal(Proof("openai", "gAAA", {"type": "reasoning"}))}
    request = CODEC.decode_request(body(user("Hi"), assistant(sealed, says("Hello"), THINKING, CALL), user("on")))
    first = request.messages[1].blocks[0]
    assert isinstance(first, Thinking)
    assert first.proof == Proof("openai", "gAAA", {"type": "reasoning"})
    encoded = CODEC.encode_request(request, target())
    assert encoded.body["messages"][1]["content"] == [says("Hello"), THINKING, CALL]
    assert [loss.reason for loss in encoded.losses] == ["reasoning of another provider"]


def test_a_message_of_foreign_reasoning_alone_is_left_out() -> None:
    sealed = {"type": "thinking", "thinking": "", "signature": seal(Proof("gemini", "x"))}
    encoded = CODEC.encode_request(CODEC.decode_request(body(user("Hi"), assistant(sealed), user("on"))), target())
    assert encoded.body["messages"] == [user("Hi"), user("on")]


def test_thinking_with_a_budget_pauses_in_a_tool_turn_that_another_provider_began() -> None:
    sealed = {"type": "thinking", "thinking": "hm", "signature": seal(Proof("openai", "gAAA"))}
    given = body(
        user("Hi"),
        assistant(sealed, CALL),
        user({"type": "tool_result", "tool_use_id": "toolu_01", "content": "rain"}),
        thinking={"type": "enabled", "budget_tokens": 1024},
        tools=[WEATHER],
    )
    encoded = CODEC.encode_request(CODEC.decode_request(given), target("claude-sonnet-4-5"))
    assert encoded.body["thinking"] == {"type": "disabled"}
    assert "thinking" in [loss.path for loss in encoded.losses]


@pytest.mark.parametrize(
    ("model", "kept"), [("claude-opus-4-8", False), ("glm-5", True)], ids=["Claude", "a compatible model"]
)
def test_unsigned_thinking_goes_only_to_models_that_sign_nothing(model: str, kept: bool) -> None:
    unsigned = {"type": "thinking", "thinking": "hm", "signature": ""}
    request = CODEC.decode_request(body(user("Hi"), assistant(unsigned, says("Hello")), user("on")))
    content = CODEC.encode_request(request, target(model, "api.z.ai")).body["messages"][1]["content"]
    assert content == ([unsigned, says("Hello")] if kept else [says("Hello")])


def test_a_search_of_another_provider_never_reaches_anthropic() -> None:
    foreign = copy.deepcopy(SEARCH)
    foreign[0]["id"] = foreign[1]["tool_use_id"] = FOREIGN_SEARCH + "1"
    foreign[1]["content"][0]["encrypted_content"] = ""
    foreign[2]["citations"][0]["encrypted_index"] = ""
    encoded = CODEC.encode_request(CODEC.decode_request(body(user("?"), assistant(*foreign), user("on"))), target())
    assert encoded.body["messages"][1] == assistant(says("It rains."))
    assert len(encoded.losses) == 3


def test_a_choice_is_the_clients_own_business() -> None:
    """A set of tools offers members under names that stand in no list."""
    choice = {"type": "tool", "name": "browser_click"}
    given = body(user("Hi"), tools=[{"type": "browser_toolset_20260801", "name": "browser"}], tool_choice=choice)
    assert CODEC.encode_request(CODEC.decode_request(given), target()).body["tool_choice"] == choice


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}},
        {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}},
    ],
    ids=["as Chat has it", "as Responses has it"],
)
def test_tools_in_openai_form_are_understood(tool: dict[str, Any]) -> None:
    """Gotcha 41: Cursor sends them to either path (router-for-me/CLIProxyAPI #735)."""
    encoded = CODEC.encode_request(CODEC.decode_request(body(user("Hi"), tools=[tool])), target())
    assert encoded.body["tools"] == [{"name": "f", "description": "d", "input_schema": {"type": "object"}}]


def test_text_of_documents_and_search_results_is_there_for_other_formats() -> None:
    blocks = CODEC.decode_request(REQUESTS["images and documents"]).messages[0].blocks
    texts = [block.text for block in blocks if isinstance(block, Media) and block.kind == "document"]
    assert texts == ["", "words", "", "", "one\n\ntwo", "only words", "found words"]


@pytest.mark.parametrize("name", [name for name in REQUESTS if name not in NOT_FROM_THE_SDK])
def test_the_sdk_accepts_what_is_sent(name: str) -> None:
    PARAMS.validate_python(CODEC.encode_request(CODEC.decode_request(REQUESTS[name]), target()).body)


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "messages missing": ({"model": "m"}, "messages"),
    "messages a string": ({"messages": "hi"}, "messages"),
    "message a number": (body(3), "messages[0]"),  # type: ignore[arg-type]
    "role unknown": (body({"role": "tool", "content": "x"}), "messages[0].role"),
    "content missing": (body({"role": "user"}), "messages[0].content"),
    "content a number": (body({"role": "user", "content": 3}), "messages[0].content"),
    "block a string": (body(user(says("a"), "b")), "messages[0].content[1]"),
    "block without a type": (body(user({"text": "a"})), "messages[0].content[0].type"),
    "text a number": (body(user({"type": "text", "text": 3})), "messages[0].content[0].text"),
    "cache control a string": (body(user(says("a", cache_control="x"))), "messages[0].content[0].cache_control"),
    "citations a string": (body(user(says("a", citations="x"))), "messages[0].content[0].citations"),
    "tool input a string": (body(assistant({**CALL, "input": "{}"})), "messages[0].content[0].input"),
    "tool name missing": (body(assistant({"type": "tool_use", "id": "x"})), "messages[0].content[0].name"),
    "call within a result": (
        body(user({"type": "tool_result", "tool_use_id": "x", "content": [CALL]})),
        "messages[0].content[0].content[0]",
    ),
    "is_error a word": (
        body(user({"type": "tool_result", "tool_use_id": "x", "is_error": "yes"})),
        "messages[0].content[0].is_error",
    ),
    "image without a source": (body(user({"type": "image"})), "messages[0].content[0].source"),
    "image data missing": (
        body(user({"type": "image", "source": {"type": "base64", "media_type": "image/png"}})),
        "messages[0].content[0].source.data",
    ),
    "system a number": (body(user("x"), system=3), "system"),
    "system with an image": (body(user("x"), system=[{"type": "image"}]), "system[0]"),
    "tools an object": (body(user("x"), tools={}), "tools"),
    "tool without a name": (body(user("x"), tools=[{"input_schema": {}}]), "tools[0].name"),
    "tool type a number": (body(user("x"), tools=[{"type": 3}]), "tools[0].type"),
    "schema a list": (body(user("x"), tools=[{"name": "a", "input_schema": []}]), "tools[0].input_schema"),
    "choice a string": (body(user("x"), tool_choice="auto"), "tool_choice"),
    "choice unknown": (body(user("x"), tool_choice={"type": "maybe"}), "tool_choice.type"),
    "choice without a name": (body(user("x"), tool_choice={"type": "tool"}), "tool_choice.name"),
    "thinking a word": (body(user("x"), thinking="on"), "thinking"),
    "budget missing": (body(user("x"), thinking={"type": "enabled"}), "thinking.budget_tokens"),
    "effort unknown": (body(user("x"), output_config={"effort": "huge"}), "output_config.effort"),
    "format unknown": (body(user("x"), output_config={"format": {"type": "xml"}}), "output_config.format.type"),
    "max_tokens a string": ({**body(user("x")), "max_tokens": "10"}, "max_tokens"),
    "max_tokens a fraction": ({**body(user("x")), "max_tokens": 1.5}, "max_tokens"),
    "temperature a string": (body(user("x"), temperature="hot"), "temperature"),
    "stop a string": (body(user("x"), stop_sequences="END"), "stop_sequences"),
    "stream a word": (body(user("x"), stream="yes"), "stream"),
    "metadata a string": (body(user("x"), metadata="me"), "metadata"),
    "user a number": (body(user("x"), metadata={"user_id": 3}), "metadata.user_id"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_wrong_type_is_an_error_that_names_the_field(name: str) -> None:
    given, param = BROKEN[name]
    with pytest.raises(WireError) as caught:
        CODEC.decode_request(given)
    assert (caught.value.param, caught.value.status) == (param, 400)
    assert param in caught.value.message


def test_arguments_are_the_json_text_of_the_input() -> None:
    call = CODEC.decode_request(body(user("x"), assistant(CALL), user("y"))).messages[1].blocks[0]
    assert isinstance(call, ToolCall)
    assert orjson.loads(call.arguments) == CALL["input"]


def test_a_string_and_its_block_mean_the_same() -> None:
    one, two = CODEC.decode_request(body(user("Hi"))), CODEC.decode_request(body(user(says("Hi"))))
    assert one.messages[0].blocks == two.messages[0].blocks == (Text("Hi"),)
    assert isinstance(one.messages[0], Message)
