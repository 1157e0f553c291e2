"""Conversations of other formats in the order that Anthropic demands."""

from typing import Any

import pytest
from msgspec.structs import replace

from router_core.simulator.anthropic_rules import problem_in_message_request
from router_core.simulator.anthropic_signatures import mint_redacted, mint_signature
from router_core.wire.anthropic.conversation import BEGIN, GO_ON, INTERRUPTED
from router_core.wire.codec import Encoded
from router_core.wire.model import (
    Block,
    Citation,
    FunctionTool,
    Media,
    Message,
    Opaque,
    Proof,
    Refusal,
    Request,
    SearchHit,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from tests.router_core.wire.anthropic.samples import CODEC, PNG, target


def user(*blocks: Block) -> Message:
    return Message("user", blocks)


def assistant(*blocks: Block) -> Message:
    return Message("assistant", blocks)


HI, HELLO = user(Text("Hi")), assistant(Text("Hello"))
IMAGE = Media("image", "image/png", data=PNG)


def call(id: str) -> ToolCall:
    return ToolCall(id, "look", '{"at":"here"}')


def result(id: str, text: str = "seen") -> ToolResult:
    return ToolResult(id, (Text(text),))


def encoded(*messages: Message, model: str = "claude-opus-4-8") -> Encoded:
    out = CODEC.encode_request(Request("m", messages, tools=(FunctionTool("look"),)), target(model))
    assert problem_in_message_request(out.body, []) is None
    return out


def told(out: Encoded) -> list[tuple[str, list[str]]]:
    """Each turn in short."""
    return [(message["role"], [_short(block) for block in message["content"]]) for message in out.body["messages"]]


def _short(block: dict[str, Any]) -> str:
    match block["type"]:
        case "text":
            return str(block["text"])
        case "tool_use":
            return f"call {block['id']}"
        case "tool_result":
            content = "".join(_short(part) for part in block.get("content", []))
            return f"result {block['tool_use_id']} {content}"
        case "thinking":
            return f"thinks {block['thinking']}"
        case kind:
            return str(kind)


ORDERS: dict[str, tuple[tuple[Message, ...], list[tuple[str, list[str]]]]] = {
    "neighbours are merged": (
        (HI, user(Text("you")), assistant(Text("a")), assistant(Text("b")), user(Text("c"))),
        [("user", ["Hi", "you"]), ("assistant", ["a", "b"]), ("user", ["c"])],
    ),
    "results go first": (
        (HI, assistant(call("1")), user(Text("also"), result("1"))),
        [("user", ["Hi"]), ("assistant", ["call 1"]), ("user", ["result 1 seen", "also"])],
    ),
    "results come in the order of the calls": (
        (HI, assistant(call("1"), call("2")), user(result("2", "b")), user(result("1", "a"))),
        [("user", ["Hi"]), ("assistant", ["call 1", "call 2"]), ("user", ["result 1 a", "result 2 b"])],
    ),
    "a late result goes to its call": (
        (HI, assistant(call("1"), call("2")), user(result("1")), assistant(Text("hm")), user(result("2"))),
        [
            ("user", ["Hi"]),
            ("assistant", ["call 1", "call 2"]),
            ("user", ["result 1 seen", "result 2 seen"]),
            ("assistant", ["hm"]),
            ("user", [GO_ON]),
        ],
    ),
    "instructions between call and result": (
        (HI, assistant(call("1")), Message("developer", (Text("be quick"),)), user(result("1"))),
        [
            ("user", ["Hi"]),
            ("assistant", ["call 1"]),
            ("user", ["result 1 seen", "<system-reminder>\nbe quick\n</system-reminder>"]),
        ],
    ),
    "calls one after the other": (
        (HI, assistant(call("1")), user(result("1")), assistant(call("2")), user(result("2"))),
        [
            ("user", ["Hi"]),
            ("assistant", ["call 1"]),
            ("user", ["result 1 seen"]),
            ("assistant", ["call 2"]),
            ("user", ["result 2 seen"]),
        ],
    ),
    "a result that is missing": (
        (HI, assistant(call("1"), call("2")), user(result("2"), Text("stop"))),
        [
            ("user", ["Hi"]),
            ("assistant", ["call 1", "call 2"]),
            ("user", [f"result 1 {INTERRUPTED}", "result 2 seen", "stop"]),
        ],
    ),
    "the last call without a result": (
        (HI, assistant(call("1"))),
        [("user", ["Hi"]), ("assistant", ["call 1"]), ("user", [f"result 1 {INTERRUPTED}"])],
    ),
    "a result without its call": ((HI, user(result("9")), user(Text("x"))), [("user", ["Hi", "x"])]),
    "two results of one call": (
        (HI, assistant(call("1")), user(result("1", "a"), result("1", "b"))),
        [("user", ["Hi"]), ("assistant", ["call 1"]), ("user", ["result 1 a"])],
    ),
    "the assistant begins": ((HELLO, HI), [("user", [BEGIN]), ("assistant", ["Hello"]), ("user", ["Hi"])]),
    "the assistant ends": ((HI, HELLO), [("user", ["Hi"]), ("assistant", ["Hello"]), ("user", [GO_ON])]),
    "nobody says anything": ((), [("user", [GO_ON])]),
    "blank texts are no texts": (
        (HI, assistant(Text(""), Text("Hello")), user(Text(" \n"), Text("x"))),
        [("user", ["Hi"]), ("assistant", ["Hello"]), ("user", ["x"])],
    ),
    "a refusal is what it said": (
        (HI, assistant(Refusal("I will not.")), user(Text("ok"))),
        [("user", ["Hi"]), ("assistant", ["I will not."]), ("user", ["ok"])],
    ),
}


@pytest.mark.parametrize("name", ORDERS)
def test_turns(name: str) -> None:
    messages, wanted = ORDERS[name]
    assert told(encoded(*messages)) == wanted


@pytest.mark.parametrize(
    ("name", "losses"),
    [
        ("results go first", 0),
        ("a result that is missing", 1),
        ("the last call without a result", 1),
        ("a result without its call", 1),
        ("two results of one call", 1),
        ("the assistant begins", 1),
        ("the assistant ends", 1),
    ],
)
def test_what_was_made_up_or_left_out_is_recorded(name: str, losses: int) -> None:
    assert len(encoded(*ORDERS[name][0]).losses) == losses


def test_ids_that_repeat_are_made_unique_with_their_results() -> None:
    """Gemini's calls have no ids, so a client's may be the name and a number that begins anew in each turn."""
    out = encoded(
        HI,
        assistant(call("look-1")),
        user(result("look-1", "a")),
        assistant(call("look-1")),
        user(result("look-1", "b")),
    )
    turns = out.body["messages"]
    ids = [turns[1]["content"][0]["id"], turns[3]["content"][0]["id"]]
    assert ids[0] == "look-1" != ids[1]
    assert [turns[2]["content"][0]["tool_use_id"], turns[4]["content"][0]["tool_use_id"]] == ids
    assert [_short(turns[i]["content"][0]).split()[-1] for i in (2, 4)] == ["a", "b"]


@pytest.mark.parametrize("id", ["call:1", "", "ü", "x" * 200], ids=["a colon", "empty", "not ASCII", "too long"])
def test_ids_that_anthropic_refuses_are_replaced_the_same_way_each_time(id: str) -> None:
    one, two = (encoded(HI, assistant(call(id)), user(result(id))).body["messages"] for _ in range(2))
    assert one == two
    assert one[1]["content"][0]["id"] == one[2]["content"][0]["tool_use_id"] != id


@pytest.mark.parametrize("arguments", ['{"a": ', "[1]", "nonsense", '"x"'])
def test_arguments_that_are_no_object_are_never_repaired(arguments: str) -> None:
    """Gotcha 37: a cut call ran as an empty one (router-for-me/CLIProxyAPI #4675)."""
    out = encoded(HI, assistant(ToolCall("c", "look", arguments)), user(result("c")))
    assert out.body["messages"][1]["content"][0]["input"] == {"unparsed_arguments": arguments}
    assert [loss.path for loss in out.losses] == ["messages[1].blocks[0].arguments"]


def test_no_arguments_are_the_empty_object() -> None:
    out = encoded(HI, assistant(ToolCall("c", "look", "")), user(result("c")))
    assert out.body["messages"][1]["content"][0]["input"] == {}
    assert out.losses == ()


def test_images_in_results_stay_there() -> None:
    out = encoded(HI, assistant(call("1")), user(ToolResult("1", (Text("see"), IMAGE))))
    assert [part["type"] for part in out.body["messages"][2]["content"][0]["content"]] == ["text", "image"]


def test_a_failed_result_is_marked() -> None:
    out = encoded(HI, assistant(call("1")), user(replace(result("1"), is_error=True)))
    assert out.body["messages"][2]["content"][0]["is_error"] is True


def test_a_failed_result_with_an_image_says_so_in_words() -> None:
    out = encoded(HI, assistant(call("1")), user(ToolResult("1", (IMAGE,), is_error=True)))
    sent = out.body["messages"][2]["content"][0]
    assert "is_error" not in sent
    assert [part.get("text", part["type"]) for part in sent["content"]] == ["Error:", "image"]
    assert len(out.losses) == 1


def test_what_a_result_cannot_hold_leaves_a_note() -> None:
    out = encoded(HI, assistant(call("1")), user(ToolResult("1", (Media("audio", "audio/wav", data="AA=="),))))
    assert "audio left out" in out.body["messages"][2]["content"][0]["content"][0]["text"]
    assert len(out.losses) == 1


def test_an_image_of_the_assistants_leaves_a_note() -> None:
    out = encoded(HI, assistant(IMAGE, Text("there")), user(Text("thanks")))
    assert told(out)[1] == ("assistant", ["[image left out: it cannot be read here]", "there"])
    assert len(out.losses) == 1


# -------------------------------------------------------------------------------------------------------- thinking
def signed(text: str) -> Thinking:
    block = {"type": "thinking", "thinking": text, "signature": mint_signature(text)}
    return Thinking(text, Proof("anthropic", mint_signature(text), block))


def test_thinking_of_claude_comes_back_byte_for_byte_through_another_format() -> None:
    edited = replace(signed("I look."), text="a summary that somebody edited")
    data = mint_redacted("secret")
    hidden = Thinking("", Proof("anthropic", data, {"type": "redacted_thinking", "data": data}))
    out = encoded(HI, assistant(edited, hidden, call("1")), user(result("1")))
    assert told(out)[1] == ("assistant", ["thinks I look.", "redacted_thinking", "call 1"])
    assert out.losses == ()


FOREIGN: dict[str, Thinking] = {
    "encrypted by OpenAI": Thinking("hm", Proof("openai", "gAAA")),
    "signed by Gemini": Thinking("", Proof("gemini", "CiQ")),
    "damaged": Thinking("hm", Proof("other", "x")),
    "unsigned": Thinking("hm"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_thinking_is_left_out_and_the_call_stays(name: str) -> None:
    """Gotcha 31: Invalid `signature` in `thinking` block (tombii/better-ccflare #52 and fourteen others)."""
    out = encoded(HI, assistant(FOREIGN[name], Text("I look."), call("1")), user(result("1")))
    assert told(out)[1] == ("assistant", ["I look.", "call 1"])
    assert [loss.path for loss in out.losses] == ["messages[1].blocks[0]"]


def test_thinking_that_leads_to_nothing_is_left_out() -> None:
    out = encoded(HI, assistant(Text("a"), signed("b")), user(Text("c")))
    assert told(out)[1] == ("assistant", ["a"])
    assert len(out.losses) == 1


def test_thinking_between_calls_keeps_its_place() -> None:
    out = encoded(HI, assistant(signed("one"), call("1"), signed("two"), call("2")), user(result("1"), result("2")))
    assert told(out)[1] == ("assistant", ["thinks one", "call 1", "thinks two", "call 2"])


# ------------------------------------------------------------------------------------------------------ the others
def test_a_search_of_another_provider_is_left_out_and_its_answer_stays() -> None:
    cited = Text("It rains.", citations=(Citation("https://example.com", "t", "rain", 0, 4),))
    search = (
        ServerCall("ws_1", "web_search", "weather"),
        ServerResult("ws_1", "web_search", (SearchHit("https://e.com"),)),
    )
    out = encoded(HI, assistant(*search, cited), user(Text("thanks")))
    assert told(out)[1] == ("assistant", ["It rains."])
    assert [loss.path.partition("]")[2] for loss in out.losses] == [".blocks[0]", ".blocks[1]", ".blocks[2].citations"]


def test_a_block_of_another_format_is_a_loss() -> None:
    out = encoded(user(Text("x"), Opaque("gemini", {"type": "executableCode"})))
    assert told(out) == [("user", ["x"])]
    assert "gemini only" in out.losses[0].reason


def test_leading_system_messages_become_the_system_prompt() -> None:
    leading = Message("system", (Text("one"),)), Message("developer", (Text("two"),))
    out = encoded(*leading, HI, HELLO, Message("system", (Text("three"),)))
    assert [block["text"] for block in out.body["system"]] == ["one", "two"]
    assert told(out)[2] == ("user", ["<system-reminder>\nthree\n</system-reminder>"])
