"""Streams of this format as real services send them → events."""

from collections.abc import Iterable

import orjson
import pytest
from msgspec.structs import replace

from router_core.trace.record import Usage
from router_core.wire.events import (
    BlockStart,
    BlockStop,
    Delta,
    Event,
    KeepAlive,
    MessageStart,
    MessageStop,
    ProofDelta,
    StreamError,
    fold,
)
from router_core.wire.model import (
    Block,
    Citation,
    Opaque,
    Proof,
    Refusal,
    Response,
    StopReason,
    Text,
    Thinking,
    ToolCall,
)
from router_core.wire.openai_chat import CODEC
from router_core.wire.openai_chat.call_assembly import BUFFER_LIMIT
from tests.router_core.wire.golden import FOLDER, StreamCase, golden_streams

CASES = [case for case in golden_streams() if case.format == "openai-chat"]


def events_of(pieces: Iterable[bytes]) -> list[Event]:
    decoder = CODEC.stream_decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    events += decoder.close()
    assert list(decoder.close()) == []
    return events


def recorded(name: str) -> list[Event]:
    return events_of(StreamCase("openai-chat", FOLDER / "openai-chat" / name).pieces(None))


def spoken(response: Response) -> list[Block]:
    """The blocks without what only this format knows of them."""
    return [replace(block, extras={}) for block in response.blocks if not isinstance(block, Opaque)]


ANSWERS: dict[str, tuple[StopReason, list[Block]]] = {
    "interleaved_calls": (
        "tool_use",
        [ToolCall("call_a", "f", '{"x":1}'), ToolCall("call_b", "g", '{"y":2}')],
    ),
    "three_calls_in_a_row": ("tool_use", [ToolCall(f"call_{n}", "f", f'{{"n":{n}}}') for n in range(3)]),
    "ollama_all_calls_index_0": (
        "tool_use",
        [ToolCall("call_a", "f", '{"x":1}'), ToolCall("call_b", "g", '{"y":2}')],
    ),
    "empty_id_and_name_later": ("tool_use", [ToolCall("call_a", "f", '{"x":1}')]),
    "index_missing_in_later_fragments": ("tool_use", [ToolCall("call_a", "f", '{"x":1}')]),
    "finish_stop_with_a_call": ("tool_use", [ToolCall("call_a", "f", "{}")]),
    "cut_inside_a_call": ("max_tokens", [ToolCall("call_a", "f", '{"x":"lo')]),
    "usage_in_every_chunk": ("tool_use", [ToolCall("call_1", "f", '{"a":1}')]),
    "missing_done": ("end", [Text("Hi")]),
    "azure_empty_first_choices": ("end", [Text("Hi")]),
    "copilot_two_choices": ("tool_use", [Text("Looking."), ToolCall("call_a", "f", "{}")]),
    "mistral_thinking_parts": ("end", [Thinking("hm"), Text("Hi")]),
    "reasoning_content": ("max_tokens", [Thinking("hm"), Text("Hi")]),
    "refusal": ("refusal", [Refusal("I cannot")]),
    "two_answers": ("end", [Text("Hi")]),
    "google_signature": ("tool_use", [ToolCall("call_a", "f", "{}", proof=Proof("gemini", "c2ln"))]),
    "text_after_a_call": ("tool_use", [Text("A"), ToolCall("call_a", "f", "{}"), Text("B")]),
    "whole_message_in_one_chunk": ("end", [Text("Hi")]),
    "split_utf8_and_crlf": ("end", [Text("Grüße 🌍日本")]),
    "citations_at_the_end": (
        "end",
        [Text("Rome is big.", citations=(Citation("https://e.com", "E", start=0, end=4),))],
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_service_meant_is_understood(name: str) -> None:
    response = fold(recorded(name))
    assert (response.stop, spoken(response)) == ANSWERS[name]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_events_do_not_depend_on_chunking(case: StreamCase, size: int) -> None:
    assert events_of(case.pieces(size)) == events_of(case.pieces(None))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_events_nest_and_end_once(case: StreamCase) -> None:
    events = events_of(case.pieces(None))
    terminal = [event for event in events if isinstance(event, MessageStop | StreamError)]
    assert terminal == events[-1:]
    if isinstance(events[-1], MessageStop):
        fold(events)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_stream_cut_before_its_finish_reason_ends_in_an_error(case: StreamCase) -> None:
    stream = case.stream.replace(b"\r\n", b"\n")
    records = stream.split(b"\n\n")
    finished = next((at for at, record in enumerate(records) if b'"finish_reason":"' in record), 0)
    for length in range(finished):
        cut = b"\n\n".join(records[:length]) + b"\n\n"
        assert isinstance(events_of([cut])[-1], StreamError), length


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("cut_after_content", 502, "the provider's stream ended before the answer was whole"),
        ("cut_before_content", 502, "the provider's stream ended before the answer was whole"),
        ("done_only", 502, "the provider's stream ended without an answer"),
        ("not_json", 502, "the provider's stream holds a chunk that is not JSON"),
        ("openrouter_finish_error", 429, "Slow down"),
        ("flat_error", 502, "Model is busy"),
        ("vllm_error", 400, "boom"),
        ("error_event_name", 503, "overloaded"),
        ("error_after_first_chunk", 502, "Provider returned error"),
    ],
)
def test_a_broken_stream_ends_in_an_error(name: str, status: int, message: str) -> None:
    last = recorded(name)[-1]
    assert isinstance(last, StreamError)
    assert (last.fault.status, last.fault.message) == (status, message)


