"""What a Responses client gets: a stream that its SDK accepts event by event, and an answer that says the same."""

from typing import Any

import pytest
from openai.types.responses import Response as SdkResponse
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from router_core.trace.record import Usage
from router_core.wire.codec import Answering
from router_core.wire.events import BlockStop, Event, KeepAlive, MessageStart, MessageStop, StreamError, fold, unfold
from router_core.wire.model import (
    Citation,
    JsonObject,
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
    WireFault,
)
from router_core.wire.openai_responses.codec import CODEC
from router_core.wire.openai_responses.stream_encoder import KEEP_ALIVE
from router_core.wire.proof import unseal
from tests.router_core.wire.openai_responses.cases import answering, decoded, fixture, parsed, sdk_client, sent

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
USAGE = Usage(input_tokens=7, output_tokens=5, cache_read_tokens=3, cache_write_tokens=2, reasoning_tokens=1)
SIGNED = Proof("anthropic", "sig", {"type": "thinking", "thinking": "Hm", "signature": "sig"})
PATCH = {"type": "custom", "name": "apply_patch"}


def answer(*blocks: Any, stop: StopReason = "end", **more: Any) -> Response:
    return Response("msg_01", "claude", blocks, stop, USAGE, created_at=5, **more)


ANSWERS: dict[str, Response] = {
    "empty": answer(),
    "text": answer(Text("Grüße 🙂")),
    "texts in a row": answer(Text("One."), Text("Two.", citations=(Citation("https://a.example", "A"),))),
    "thinking": answer(Thinking("Hm", SIGNED), Text("Yes.")),
    "proof alone": answer(Thinking("", Proof("anthropic", "data"), redacted=True), Text("Yes.")),
    "thinking without proof": answer(Thinking("Hm"), Text("Yes.")),
    "calls": answer(
        Text("I look."),
        ToolCall("toolu_1", "look", '{"at":"ä"}'),
        ToolCall("toolu_2", "look", ""),
        ToolCall("c3", "sleep", "{}", namespace="clock"),
        stop="tool_use",
    ),
    "custom call": answer(ToolCall("c1", "apply_patch", "*** x", custom=True), stop="tool_use"),
    "a signed call": answer(ToolCall("c1", "look", "{}", proof=Proof("gemini", "tsig")), stop="tool_use"),
    "refusal": answer(Refusal("No."), stop="refusal"),
    "filtered": answer(Text("Well"), stop="refusal"),
    "cut": answer(Text("Well"), stop="max_tokens"),
    "search": answer(
        ServerCall("srvtoolu_1", "web_search", "cats"),
        ServerResult("srvtoolu_1", "web_search", (SearchHit("https://a.example"),)),
        Text("Cats.", citations=(Citation("https://a.example", "A", start=0, end=5),)),
    ),
    "failed search": answer(ServerCall("s", "web_search", "x"), ServerResult("s", "web_search", error="unavailable")),
    "search without result": answer(ServerCall("s", "web_search", "x"), Text("Hm.")),
    "image": answer(Media("image", media_type="image/png", data="iVBORw0KGgo="), Text("There.")),
    "foreign block": answer(Opaque("anthropic", {"type": "container_upload"}), Text("There.")),
    "a tier of another provider": answer(Text("Hi"), service_tier="standard"),
    "logprobs": answer(Text("Hi"), logprobs=({"token": "Hi", "logprob": -0.1, "top_logprobs": []},)),
}


def asking() -> Answering:
    """A client with everything that an answer must echo."""
    return answering(fixture("codex_additional_tools"), metadata={"a": "b"}, instructions="Be brief.")


def meaning(item: JsonObject) -> JsonObject:
    """Without the ids, which are counted up in another order."""
    return {key: value for key, value in item.items() if key != "id"}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_event_is_one_that_the_sdk_knows(name: str) -> None:
    events = list(parsed(sent(list(unfold(ANSWERS[name])), asking())))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    for event in events:
        EVENT.validate_python(event)
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_whole_answer_is_one_that_the_sdk_knows(name: str) -> None:
    body = CODEC.encode_response(ANSWERS[name], asking())
    SdkResponse.model_validate(body)
    assert body["model"] == "sonnet"


@pytest.mark.parametrize("name", ANSWERS)
def test_stream_and_whole_answer_say_the_same(name: str) -> None:
    whole = CODEC.encode_response(ANSWERS[name], asking())
    *_, last = parsed(sent(list(unfold(ANSWERS[name])), asking()))
    assert [meaning(item) for item in last["response"].pop("output")] == [meaning(item) for item in whole.pop("output")]
    assert last["response"].pop("id")
    whole.pop("id")
    assert last["response"] == whole
    assert last["type"] == f"response.{whole['status']}"


