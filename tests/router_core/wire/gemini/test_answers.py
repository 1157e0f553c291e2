"""Answers: Gemini's read into neutral ones, everybody's written for a Gemini client, whole and streamed alike."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.genai import types

from router_core.errors import WireError
from router_core.trace.record import Usage
from router_core.wire.events import Event, StreamError, fold, unfold
from router_core.wire.gemini import CODEC, stream_encoder_array
from router_core.wire.gemini.json_array import ArraySplitter
from router_core.wire.model import (
    Citation,
    Media,
    Opaque,
    Proof,
    Refusal,
    Response,
    SearchHit,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    WireFault,
)
from router_core.wire.proof import is_sealed, unseal
from router_core.wire.sse import RecordSplitter, records
from tests.router_core.wire.gemini.samples import GOLDEN, SIGNATURE, answering

CASES = sorted(GOLDEN.iterdir())
BROKEN = {"cut_before_content", "cut_after_content", "error_as_first_event", "error_after_content"}
WHOLE = [case for case in CASES if case.name not in BROKEN]


def named(case: Path) -> str:
    return case.name


def decoded(stream: bytes, size: int | None = None) -> list[Event]:
    decoder = CODEC.stream_decoder()
    events: list[Event] = []
    for start in range(0, len(stream), size or len(stream) or 1):
        events += decoder.feed(stream[start : start + (size or len(stream))])
    events += decoder.close()
    assert decoder.close() == []
    return events


def frames(stream: bytes) -> list[dict[str, Any]]:
    splitter = RecordSplitter()
    complete = splitter.feed(stream) + splitter.close()
    return [json.loads(record.data) for record in records(complete) if record.data != b"[DONE]"]


def as_array(stream: bytes) -> bytes:
    return json.dumps(frames(stream), indent=2, ensure_ascii=False).encode()


def in_one(stream: bytes) -> dict[str, Any]:
    """The whole answer that a stream adds up to, in the way Google's own SDKs add up."""
    whole: dict[str, Any] = {}
    candidate: dict[str, Any] = {"index": 0}
    parts: list[Any] = []
    for frame in frames(stream):
        whole |= {key: value for key, value in frame.items() if key not in ("candidates", "usageMetadata")}
        whole["usageMetadata"] = {**whole.get("usageMetadata", {}), **frame.get("usageMetadata", {})}
        for one in frame.get("candidates", ()):
            parts += one.get("content", {}).get("parts", ())
            candidate |= {key: value for key, value in one.items() if key != "content"}
    if parts or len(candidate) > 1:
        whole["candidates"] = [{**candidate, "content": {"role": "model", "parts": parts}}]
    return whole


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize("case", CASES, ids=named)
def test_events_do_not_depend_on_chunking(case: Path, size: int) -> None:
    stream = (case / "stream.sse").read_bytes()
    assert decoded(stream, size) == decoded(stream)
    assert decoded(as_array(stream), size) == decoded(as_array(stream))


@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_array_form_gives_the_same_events(case: Path) -> None:
    """`streamGenerateContent` without `alt=sse` is one big JSON array."""
    stream = (case / "stream.sse").read_bytes()
    assert decoded(as_array(stream)) == decoded(stream)


@pytest.mark.parametrize("case", WHOLE, ids=named)
def test_a_stream_adds_up_to_the_whole_answer(case: Path) -> None:
    stream = (case / "stream.sse").read_bytes()
    assert fold(decoded(stream)) == CODEC.decode_response(in_one(stream))


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_a_broken_stream_ends_in_an_error_event(case: str) -> None:
    events = decoded((GOLDEN / case / "stream.sse").read_bytes())
    assert isinstance(events[-1], StreamError)
    assert not [event for event in events[:-1] if isinstance(event, StreamError)]
    status, message = {
        "error_as_first_event": (503, "The model is overloaded. Please try again later."),
        "error_after_content": (500, "An internal error has occurred."),
    }.get(case, (502, "Gemini ended its answer without a finish reason."))
    assert (events[-1].fault.status, events[-1].fault.message) == (status, message)


@pytest.mark.parametrize("case", WHOLE, ids=named)
def test_a_stream_cut_before_its_end_is_an_error(case: Path) -> None:
    stream = (case / "stream.sse").read_bytes()
    first = min(at for at in (stream.find(b'"finishReason"'), stream.find(b'"blockReason"')) if at >= 0)
    for length in range(0, max(0, stream.rfind(b"data:", 0, first)), 37):
        assert isinstance(decoded(stream[:length])[-1], StreamError), length
    for length in range(0, len(as_array(stream)), 97):
        decoded(as_array(stream)[:length])