def test_calls_in_a_row_are_told_as_they_come() -> None:
    """Only calls that really alternate have to wait for each other."""
    case = StreamCase("openai-chat", FOLDER / "openai-chat" / "three_calls_in_a_row")
    decoder = CODEC.stream_decoder()
    begun = [
        sum(isinstance(event, BlockStart) for event in decoder.feed(record + b"\n\n"))
        for record in case.stream.split(b"\n\n")
    ]
    assert begun == [0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0]


def test_calls_without_ids_get_the_same_ids_streamed_or_not() -> None:
    streamed = fold(recorded("calls_without_index_and_id"))
    calls = [{"function": {"name": "f", "arguments": {"x": 1}}}, {"function": {"name": "g", "arguments": '{"y":2}'}}]
    body = {"id": "chatcmpl-1", "created": 1, "model": "m"}
    whole = CODEC.decode_response({**body, "choices": [{"index": 0, "message": {"tool_calls": calls}}]})
    assert spoken(streamed) == spoken(whole)
    ids = [block.id for block in streamed.blocks if isinstance(block, ToolCall)]
    assert len(set(ids)) == 2
    assert all(id.startswith("call_") for id in ids)


def test_calls_with_one_id_become_two() -> None:
    first, second = fold(recorded("duplicate_call_ids")).blocks
    assert isinstance(first, ToolCall)
    assert isinstance(second, ToolCall)
    assert first.id == "call_a" != second.id


def test_reasoning_details_are_joined_and_kept_whole() -> None:
    thinking = fold(recorded("openrouter_reasoning_details")).blocks[0]
    assert isinstance(thinking, Thinking)
    assert thinking.text == "ab"
    details = [
        {"type": "reasoning.text", "text": "ab", "index": 0, "format": "x", "signature": "c2ln"},
        {"type": "reasoning.encrypted", "data": "ZGF0YQ==", "id": "rs_1", "index": 1},
    ]
    assert thinking.proof == Proof("other", "c2ln", {"reasoning_details": details})
    assert isinstance(recorded("openrouter_reasoning_details")[4], ProofDelta)


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("groq_usage", Usage(40, 6)),
        ("usage_in_every_chunk", Usage(50, 9)),
        ("two_usage_dialects", Usage(40, 20, 60, None, None, 8)),
        ("usage_null_until_the_last_chunk", Usage(40, 20, 60, None, None, 8)),
        ("xai_usage_without_reasoning", Usage(10, 10, None, None, None, 8)),
        ("no_usage_asked_for", Usage()),
    ],
)
def test_usage_is_read_wherever_it_stands(name: str, usage: Usage) -> None:
    assert fold(recorded(name)).usage == usage


def test_comments_are_a_sign_of_life() -> None:
    decoder = CODEC.stream_decoder()
    assert list(decoder.feed(b": OPENROUTER PROCESSING\n\n")) == [KeepAlive()]


