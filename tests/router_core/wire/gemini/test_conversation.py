"""Conversations of other formats' clients, as Gemini wants them: paired, merged, signed, never empty."""

import json
from typing import Any

import pytest

from router_core.errors import WireError
from router_core.wire.gemini import CODEC
from router_core.wire.gemini.conversation import INTERRUPTED
from router_core.wire.gemini.generation import DUMMY_SIGNATURE
from router_core.wire.model import (
    Cache,
    Citation,
    Media,
    Message,
    Opaque,
    Proof,
    Refusal,
    ServerCall,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.proof import seal
from tests.router_core.wire.gemini.samples import (
    NEW,
    OLD,
    SIGNATURE,
    USER,
    ask,
    contents,
    encode,
    model,
    target,
    user,
)

CALL = ToolCall("toolu_1", "read", '{"path":"a"}')
SECOND = ToolCall("toolu_2", "read", "{}")
RESULT = ToolResult("toolu_1", (Text("found"),))
MINE = Proof("gemini", SIGNATURE)


def parts(*messages: Message, name: str = NEW, turn: int = 1) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = contents(encode(ask(*messages), name))[turn]["parts"]
    return found


def answered(*blocks: Any, name: str = NEW) -> list[dict[str, Any]]:
    """The parts of a model turn whose one call got its result."""
    return parts(USER, model(*blocks), user(RESULT), name=name)


def test_a_call_of_another_provider_gets_googles_dummy_signature() -> None:
    """CLIProxyAPI #2360: Gemini 3 answers 400 when a function call has lost its thoughtSignature."""
    (part,) = answered(CALL)
    assert part["thoughtSignature"] == DUMMY_SIGNATURE
    assert part["functionCall"] == {"name": "read", "args": {"path": "a"}, "id": "toolu_1"}


def test_only_the_first_of_parallel_calls_is_signed() -> None:
    found = parts(USER, model(CALL, SECOND), user(RESULT, ToolResult("toolu_2")))
    assert ["thoughtSignature" in part for part in found] == [True, False]


def test_a_step_keeps_its_dummy_when_its_turn_is_over() -> None:
    """Else the cached prefix would change with the next question."""
    before = (USER, model(CALL), user(RESULT))
    first = contents(encode(ask(*before)))
    later = contents(encode(ask(*before, model(Text("so")), USER)))
    assert later[: len(first)] == first


def test_models_before_gemini_3_get_neither_ids_nor_dummies() -> None:
    (part,) = answered(CALL, name=OLD)
    assert part == {"functionCall": {"name": "read", "args": {"path": "a"}}}


@pytest.mark.parametrize(
    ("blocks", "signatures"),
    [
        pytest.param((Thinking("", MINE), CALL), [SIGNATURE], id="an empty thinking block before the call carries it"),
        pytest.param((Thinking("why", MINE), CALL), [None, SIGNATURE], id="it was put on the thinking itself"),
        pytest.param((Thinking("", MINE), Text("I look."), CALL), [SIGNATURE, DUMMY_SIGNATURE], id="it was the text's"),
        pytest.param((Text("I look."), Thinking("", MINE), CALL), [None, SIGNATURE], id="between text and call"),
        pytest.param(
            (Thinking("", Proof("gemini", "QQ==")), Thinking("", MINE), CALL), ["QQ==", SIGNATURE], id="two of them"
        ),
        pytest.param((CALL, Thinking("", MINE)), [DUMMY_SIGNATURE, SIGNATURE], id="one at the end"),
        pytest.param((ToolCall("toolu_1", "read", proof=MINE),), [SIGNATURE], id="on the call"),
        pytest.param((Thinking("x", Proof("anthropic", "s")), CALL), [DUMMY_SIGNATURE], id="another provider's"),
        pytest.param((ToolCall("toolu_1", "read", proof=Proof("openai", "s")),), [DUMMY_SIGNATURE], id="foreign"),
    ],
)
def test_a_signature_returns_to_where_it_belongs(blocks: tuple[Any, ...], signatures: list[str | None]) -> None:
    assert [part.get("thoughtSignature") for part in answered(*blocks)] == signatures


def test_reasoning_of_another_provider_never_goes_to_gemini() -> None:
    encoded = encode(ask(USER, model(Thinking("secret plan", Proof("anthropic", "sig")), Text("hi")), USER))
    assert "secret plan" not in json.dumps(encoded.body)
    assert [loss.reason for loss in encoded.losses] == ["reasoning of another provider"]


def test_a_sealed_proof_that_a_gemini_client_carried_is_not_sent_to_gemini() -> None:
    part = {"text": "plan", "thought": True, "thoughtSignature": seal(Proof("anthropic", "sig"))}
    turn = {"role": "model", "parts": [part, {"text": "hi"}]}
    request = CODEC.decode_request({"contents": [{"parts": [{"text": "a"}]}, turn, {"parts": [{"text": "b"}]}]})
    assert contents(encode(request))[1]["parts"] == [{"text": "hi"}]
    block = request.messages[1].blocks[0]
    assert isinstance(block, Thinking)
    assert block.proof == Proof("anthropic", "sig")


def test_each_call_gets_a_result_in_the_order_of_the_calls() -> None:
    results = (ToolResult("toolu_2", (Text("two"),)), RESULT, Text("go on"))
    found = parts(USER, model(CALL, SECOND), user(*results), turn=2)
    assert [part["functionResponse"]["response"] for part in found[:2]] == [{"output": "found"}, {"output": "two"}]
    assert found[2] == {"text": "go on"}
    assert [part["functionResponse"]["id"] for part in found[:2]] == ["toolu_1", "toolu_2"]


def test_a_missing_result_is_told_as_interrupted() -> None:
    encoded = encode(ask(USER, model(CALL, SECOND), user(RESULT)))
    assert contents(encoded)[2]["parts"][1]["functionResponse"]["response"] == {"error": INTERRUPTED}
    assert [loss.reason for loss in encoded.losses] == ["call toolu_2 has no result: told as interrupted"]
    assert contents(encode(ask(USER, model(CALL))))[2]["parts"][0]["functionResponse"]["name"] == "read"


def test_a_result_without_its_call_is_left_out() -> None:
    encoded = encode(ask(user(Text("hi"), ToolResult("gone", (Text("x"),)))))
    assert contents(encoded) == [{"role": "user", "parts": [{"text": "hi"}]}]
    assert "which no call before it asked for" in encoded.losses[0].reason


def test_results_in_messages_of_their_own_come_into_one_turn() -> None:
    """Chat has one message per result."""
    results = (user(RESULT), user(ToolResult("toolu_2", (Text("two"),))))
    found = contents(encode(ask(USER, model(CALL), model(SECOND), *results, user(Text("next")))))
    assert [len(content["parts"]) for content in found] == [1, 2, 2, 1]


@pytest.mark.parametrize(
    ("result", "response"),
    [
        (ToolResult("toolu_1"), {"output": ""}),
        (ToolResult("toolu_1", (Text("a"), Text("b"))), {"output": "a\nb"}),
        (ToolResult("toolu_1", (Text("bad"),), is_error=True), {"error": "bad"}),
        (ToolResult("toolu_1", (Text('{"a": [1]}'),)), {"a": [1]}),
        (ToolResult("toolu_1", (Text("[1]"),)), {"output": "[1]"}),
        (ToolResult("toolu_1", (Text('{"a": 1'),)), {"output": '{"a": 1'}),
        (ToolResult("toolu_1", (Text('{"id": 12345678901234567890}'),)), {"output": '{"id": 12345678901234567890}'}),
    ],
)
def test_a_result_is_wrapped_in_an_object(result: ToolResult, response: dict[str, Any]) -> None:
    (part,) = parts(USER, model(CALL), user(result), turn=2)
    assert part["functionResponse"]["response"] == response


def test_an_image_in_a_result() -> None:
    image = Media("image", "image/png", data="aGk=")
    turns = (USER, model(CALL), user(ToolResult("toolu_1", (Text("see"), image))))
    inline = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    (part,) = parts(*turns, turn=2)
    assert part["functionResponse"]["parts"] == [inline]
    old = parts(*turns, name=OLD, turn=2)
    assert old[1] == inline
    assert "parts" not in old[0]["functionResponse"]


def test_arguments_that_are_no_object_travel_as_text() -> None:
    """CLIProxyAPI #4675: a call that was cut off must not become an empty one."""
    encoded = encode(ask(USER, model(ToolCall("toolu_1", "read", '{"path": "a')), user(RESULT)))
    assert contents(encoded)[1]["parts"][0]["functionCall"]["args"] == {"input": '{"path": "a'}
    assert encoded.losses[0].path == "messages[1].blocks[0].arguments"


def test_instructions_between_turns_are_said_in_the_next_user_text() -> None:
    late = Message("system", (Text("be brief"),))
    found = contents(encode(ask(USER, model(Text("hi")), late, user(Text("go")))))
    assert found[2]["parts"] == [{"text": "<system-reminder>\nbe brief\n</system-reminder>"}, {"text": "go"}]


def test_leading_instructions_of_chat_become_the_system_instruction() -> None:
    encoded = encode(ask(Message("developer", (Text("be kind"),)), USER, system=(Text("one"),)))
    assert encoded.body["systemInstruction"] == {"parts": [{"text": "one"}, {"text": "be kind"}]}


def test_instructions_alone_are_asked_as_a_question() -> None:
    encoded = encode(ask(Message("system", (Text("tell a joke"),))))
    assert encoded.body == {"contents": [{"role": "user", "parts": [{"text": "tell a joke"}]}]}


def test_nothing_to_answer_is_refused() -> None:
    with pytest.raises(WireError, match="nothing to answer"):
        CODEC.encode_request(ask(user(Text(""))), target())


def test_a_history_that_begins_with_a_call() -> None:
    found = contents(encode(ask(model(CALL), user(RESULT))))
    assert [content["role"] for content in found] == ["user", "model", "user"]


def test_empty_parts_are_left_out() -> None:
    found = contents(encode(ask(user(Text(""), Text("a")), model(Text("")), user(Text("b")))))
    assert found == [{"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}]


def test_what_has_no_place_is_a_loss_not_an_error() -> None:
    said = model(
        Refusal("no"), ServerCall("s", "web_search", "q"), Opaque("anthropic", {"type": "mcp_tool_use"}),
        Text("x", citations=(Citation("u"),)),
    )  # fmt: skip
    encoded = encode(ask(USER, said, user(Text("y", cache=Cache()))))
    assert contents(encoded)[1]["parts"] == [{"text": "no"}, {"text": "x"}]
    assert [loss.path for loss in encoded.losses] == [
        "messages[1].blocks[1]", "messages[1].blocks[2]", "messages[1].blocks[3]", "cache_control",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("media", "part", "losses"),
    [
        (Media("image", "image/png", data="aGk="), {"inlineData": {"mimeType": "image/png", "data": "aGk="}}, 0),
        (Media("document", "application/pdf", data="aGk=", name="a.pdf"),
         {"inlineData": {"mimeType": "application/pdf", "data": "aGk="}}, 1),
        (Media("document", "text/plain", text="words"),
         {"inlineData": {"mimeType": "text/plain", "data": "d29yZHM="}}, 0),
        (Media("image", url="https://example.com/a.webp?x=1"),
         {"fileData": {"fileUri": "https://example.com/a.webp?x=1", "mimeType": "image/webp"}}, 0),
        (Media("image", url="https://example.com/a"),
         {"fileData": {"fileUri": "https://example.com/a", "mimeType": "image/jpeg"}}, 1),
        (Media("image", file_id="https://generativelanguage.googleapis.com/v1beta/files/x"),
         {"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/x"}}, 0),
        (Media("image", "image/gif", data="aGk="), {"text": "[image: image/gif, which could not be sent]"}, 1),
        (Media("audio", "audio/wav", data="aGk="), {"inlineData": {"mimeType": "audio/wav", "data": "aGk="}}, 0),
    ],
)  # fmt: skip
def test_media(media: Media, part: dict[str, Any], losses: int) -> None:
    encoded = encode(ask(user(Text("see"), media)))
    assert contents(encoded)[0]["parts"][1] == part
    assert len(encoded.losses) == losses


@pytest.mark.parametrize("media", [Media("image", "image/gif", data="aGk="), Media("document", file_id="file-123")])
def test_media_that_cannot_be_sent_and_is_all_there_is_is_refused(media: Media) -> None:
    with pytest.raises(WireError) as refused:
        CODEC.encode_request(ask(user(media)), target())
    assert (refused.value.status, refused.value.param) == (400, "messages[0].blocks[0]")