@pytest.mark.parametrize("case", WHOLE, ids=named)
def test_what_gemini_said_comes_out_again(case: Path) -> None:
    """Decoded, encoded as a stream and as a whole, and decoded again: the same blocks, ending and usage."""
    answer = fold(decoded((case / "stream.sse").read_bytes()))
    again = fold(decoded(b"".join(streamed(answer))))
    whole = CODEC.decode_response(CODEC.encode_response(answer, answering()))
    assert whole.blocks == answer.blocks
    assert (whole.stop, whole.usage) == (answer.stop, answer.usage) == (again.stop, again.usage)
    assert again.blocks == answer.blocks


def streamed(answer: Response) -> Iterator[bytes]:
    encoder = CODEC.stream_encoder(answering())
    return (encoder.send(event) for event in unfold(answer))


EXPECTED: dict[str, tuple[str, list[type]]] = {
    "text": ("end", [Text]),
    "thinking": ("end", [Thinking, Text]),
    "tool_call": ("tool_use", [Text, ToolCall]),
    "parallel_calls": ("tool_use", [ToolCall, ToolCall, ToolCall]),
    "finish_reason_in_every_frame": ("end", [Text]),
    "usage_after_the_finish": ("end", [Text]),
    "cut_by_max_tokens": ("max_tokens", [Text]),
    "safety": ("refusal", [Text]),
    "blocked_prompt": ("refusal", [Refusal]),
    "malformed_call": ("malformed_call", []),
    "web_search": ("end", [Text, ServerCall, ServerResult]),
    "code_execution": ("end", [Opaque, Opaque, Text]),
    "several_kinds_in_a_frame": ("tool_use", [Thinking, Text, ToolCall, Text]),
    "done_at_the_end": ("end", [Text]),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_how_an_answer_is_read(name: str) -> None:
    answer = fold(decoded((GOLDEN / name / "stream.sse").read_bytes()))
    assert (answer.stop, [type(block) for block in answer.blocks]) == EXPECTED[name]


def test_finish_reason_in_every_frame_does_not_cut_the_answer() -> None:
    answer = fold(decoded((GOLDEN / "finish_reason_in_every_frame" / "stream.sse").read_bytes()))
    assert answer.blocks == (Text("one two three"),)


def test_a_signature_on_an_empty_text_belongs_to_the_text_before() -> None:
    answer = fold(decoded((GOLDEN / "thinking" / "stream.sse").read_bytes()))
    assert answer.blocks[1] == Text("Four", proof=Proof("gemini", SIGNATURE))
    assert answer.usage == Usage(input_tokens=12, output_tokens=38, reasoning_tokens=35)


@pytest.mark.parametrize("name", ["calls_without_ids", "duplicate_ids"])
def test_every_call_has_an_id_of_its_own(name: str) -> None:
    answer = fold(decoded((GOLDEN / name / "stream.sse").read_bytes()))
    ids = [block.id for block in answer.blocks if isinstance(block, ToolCall)]
    assert len(set(ids)) == 2
    assert all(ids)


def test_ids_that_are_made_up_differ_between_answers() -> None:
    call = {"functionCall": {"name": "f", "args": {}}}
    candidate = {"content": {"parts": [call]}, "finishReason": "STOP"}
    found = set()
    for answer_id in ("one", "two"):
        (block,) = CODEC.decode_response({"candidates": [candidate], "responseId": answer_id}).blocks
        assert isinstance(block, ToolCall)
        found.add(block.id)
    assert len(found) == 2


def test_citations_count_characters_where_gemini_counts_bytes() -> None:
    answer = fold(decoded((GOLDEN / "web_search" / "stream.sse").read_bytes()))
    text, call, result = answer.blocks
    assert isinstance(text, Text)
    (citation,) = text.citations
    assert (citation.start, citation.end, text.text[citation.start : citation.end]) == (7, 12, "42 m.")
    assert isinstance(call, ServerCall)
    assert isinstance(result, ServerResult)
    assert call.query == "tower height"
    assert result.hits == (SearchHit("https://example.com/t", "example.com"),)


FOREIGN = Response(
    id="msg_1",
    model="claude",
    blocks=(
        Thinking("Let me think", Proof("anthropic", "c2ln")),
        Thinking(proof=Proof("anthropic", "ZGF0YQ=="), redacted=True),
        ServerCall("s1", "web_search", "height"),
        ServerResult("s1", "web_search", (SearchHit("https://e.com", "E"),)),
        Text("Größe: 42 m", citations=(Citation("https://e.com", "E", start=7, end=11),)),
        ToolCall("toolu_1", "read", '{"path":"ü"}'),
        ToolCall("toolu_2", "list"),
    ),
    stop="tool_use",
    usage=Usage(10, 20, 30, 4, 2, 5),
)


def test_an_answer_from_elsewhere_for_a_gemini_client() -> None:
    body = CODEC.encode_response(FOREIGN, answering())
    read = types.GenerateContentResponse.model_validate_json(json.dumps(body))
    assert read.candidates is not None
    assert read.candidates[0].content is not None
    assert read.candidates[0].finish_reason == types.FinishReason.STOP
    parts = read.candidates[0].content.parts or []
    assert [bool(part.thought) for part in parts] == [True, True, False, False, False]
    assert [call.id for call in read.function_calls or []] == ["toolu_1", "toolu_2"]
    sent = body["candidates"][0]["content"]["parts"]
    assert unseal(sent[0]["thoughtSignature"], "gemini") == Proof("anthropic", "c2ln")
    assert is_sealed(sent[1]["thoughtSignature"])
    assert body["usageMetadata"] == {
        "promptTokenCount": 46, "candidatesTokenCount": 15, "cachedContentTokenCount": 30, "thoughtsTokenCount": 5,
        "totalTokenCount": 66,
    }  # fmt: skip
    metadata = body["candidates"][0]["groundingMetadata"]
    assert metadata["webSearchQueries"] == ["height"]
    assert metadata["groundingSupports"][0]["segment"] == {"startIndex": 9, "endIndex": 13, "text": "42 m"}
    assert (body["modelVersion"], body["responseId"]) == ("gemini-3.5-flash", "msg_1")


def test_every_frame_for_a_client_is_googles_own_type_and_has_a_part() -> None:
    """The SDK's chat forgets a turn in which one frame has no part."""
    sent = b"".join(streamed(FOREIGN))
    assert sent.count(b"\r\n\r\n") == len(frames(sent))
    for frame in frames(sent):
        read = types.GenerateContentResponse.model_validate_json(json.dumps(frame))
        assert read.candidates is not None
        assert read.candidates[0].content is not None
        assert read.candidates[0].content.parts
    finishes = [frame["candidates"][0].get("finishReason") for frame in frames(sent)]
    assert finishes == [None] * (len(finishes) - 1) + ["STOP"]
    assert frames(sent)[-1]["candidates"][0]["groundingMetadata"]["groundingSupports"]
    assert frames(sent)[-1]["usageMetadata"]["totalTokenCount"] == 66


def test_proofs_survive_a_gemini_client_that_gives_its_history_back() -> None:
    body = CODEC.encode_response(FOREIGN, answering())
    content = types.GenerateContentResponse.model_validate_json(json.dumps(body)).candidates[0].content  # type: ignore[index]
    assert content is not None
    history = json.loads(content.model_dump_json(exclude_none=True, by_alias=True))
    blocks = CODEC.decode_request({"contents": [history]}).messages[0].blocks
    proofs = [block.proof for block in blocks if isinstance(block, Thinking)]
    assert proofs == [Proof("anthropic", "c2ln"), Proof("anthropic", "ZGF0YQ==")]


def test_the_array_stream_is_one_json_array() -> None:
    encoder = stream_encoder_array(answering())
    sent = b"".join(encoder.send(event) for event in unfold(FOREIGN))
    assert json.loads(sent) == frames(b"".join(streamed(FOREIGN)))


@pytest.mark.parametrize("events", [[], list(unfold(FOREIGN))[:4]])
def test_an_error_ends_either_form_of_a_stream(events: list[Event]) -> None:
    broken = StreamError(WireFault(503, "overloaded", "busy"))
    plain, array = CODEC.stream_encoder(answering()), stream_encoder_array(answering())
    sent = b"".join(plain.send(event) for event in (*events, broken, *events))
    whole = b"".join(array.send(event) for event in (*events, broken, *events))
    error = {"code": 503, "message": "busy", "status": "UNAVAILABLE"}
    assert frames(sent)[-1] == json.loads(whole)[-1] == {"error": error}
    assert isinstance(decoded(sent)[-1], StreamError)


@pytest.mark.parametrize("arguments", ['{"path": "a', "[1]", "text"])
def test_a_call_with_arguments_that_are_no_object_ends_as_geminis_own_would(arguments: str) -> None:
    answer = Response("r", "m", (Text("so"), ToolCall("1", "read", arguments)), "tool_use", Usage())
    for candidate in (
        CODEC.encode_response(answer, answering())["candidates"][0],
        frames(b"".join(streamed(answer)))[-1]["candidates"][0],
    ):
        assert candidate["finishReason"] == "MALFORMED_FUNCTION_CALL"
        assert not [part for part in candidate["content"]["parts"] if "functionCall" in part]


def test_a_call_cut_off_by_the_limit_is_left_out_and_the_limit_told() -> None:
    answer = Response("r", "m", (ToolCall("1", "read", '{"a'),), "max_tokens", Usage())
    assert CODEC.encode_response(answer, answering())["candidates"][0]["finishReason"] == "MAX_TOKENS"


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end", "STOP"), ("tool_use", "STOP"), ("stop_sequence", "STOP"), ("pause", "STOP"), ("refusal", "SAFETY"),
        ("max_tokens", "MAX_TOKENS"), ("context_window", "MAX_TOKENS"), ("malformed_call", "MALFORMED_FUNCTION_CALL"),
    ],
)  # fmt: skip
def test_why_it_stopped(stop: Any, finish: str) -> None:
    answer = Response("r", "m", (Text("a"),), stop, Usage())
    assert CODEC.encode_response(answer, answering())["candidates"][0]["finishReason"] == finish