def test_log_probabilities_come_with_their_words() -> None:
    assert fold(recorded("logprobs")).logprobs == (
        {"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []},
    )


def test_nothing_follows_the_end() -> None:
    decoder = CODEC.stream_decoder()
    case = StreamCase("openai-chat", FOLDER / "openai-chat" / "text")
    assert isinstance(decoder.feed(case.stream)[-1], MessageStop)
    assert list(decoder.feed(case.stream)) == []
    assert list(decoder.close()) == []


def chunk(delta: object, **fields: object) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return b"data: " + orjson.dumps({"id": "x", "created": 1, "model": "m", "choices": [choice], **fields}) + b"\n\n"


@pytest.mark.parametrize(
    "bad",
    [
        chunk({"tool_calls": [7]}),
        chunk({"tool_calls": {"index": 0}}),
        chunk({"tool_calls": [{"index": 0, "function": 7}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"name": 7}}]}),
        chunk({"content": 7}),
        chunk({"content": [7]}),
        chunk({"reasoning_content": 7}),
        chunk({"refusal": 7}),
        chunk({"annotations": 7}),
        chunk({"images": [{}]}),
        chunk([1]),
        b"data: 7\n\n",
        b'data: {"choices":7}\n\n',
        b'data: {"choices":[7]}\n\n',
    ],
    ids=lambda bad: bad.decode()[-60:],
)
def test_what_is_no_answer_ends_the_stream(bad: bytes) -> None:
    events = events_of([chunk({"content": "Hi"}), bad, b"data: [DONE]\n\n"])
    assert isinstance(events[-1], StreamError)
    assert events[-1].fault.status == 502


def test_a_call_without_a_name_is_not_told() -> None:
    nameless = chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"arguments": "{}"}}]})
    events = events_of([nameless, b"data: [DONE]\n\n"])
    assert [type(event) for event in events] == [MessageStart, StreamError]


def test_a_call_that_goes_on_after_its_end_is_not_told_wrong() -> None:
    first, second, more = (
        chunk({"tool_calls": [{"index": index, "id": id, "function": {"name": name, "arguments": arguments}}]})
        for index, id, name, arguments in ((0, "a", "f", "{}"), (1, "b", "f", "{}"), (0, "a", None, '{"x":1}'))
    )
    assert isinstance(events_of([first, second, more])[-1], StreamError)


def test_memory_is_bounded() -> None:
    piece = "x" * 8_000_000
    decoder = CODEC.stream_decoder()
    decoder.feed(chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": '"'}}]}))
    events: list[Event] = []
    for _ in range(2 + BUFFER_LIMIT // len(piece)):
        events += decoder.feed(chunk({"tool_calls": [{"index": 1, "id": "b", "function": {"arguments": piece}}]}))
    assert [type(event) for event in events] == [StreamError]


def test_thinking_ends_where_the_text_begins() -> None:
    events = events_of([chunk({"reasoning": "hm"}), chunk({"content": "Hi"}), b"data: [DONE]\n\n"])
    kinds = [MessageStart, BlockStart, Delta, BlockStop, BlockStart, Delta, BlockStop, MessageStop]
    assert [type(event) for event in events] == kinds


def test_reasoning_details_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router_core.wire.openai_chat.reasoning.DETAILS_LIMIT", 100)
    piece = chunk({"reasoning_details": [{"type": "reasoning.text", "text": "x" * 30, "index": 0}]})
    assert isinstance(events_of([piece] * 3 + [b"data: [DONE]\n\n"])[-1], MessageStop)
    assert isinstance(events_of([piece] * 4 + [b"data: [DONE]\n\n"])[-1], StreamError)


def test_proofs_that_come_after_the_text_are_told_behind_it() -> None:
    late = {"type": "reasoning.encrypted", "data": "x", "index": 0}
    pieces = [chunk({"content": "Hi"}), chunk({"reasoning_details": [late]}), b"data: [DONE]\n\n"]
    text, thinking = fold(events_of(pieces)).blocks
    assert text == Text("Hi")
    assert thinking == Thinking("", Proof("other", "x", {"reasoning_details": [late]}))
