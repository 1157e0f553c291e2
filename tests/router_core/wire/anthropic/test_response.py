"""Whole answers, both ways."""

import copy
from typing import Any

import pytest
from anthropic.types import Message as SdkMessage
from msgspec.structs import replace

from router_core.errors import WireError
from router_core.trace.record import Usage
from router_core.wire.events import fold, unfold
from router_core.wire.model import (
    Block,
    Citation,
    Media,
    Opaque,
    Proof,
    Refusal,
    Response,
    SearchHit,
    ServerCall,
    ServerResult,
    StopReason,
    Text,
    Thinking,
    ToolCall,
)
from router_core.wire.proof import is_sealed, unseal
from tests.router_core.wire.anthropic.samples import CALL, CODEC, RESPONSES, answering, message, says


def response(*blocks: Block, stop: StopReason = "end", **fields: Any) -> Response:
    return Response("resp_1", "gpt-6", blocks, stop, fields.pop("usage", Usage(1, 2)), **fields)


def encoded(*blocks: Block, **fields: Any) -> dict[str, Any]:
    """For a client, and readable by the official SDK."""
    out = CODEC.encode_response(response(*blocks, **fields), answering())
    SdkMessage.model_validate(out)
    return out


@pytest.mark.parametrize("name", RESPONSES)
def test_decode_then_encode_gives_the_answer_back(name: str) -> None:
    given = copy.deepcopy(RESPONSES[name])
    out = CODEC.encode_response(CODEC.decode_response(given), answering("claude-opus-4-8"))
    for block in given["content"]:
        if not block.get("citations", True):
            del block["citations"]  # null and [] say nothing
    assert out == given


@pytest.mark.parametrize("name", RESPONSES)
def test_the_sdk_reads_what_is_sent(name: str) -> None:
    SdkMessage.model_validate(CODEC.encode_response(CODEC.decode_response(RESPONSES[name]), answering()))


@pytest.mark.parametrize("name", RESPONSES)
def test_unfolded_and_folded_it_is_the_same(name: str) -> None:
    given = CODEC.decode_response(RESPONSES[name])
    assert fold(unfold(given)) == given


def test_usage_excludes_cached_tokens_and_tells_five_minutes_from_an_hour() -> None:
    """Gotcha 48: input counted twice."""
    usage = CODEC.decode_response(RESPONSES["text"]).usage
    assert usage == Usage(12, 55, cache_read_tokens=400, cache_write_tokens=10, cache_write_1h_tokens=20)


@pytest.mark.parametrize(
    ("said", "content", "meant"),
    [
        ("end_turn", [CALL], "tool_use"),
        ("tool_use", [says("x")], "end"),
        ("max_tokens", [CALL], "max_tokens"),
        (None, [says("x")], "end"),
        ("something new", [CALL], "tool_use"),
    ],
    ids=["a call and end_turn", "tool_use without a call", "cut within a call", "null", "unknown"],
)
def test_the_stop_reason_is_derived_from_what_is_there(said: Any, content: list[Any], meant: StopReason) -> None:
    assert CODEC.decode_response(message(*content, stop=said)).stop == meant


STOPS: dict[StopReason, str] = {
    "end": "end_turn",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "refusal": "refusal",
    "pause": "pause_turn",
    "context_window": "model_context_window_exceeded",
    "malformed_call": "end_turn",
}


@pytest.mark.parametrize("stop", STOPS)
def test_stop_reasons(stop: StopReason) -> None:
    out = encoded(Text("x"), stop=stop, stop_sequence="END")
    assert out["stop_reason"] == STOPS[stop]
    assert out["stop_sequence"] == ("END" if stop == "stop_sequence" else None)
    assert ("stop_details" in out) == (stop == "refusal")


def test_a_refusal_in_words_is_text_and_the_reason() -> None:
    out = encoded(Refusal("I will not."), stop="refusal")
    assert out["content"] == [says("I will not.")]
    assert out["stop_details"] == {"type": "refusal", "category": None, "explanation": "I will not."}


def test_ids_and_the_model_are_the_clients() -> None:
    out = encoded(ToolCall("call:1", "f", "{}"), ToolCall("", "g"), ToolCall("call_2", "h"))
    assert out["id"] == "msg_000000000000000000000002"
    assert out["model"] == "asked-for"
    ids = [block["id"] for block in out["content"]]
    assert ids[0].startswith("toolu_")
    assert ids[1] == "toolu_000000000000000000000001"
    assert ids[2] == "call_2"


def test_calls_of_one_answer_have_ids_of_their_own() -> None:
    ids = [block["id"] for block in encoded(ToolCall("call_0", "f"), ToolCall("call_0", "f"))["content"]]
    assert ids == ["call_0", "toolu_000000000000000000000001"]


def test_input_tokens_are_estimated_when_the_provider_is_silent() -> None:
    assert encoded(Text("x"), usage=Usage())["usage"]["input_tokens"] == 77


def test_reasoning_and_cache_are_told() -> None:
    usage = encoded(Text("x"), usage=Usage(5, 9, 100, 7, 3, 4))["usage"]
    assert usage["cache_read_input_tokens"] == 100
    assert usage["cache_creation_input_tokens"] == 10
    assert usage["cache_creation"] == {"ephemeral_5m_input_tokens": 7, "ephemeral_1h_input_tokens": 3}
    assert usage["output_tokens_details"] == {"thinking_tokens": 4}


@pytest.mark.parametrize(("tier", "told"), [("default", "standard"), ("priority", "priority"), ("flex", None)])
def test_service_tiers(tier: str, told: str | None) -> None:
    assert encoded(Text("x"), service_tier=tier)["usage"].get("service_tier") == told