def test_refusals_and_pictures() -> None:
    blocks = (Refusal("I cannot"), Media("image", "image/png", data="aGk="), Opaque("anthropic", {"type": "x"}))
    answer = Response("r", "m", blocks, "refusal", Usage())
    expected = [{"text": "I cannot"}, {"inlineData": {"mimeType": "image/png", "data": "aGk="}}]
    assert CODEC.encode_response(answer, answering())["candidates"][0]["content"]["parts"] == expected
    sent = [part for frame in frames(b"".join(streamed(answer))) for part in frame["candidates"][0]["content"]["parts"]]
    assert sent == [*expected, {"text": ""}]


def test_log_probabilities_both_ways() -> None:
    result = {
        "chosenCandidates": [{"token": "hé", "logProbability": -0.5}],
        "topCandidates": [
            {"candidates": [{"token": "hé", "logProbability": -0.5}, {"token": "ho", "logProbability": -1}]}
        ],
    }
    candidate = {"content": {"parts": [{"text": "hé"}]}, "finishReason": "STOP", "logprobsResult": result}
    answer = CODEC.decode_response({"candidates": [candidate]})
    (entry,) = answer.logprobs
    assert (entry["token"], entry["logprob"], entry["bytes"]) == ("hé", -0.5, [104, 195, 169])
    assert len(entry["top_logprobs"]) == 2
    assert CODEC.encode_response(answer, answering())["candidates"][0]["logprobsResult"] == result
    assert frames(b"".join(streamed(answer)))[0]["candidates"][0]["logprobsResult"] == result