@pytest.mark.parametrize("name", ANSWERS)
def test_each_item_is_announced_told_and_done_in_order(name: str) -> None:
    events = list(parsed(sent(list(unfold(ANSWERS[name])))))
    final = events[-1]["response"]["output"]
    announced = [event for event in events if event["type"] == "response.output_item.added"]
    finished = [event for event in events if event["type"] == "response.output_item.done"]
    assert [event["item"] for event in finished] == final
    assert [event["output_index"] for event in announced] == list(range(len(final)))
    assert [event["item"]["id"] for event in announced] == [item["id"] for item in final]
    for event in events:
        if event["type"] == "response.output_text.done":
            deltas = [
                e["delta"]
                for e in events
                if e["type"] == "response.output_text.delta"
                and (e["item_id"], e["content_index"]) == (event["item_id"], event["content_index"])
            ]
            assert "".join(deltas) == event["text"]


@pytest.mark.parametrize("name", ANSWERS)
def test_the_sdk_accumulates_the_stream(name: str) -> None:
    data = sent(list(unfold(ANSWERS[name])))
    client = sdk_client(200, data, type="text/event-stream")
    with client.responses.stream(model="sonnet", input="hi") as got:
        types = [event.type for event in got]
        if ANSWERS[name].stop in ("end", "tool_use"):
            final = got.get_final_response()
            texts = [block.text for block in ANSWERS[name].blocks if isinstance(block, Text)]
            assert final.output_text == "".join(texts)
    assert types[-1] in ("response.completed", "response.incomplete")
    client.close()


@pytest.mark.parametrize("name", [name for name, said in ANSWERS.items() if said.stop in ("end", "tool_use")])
def test_a_client_that_gives_the_answer_back_is_understood(name: str) -> None:
    items = CODEC.encode_response(ANSWERS[name], asking())["output"]
    request = CODEC.decode_request({"model": "sonnet", "input": items})
    blocks = [block for message in request.messages for block in message.blocks]
    calls = [block for block in ANSWERS[name].blocks if isinstance(block, ToolCall)]
    found = [block for block in blocks if isinstance(block, ToolCall)]
    assert [(c.id, c.name, c.namespace, c.arguments or "{}") for c in calls] == [
        (c.id, c.name, c.namespace, c.arguments) for c in found
    ]
    proofs = [block.proof for block in ANSWERS[name].blocks if isinstance(block, Thinking | ToolCall) and block.proof]
    assert [block.proof for block in blocks if isinstance(block, Thinking) and block.proof] == proofs


def test_a_foreign_proof_is_sealed_for_the_client_and_only_if_it_asked() -> None:
    item = CODEC.encode_response(ANSWERS["thinking"], answering())["output"][0]
    assert unseal(item["encrypted_content"], "openai") == SIGNED
    quiet = answering({"include": []})
    assert "encrypted_content" not in str(CODEC.encode_response(ANSWERS["thinking"], quiet))
    assert b"encrypted_content" not in sent(list(unfold(ANSWERS["thinking"])), quiet)
    assert [item["type"] for item in CODEC.encode_response(ANSWERS["proof alone"], quiet)["output"]] == ["message"]


def test_the_proof_of_a_call_comes_before_it() -> None:
    *_, last = parsed(sent(list(unfold(ANSWERS["a signed call"]))))
    reasoning, call = last["response"]["output"]
    assert unseal(reasoning["encrypted_content"], "openai") == Proof("gemini", "tsig")
    assert call["type"] == "function_call"


def test_usage_counts_what_was_cached_as_input() -> None:
    assert CODEC.encode_response(ANSWERS["text"], answering())["usage"] == {
        "input_tokens": 12,
        "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 2},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 1},
        "total_tokens": 17,
    }


@pytest.mark.parametrize(
    ("stop", "status", "reason"),
    [
        ("end", "completed", None),
        ("tool_use", "completed", None),
        ("stop_sequence", "completed", None),
        ("pause", "completed", None),
        ("max_tokens", "incomplete", "max_output_tokens"),
        ("context_window", "incomplete", "max_output_tokens"),
        ("refusal", "incomplete", "content_filter"),
        ("malformed_call", "failed", None),
    ],
)
def test_why_an_answer_ended(stop: StopReason, status: str, reason: str | None) -> None:
    body = CODEC.encode_response(answer(Text("x"), stop=stop), answering())
    details = body["incomplete_details"]
    assert (body["status"], details and details["reason"]) == (status, reason)
    assert bool(body["error"]) == (status == "failed")


