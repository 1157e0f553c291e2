"""Conversations that other formats' clients had, said to a service of this format."""

import pytest

from router_core.errors import WireError
from router_core.wire.codec import Encoded, Target
from router_core.wire.model import (
    Block,
    Cache,
    Media,
    Message,
    Opaque,
    Proof,
    Request,
    ServerCall,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.openai_chat import CODEC
from router_core.wire.openai_chat.encode_message import INTERRUPTED
from tests.router_core.wire.openai_chat.bodies import (
    DEEPSEEK,
    GOOGLE,
    KIMI,
    MISTRAL,
    OPENAI,
    OPENROUTER,
    PNG,
    UNKNOWN,
    Json,
)
from tests.router_core.wire.openai_chat.sdk_types import check_request

HI = Message("user", (Text("Hi"),))


def said(*messages: Message, target: Target = OPENAI, system: tuple[Text, ...] = ()) -> Encoded:
    encoded = CODEC.encode_request(Request("m", tuple(messages), system), target)
    check_request(encoded.body)
    return encoded


def user(*blocks: Block) -> Message:
    return Message("user", blocks)


def assistant(*blocks: Block) -> Message:
    return Message("assistant", blocks)


def called(id: str, name: str = "f", arguments: str = "{}") -> Json:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def result(id: str, text: str) -> ToolResult:
    return ToolResult(id, (Text(text),))


def test_a_system_prompt_of_blocks_is_one_message_without_the_attribution_line() -> None:
    system = (Text("x-anthropic-billing-header: a"), Text("One."), Text("Two.", Cache()))
    encoded = said(HI, system=system)
    assert encoded.body["messages"][0] == {"role": "system", "content": "One.\n\nTwo."}
    assert [loss.path for loss in encoded.losses] == ["cache_control"]


def test_cache_breakpoints_reach_those_who_take_them() -> None:
    encoded = said(HI, target=OPENROUTER, system=(Text("One."), Text("Two.", Cache("1h"))))
    assert encoded.body["messages"][0]["content"] == [
        {"type": "text", "text": "One."},
        {"type": "text", "text": "Two.", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
    ]
    assert encoded.losses == ()


def test_results_come_right_after_their_calls_and_before_everything_else() -> None:
    encoded = said(
        HI,
        assistant(Text("Looking."), ToolCall("a", "f", "{}"), ToolCall("b", "f", "{}")),
        user(Text("By the way"), result("b", "B")),
        user(result("a", "A"), Text("Go on")),
    )
    assert encoded.body["messages"][1:] == [
        {"role": "assistant", "content": "Looking.", "tool_calls": [called("a"), called("b")]},
        {"role": "tool", "tool_call_id": "b", "content": "B"},
        {"role": "tool", "tool_call_id": "a", "content": "A"},
        {"role": "user", "content": "By the way"},
        {"role": "user", "content": "Go on"},
    ]
    assert encoded.losses == ()


def test_the_items_of_one_answer_become_one_message() -> None:
    """Responses has an item for each; calls in several messages would each want their results at once."""
    encoded = said(
        HI,
        assistant(Text("Looking.")),
        assistant(ToolCall("a", "f", "{}")),
        assistant(ToolCall("b", "f", "{}")),
        user(result("a", "A")),
        user(result("b", "B")),
    )
    assert [message["role"] for message in encoded.body["messages"]] == ["user", "assistant", "tool", "tool"]
    assert len(encoded.body["messages"][1]["tool_calls"]) == 2


def test_two_texts_in_a_row_stay_two_messages() -> None:
    encoded = said(HI, assistant(Text("One.")), assistant(Text("Two.")), HI)
    assert [message["content"] for message in encoded.body["messages"]] == ["Hi", "One.", "Two.", "Hi"]


def test_a_call_without_a_result_gets_one() -> None:
    """ "An assistant message with 'tool_calls' must be followed by tool messages" """
    encoded = said(HI, assistant(ToolCall("a", "f", "{}"), ToolCall("b", "f", "{}")), user(result("a", "A")))
    assert encoded.body["messages"][-1] == {"role": "tool", "tool_call_id": "b", "content": INTERRUPTED}
    assert [loss.reason for loss in encoded.losses] == ["call b has no result: the model is told it was interrupted"]


def test_a_result_without_a_call_is_left_out() -> None:
    encoded = said(HI, user(result("gone", "A"), Text("Go on")))
    assert encoded.body["messages"] == [{"role": "user", "content": "Hi"}, {"role": "user", "content": "Go on"}]
    assert [loss.path for loss in encoded.losses] == ["messages[1].blocks[0]"]


def test_images_in_results_follow_as_a_message_of_the_user() -> None:
    image = Media("image", "image/png", data=PNG)
    encoded = said(
        HI,
        assistant(ToolCall("a", "f", "{}"), ToolCall("b", "f", "{}")),
        user(ToolResult("a", (Text("see"), image)), result("b", "B"), Text("What is it?")),
    )
    shown = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    assert encoded.body["messages"][2:] == [
        {"role": "tool", "tool_call_id": "a", "content": "see\n[image]"},
        {"role": "tool", "tool_call_id": "b", "content": "B"},
        {"role": "user", "content": [shown]},
        {"role": "user", "content": "What is it?"},
    ]
    assert encoded.losses == ()


@pytest.mark.parametrize(("text", "expected"), [("boom", "Error: boom"), ("Error: boom", "Error: boom")])
def test_a_failed_tool_says_so_in_words(text: str, expected: str) -> None:
    failed = ToolResult("a", (Text(text),), is_error=True)
    assert said(HI, assistant(ToolCall("a", "f", "{}")), user(failed)).body["messages"][-1]["content"] == expected


def test_an_empty_result_is_an_empty_string() -> None:
    encoded = said(HI, assistant(ToolCall("a", "f")), user(ToolResult("a")))
    assert encoded.body["messages"][-1]["content"] == ""
    assert encoded.body["messages"][1]["tool_calls"][0]["function"]["arguments"] == "{}"


@pytest.mark.parametrize(
    ("id", "kept"), [("call_abc", True), ("toolu_01", True), ("functions.f:0", True), ("x" * 65, False)]
)
def test_ids_are_kept_where_they_fit(id: str, kept: bool) -> None:
    messages = said(HI, assistant(ToolCall(id, "f", "{}")), user(result(id, "A"))).body["messages"]
    sent = messages[1]["tool_calls"][0]["id"]
    assert messages[2]["tool_call_id"] == sent
    assert (sent == id) is kept
    assert len(sent) <= 64


@pytest.mark.parametrize("id", ["toolu_01ABCDEFGHIJ", "call_1", "abcdefgh-"])
def test_mistral_gets_ids_of_nine_letters_and_digits(id: str) -> None:
    """Gotcha 42; the same id gets the same replacement in every request."""
    history = (HI, assistant(ToolCall(id, "f", "{}")), user(result(id, "A")))
    first, second = (said(*history, target=MISTRAL).body["messages"] for _ in range(2))
    sent = first[1]["tool_calls"][0]["id"]
    assert first == second
    assert len(sent) == 9
    assert sent.isalnum()
    assert first[2]["tool_call_id"] == sent


def test_mistrals_own_ids_return_as_they_were() -> None:
    messages = said(HI, assistant(ToolCall("aB3dE6gH9", "f")), user(result("aB3dE6gH9", "A")), target=MISTRAL)
    assert messages.body["messages"][1]["tool_calls"][0]["id"] == "aB3dE6gH9"


def test_thinking_of_others_is_left_out_where_nobody_can_read_it() -> None:
    thinking = Thinking("hm", Proof("anthropic", "sig"))
    encoded = said(HI, assistant(thinking, Text("Hello")), HI)
    assert encoded.body["messages"][1] == {"role": "assistant", "content": "Hello"}
    assert [(loss.path, loss.reason) for loss in encoded.losses] == [
        ("messages[1].thinking", "reasoning of another provider")
    ]


def test_deepseek_gets_its_reasoning_back() -> None:
    """Gotcha 34: V4 refuses a turn without its reasoning; an empty one will do for what others have said."""
    encoded = said(
        HI,
        assistant(Thinking("hm"), ToolCall("a", "f", "{}")),
        user(result("a", "A")),
        assistant(ToolCall("b", "f", "{}")),
        user(result("b", "B")),
        assistant(Text("Done")),
        HI,
        target=DEEPSEEK,
    )
    assistants = [message for message in encoded.body["messages"] if message["role"] == "assistant"]
    assert [message.get("reasoning_content") for message in assistants] == ["hm", "", ""]
    assert encoded.losses == ()


def test_kimi_gets_a_space_for_calls_that_others_have_made() -> None:
    """It takes an empty text for a missing one, and a missing one for an error."""
    history = (HI, assistant(ToolCall("a", "f", "{}")), user(result("a", "A")), assistant(Text("Done")), HI)
    messages = said(*history, target=KIMI).body["messages"]
    assert [message.get("reasoning_content") for message in messages if message["role"] == "assistant"] == [" ", None]


def test_openrouters_details_return_unmodified_and_nobody_elses_proof_does() -> None:
    details = [{"type": "reasoning.encrypted", "data": "x", "id": "rs", "index": 0}]
    theirs = Thinking("hm", Proof("other", "x", {"reasoning_details": details}))
    foreign = Thinking("no", Proof("openai", "gAAA"))
    encoded = said(HI, assistant(theirs, foreign, Text("Hello")), HI, target=OPENROUTER)
    assert encoded.body["messages"][1]["reasoning_details"] == details
    assert "gAAA" not in str(encoded.body)
    assert [loss.reason for loss in encoded.losses] == ["proof of another provider"]


def test_googles_signature_returns_to_google_only() -> None:
    history = (HI, assistant(ToolCall("a", "f", "{}", proof=Proof("gemini", "c2ln"))), user(result("a", "A")))
    encoded = said(*history, target=GOOGLE)
    entry = encoded.body["messages"][1]["tool_calls"][0]
    assert entry["extra_content"] == {"google": {"thought_signature": "c2ln"}}
    elsewhere = said(*history, target=OPENAI)
    assert "c2ln" not in str(elsewhere.body)
    assert [loss.path for loss in elsewhere.losses] == ["messages.tool_calls"]


@pytest.mark.parametrize(
    ("media", "part"),
    [
        (
            Media("image", "image/png", data=PNG, detail="high"),
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "high"}},
        ),
        (
            Media("image", url="https://e.com/a.png"),
            {"type": "image_url", "image_url": {"url": "https://e.com/a.png"}},
        ),
        (
            Media("document", "application/pdf", data="JVBERi0=", name="a.pdf"),
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
        ),
        (Media("document", "text/plain", text="words", name="a.txt"), {"type": "text", "text": "a.txt\n\nwords"}),
        (Media("document", "text/plain", data="d29yZHM="), {"type": "text", "text": "words"}),
        (
            Media("audio", "audio/mpeg", data="SUQz"),
            {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}},
        ),
        (Media("document", file_id="file-1"), {"type": "file", "file": {"file_id": "file-1"}}),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_media_are_sent_as_parts(media: Media, part: Json) -> None:
    assert said(user(Text("See"), media)).body["messages"][0]["content"] == [{"type": "text", "text": "See"}, part]


IMPOSSIBLE: dict[str, tuple[Target, Media]] = {
    "video": (OPENAI, Media("video", "video/mp4", data="AA==")),
    "a file at Anthropic": (OPENAI, Media("document", file_id="file_011CN")),
    "an image at Anthropic": (OPENAI, Media("image", file_id="file_011CN")),
    "a PDF by address": (OPENAI, Media("document", url="https://e.com/a.pdf")),
    "a PDF for a service without files": (DEEPSEEK, Media("document", "application/pdf", data="JVBERi0=")),
    "an image for a model without eyes": (DEEPSEEK, Media("image", "image/png", data=PNG)),
    "audio for an unknown service": (UNKNOWN, Media("audio", "audio/wav", data="UklG")),
    "audio of a format that OpenAI does not take": (OPENAI, Media("audio", "audio/ogg", data="T2dn")),
}


@pytest.mark.parametrize(("target", "media"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_media_that_cannot_be_sent_are_named_beside_text_and_refused_alone(target: Target, media: Media) -> None:
    encoded = said(user(Text("See"), media), target=target)
    assert encoded.body["messages"][0]["content"][1]["text"] == f"[{media.kind}]"
    assert [loss.path for loss in encoded.losses] == ["messages[0].blocks[1]"]
    with pytest.raises(WireError) as caught:
        said(user(media), target=target)
    assert (caught.value.status, caught.value.param) == (400, "messages[0].blocks[0]")


def test_instructions_between_turns_keep_their_place_or_become_reminders() -> None:
    messages = (HI, assistant(Text("Hello")), Message("developer", (Text("Be brief."),)), HI)
    assert [m["role"] for m in said(*messages).body["messages"]] == ["user", "assistant", "developer", "user"]
    assert [m["role"] for m in said(*messages, target=DEEPSEEK).body["messages"]][2] == "system"
    assert said(*messages, target=UNKNOWN).body["messages"][2] == {
        "role": "user",
        "content": "<system-reminder>\nBe brief.\n</system-reminder>",
    }


def test_an_unknown_service_gets_one_system_message_at_the_beginning() -> None:
    leading = (Message("system", (Text("One."),)), Message("developer", (Text("Two."),)), HI)
    encoded = said(*leading, target=UNKNOWN, system=(Text("Zero."),))
    assert encoded.body["messages"][0] == {"role": "system", "content": "Zero.\n\nOne.\n\nTwo."}


def test_what_the_providers_own_tools_did_is_a_loss() -> None:
    encoded = said(HI, assistant(ServerCall("s", "web_search", "q"), Text("Found."), Opaque("anthropic", {})), HI)
    assert encoded.body["messages"][1] == {"role": "assistant", "content": "Found."}
    assert [loss.path for loss in encoded.losses] == ["messages[1].blocks[0]", "messages[1].blocks[2]"]


def test_texts_around_a_call_stay_apart() -> None:
    encoded = said(HI, assistant(Text("One."), ToolCall("a", "f", "{}"), Text("Two.")), user(result("a", "A")))
    assert encoded.body["messages"][1]["content"] == "One.\n\nTwo."


def test_a_request_without_messages_is_refused() -> None:
    with pytest.raises(WireError):
        CODEC.encode_request(Request("m", ()), OPENAI)


def test_a_thought_that_nobody_can_read_leaves_no_empty_message() -> None:
    encoded = said(HI, assistant(Thinking("hm", Proof("anthropic", "sig"))), HI)
    assert [message["role"] for message in encoded.body["messages"]] == ["user", "user"]


def test_a_failed_tool_without_words_says_so() -> None:
    failed = ToolResult("a", (), is_error=True)
    assert said(HI, assistant(ToolCall("a", "f")), user(failed)).body["messages"][-1]["content"] == "Error: it failed"


def test_the_name_of_a_tool_returns_where_the_client_said_it() -> None:
    written = {
        "model": "m",
        "messages": [
            {"role": "assistant", "content": None, "tool_calls": [called("a")]},
            {"role": "tool", "tool_call_id": "a", "name": "f", "content": "x"},
        ],
    }
    assert CODEC.encode_request(CODEC.decode_request(written), UNKNOWN).body["messages"] == written["messages"]


def test_arguments_that_were_cut_off_are_not_repaired() -> None:
    """Gotcha 37: a call cut by the limit must not run as another call."""
    encoded = said(HI, assistant(ToolCall("a", "f", '{"command": "rm -r')), user(result("a", "x")))
    assert encoded.body["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"command": "rm -r'