# ---------------------------------------------------------------------------------------------------------- proofs
OPENAI = Proof("openai", "gAAA", {"type": "reasoning", "encrypted_content": "gAAA", "summary": []})
GEMINI = Proof("gemini", "CiQ=")


def test_a_foreign_proof_travels_sealed_in_the_signature() -> None:
    thinking = encoded(Thinking("hm", OPENAI))["content"][0]
    assert thinking["thinking"] == "hm"
    assert is_sealed(thinking["signature"])
    assert unseal(thinking["signature"], "anthropic") == OPENAI


@pytest.mark.parametrize(
    "block", [ToolCall("c", "f", "{}", proof=GEMINI), Text("x", proof=GEMINI)], ids=["call", "text"]
)
def test_a_proof_that_a_block_cannot_hold_goes_before_it(block: Block) -> None:
    carrier, held = encoded(block)["content"]
    assert (carrier["type"], carrier["thinking"]) == ("thinking", "")
    assert unseal(carrier["signature"], "anthropic") == GEMINI
    assert held["type"] in ("tool_use", "text")


def test_a_proof_comes_back_from_the_client() -> None:
    content = encoded(Thinking("hm", OPENAI), ToolCall("c", "f", "{}", proof=GEMINI))["content"]
    request = CODEC.decode_request({"messages": [{"role": "assistant", "content": content}]})
    assert request.messages[0].blocks == (
        Thinking("hm", OPENAI),
        Thinking("", GEMINI),
        ToolCall("c", "f", "{}"),
    )


def test_signatures_of_claude_stay_as_they_are() -> None:
    given = CODEC.decode_response(RESPONSES["redacted and omitted thinking"])
    hidden, omitted = given.blocks[:2]
    assert isinstance(hidden, Thinking)
    assert hidden.redacted
    assert isinstance(omitted, Thinking)
    assert omitted.proof == Proof("anthropic", "BBB", {"type": "thinking", "thinking": "", "signature": "BBB"})


def test_unsigned_thinking_has_an_empty_signature() -> None:
    assert encoded(Thinking("hm"))["content"] == [{"type": "thinking", "thinking": "hm", "signature": ""}]


# ---------------------------------------------------------------------------------------------------------- blocks
@pytest.mark.parametrize(
    ("call", "given"),
    [
        (ToolCall("c", "f", ""), {}),
        (ToolCall("c", "f", '{"a":[1,null]}'), {"a": [1, None]}),
        (ToolCall("c", "f", '{"a":'), {"unparsed_arguments": '{"a":'}),
        (ToolCall("c", "f", "*** Begin", custom=True), {"input": "*** Begin"}),
    ],
    ids=["none", "an object", "cut", "free text"],
)
def test_arguments(call: ToolCall, given: Any) -> None:
    assert encoded(call, stop="tool_use")["content"][0]["input"] == given


def test_a_foreign_search_is_shown_with_an_id_that_marks_it() -> None:
    hits = (SearchHit("https://e.com", "E", "words"),)
    out = encoded(ServerCall("ws_1", "web_search", "q"), ServerResult("ws_1", "web_search", hits))["content"]
    assert out[0]["input"] == {"query": "q"}
    assert out[0]["id"] == out[1]["tool_use_id"]
    assert out[0]["id"].startswith("srvtoolu_via_")
    assert out[1]["content"] == [
        {"type": "web_search_result", "url": "https://e.com", "title": "E", "encrypted_content": ""}
    ]


def test_a_search_error_of_another_provider_is_unavailable() -> None:
    content = encoded(ServerResult("ws_1", "web_search", error="boom"))["content"][0]["content"]
    assert content == {"type": "web_search_tool_result_error", "error_code": "unavailable"}


def test_citations_of_other_formats() -> None:
    out = encoded(Text("It rains.", citations=(Citation("https://e.com", "E", "rain", 3, 8),)))["content"][0]
    assert out["citations"] == [
        {
            "type": "web_search_result_location",
            "url": "https://e.com",
            "title": "E",
            "cited_text": "rain",
            "encrypted_index": "",
        }
    ]


def test_what_an_answer_cannot_hold() -> None:
    out = encoded(Media("image", "image/png", data="AA=="), Opaque("gemini", {"x": 1}), Text(""), Thinking())
    assert out["content"] == [says("[image left out: it cannot be read here]")]


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "not a message": ({"type": "completion"}, "type"),
    "content missing": ({"type": "message"}, "content"),
    "content a string": ({"type": "message", "content": "x"}, "content"),
    "block a number": (message(3), "content[0]"),  # type: ignore[arg-type]
    "text missing": (message({"type": "text"}), "content[0].text"),
    "input a list": (message({**CALL, "input": []}), "content[0].input"),
    "id a number": (message(id=3), "id"),
    "stop reason a number": (message(stop=3), "stop_reason"),  # type: ignore[arg-type]
    "citation a string": (message(says("x", citations=["y"])), "content[0].citations[0]"),
    "hit without an address": (
        message({"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"type": "web_search_result"}]}),
        "content[0].content[0].url",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_an_error_of_the_providers(name: str) -> None:
    given, param = BROKEN[name]
    with pytest.raises(WireError) as caught:
        CODEC.decode_response(given)
    assert (caught.value.param, caught.value.status) == (param, 502)


@pytest.mark.parametrize("usage", [None, 3, [], {"input_tokens": "many", "cache_creation": 3}])
def test_odd_usage_counts_as_silence(usage: Any) -> None:
    assert CODEC.decode_response(message(usage=usage)).usage == Usage()


def test_extras_survive_a_change_of_the_answer() -> None:
    given = CODEC.decode_response(RESPONSES["code execution"])
    out = CODEC.encode_response(replace(given, stop="max_tokens"), answering())
    assert out["container"] == RESPONSES["code execution"]["container"]