def test_the_response_echoes_the_request() -> None:
    body = fixture("codex_additional_tools")
    echoed = CODEC.encode_response(ANSWERS["text"], asking())
    assert echoed["instructions"] == "Be brief."
    assert (echoed["store"], echoed["parallel_tool_calls"], echoed["tools"]) == (False, False, [])
    assert echoed["reasoning"]["effort"] == body["reasoning"]["effort"]
    declared: list[JsonObject] = [{"type": "function", "name": "look", "parameters": {"type": "object"}}, PATCH]
    choice = {"type": "function", "name": "look"}
    echoed = CODEC.encode_response(ANSWERS["text"], answering(tools=declared, tool_choice=choice))
    assert echoed["tools"] == [declared[0] | {"strict": True}, PATCH]
    assert echoed["tool_choice"] == choice


FAULTS: dict[str, tuple[WireFault, str]] = {
    "context": (WireFault(400, "context_length", "too long", limit=(2, 1)), "context_length_exceeded"),
    "wait": (WireFault(429, "rate_limit", "Please try again in 1.5s"), "rate_limit_exceeded"),
    "quota": (WireFault(429, "quota", "empty", "RESOURCE_EXHAUSTED"), "insufficient_quota"),
    "overloaded": (WireFault(529, "overloaded", "busy", "overloaded_error"), "server_is_overloaded"),
    "server": (WireFault(502, "server", "gone"), "server_error"),
    "request": (WireFault(400, "invalid_request", "no", "cyber_policy"), "cyber_policy"),
    "permission": (WireFault(403, "permission", "no"), "invalid_prompt"),
}


@pytest.mark.parametrize("begun", [False, True], ids=["at once", "amid the answer"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_stream_ends_in_response_failed(name: str, begun: bool) -> None:
    fault, code = FAULTS[name]
    before: list[Event] = list(unfold(ANSWERS["text"]))[:-2] if begun else []
    encoder = CODEC.stream_encoder(answering())
    data = b"".join(encoder.send(event) for event in [*before, StreamError(fault)])
    events = list(parsed(data))
    assert events[0]["type"] == "response.created"
    assert events[-1]["type"] == "response.failed"
    assert events[-1]["response"]["error"] == {"code": code, "message": fault.message}
    assert events[-1]["response"]["id"] == events[0]["response"]["id"]
    assert encoder.send(MessageStop("end", Usage())) == b""
    last = decoded(data)[-1]
    assert isinstance(last, StreamError)
    assert last.fault.message == fault.message


def test_keep_alives_are_comments_before_and_events_within_an_answer() -> None:
    encoder = CODEC.stream_encoder(answering())
    assert encoder.send(KeepAlive()) == KEEP_ALIVE
    encoder.send(MessageStart("msg_1", "claude"))
    (event,) = parsed(encoder.send(KeepAlive()))
    assert (event["type"], event["sequence_number"]) == ("keepalive", 2)


def test_the_sdk_tolerates_keep_alives() -> None:
    events: list[Event] = [KeepAlive()]
    for event in unfold(ANSWERS["calls"]):
        events += [event, KeepAlive()]
    data = sent(events)
    client = sdk_client(200, data, type="text/event-stream")
    with client.responses.stream(model="sonnet", input="hi") as got:
        assert got.get_final_response().output_text == "I look."
    raw = list(client.responses.create(model="sonnet", input="hi", stream=True))
    assert "keepalive" in [event.type for event in raw]
    client.close()


@pytest.mark.parametrize("name", ["text", "texts in a row", "calls", "custom call", "refusal", "cut", "logprobs"])
def test_what_is_sent_reads_back_as_the_same_answer(name: str) -> None:
    back = fold(decoded(sent(list(unfold(ANSWERS[name])))))
    plain = [_plain(block) for block in ANSWERS[name].blocks]
    assert [_plain(block) for block in back.blocks] == plain
    assert (back.stop, back.usage.output_tokens) == (ANSWERS[name].stop, 5)


def _plain(block: Any) -> tuple[Any, ...]:
    if isinstance(block, ToolCall):
        return (block.id, block.name, block.arguments or "{}", block.custom, block.namespace)
    return (type(block), block.text)


def test_a_proof_that_comes_after_the_text_is_kept() -> None:
    response = answer(Text("Hi", proof=Proof("gemini", "tsig")))
    *_, last = parsed(sent(list(unfold(response))))
    message, reasoning = last["response"]["output"]
    assert (message["type"], reasoning["type"]) == ("message", "reasoning")
    assert unseal(reasoning["encrypted_content"], "openai") == Proof("gemini", "tsig")


def test_a_stray_block_end_is_no_event() -> None:
    encoder = CODEC.stream_encoder(answering())
    encoder.send(MessageStart("m", "x"))
    assert encoder.send(BlockStop()) == b""