def test_other_candidates_come_back_to_a_gemini_client() -> None:
    one = {"content": {"parts": [{"text": "a"}], "role": "model"}, "finishReason": "STOP", "index": 0}
    body = {"candidates": [one, {**one, "index": 1}], "usageMetadata": {}, "responseId": "r"}
    answer = CODEC.decode_response(body)
    assert answer.blocks == (Text("a"),)
    assert CODEC.encode_response(answer, answering())["candidates"] == body["candidates"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"candidates": []}, {"candidates": 5}, {"candidates": [5]}, {"error": {"code": 500}},
        {"candidates": [{"content": {"parts": [5]}, "finishReason": "STOP"}]},
        {"candidates": [{"content": {"parts": [{"text": 5}]}}]},
        {"candidates": [{"content": {"parts": [{"functionCall": {"name": 5}}]}}]},
        {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": [1]}}]}}]},
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_an_error_of_the_provider(body: dict[str, Any]) -> None:
    with pytest.raises(WireError) as refused:
        CODEC.decode_response(body)
    assert refused.value.status == 502


@pytest.mark.parametrize(
    "data", [b"data: {broken\r\n\r\n", b"data: 5\r\n\r\n", b'[{"candidates": nonsense}]', b'data: "x"\n\n']
)
def test_a_stream_of_something_else_is_an_error_event(data: bytes) -> None:
    events = decoded(data)
    assert isinstance(events[-1], StreamError)
    assert events[-1].fault.status == 502


def test_an_endless_element_of_an_array_is_given_up() -> None:
    splitter = ArraySplitter(1000)
    with pytest.raises(ValueError, match="too long"):
        splitter.feed(b'[{"a":"' + b"x" * 2000)


def test_braces_and_quotes_inside_strings_do_not_end_an_element() -> None:
    elements = [{"a": 'x"}{[\\'}, {"b": {"c": "\\\\"}}]
    stream = json.dumps(elements).encode()
    for size in range(1, 6):
        splitter, found = ArraySplitter(1000), list[bytes]()
        for start in range(0, len(stream), size):
            found += splitter.feed(stream[start : start + size])
        assert [json.loads(element) for element in found] == elements
