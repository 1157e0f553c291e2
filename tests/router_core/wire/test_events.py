"""Streams nest, fold into answers and unfold from them."""

import pytest

from router_core.trace.record import Usage
from router_core.wire.events import (
    BlockStart,
    BlockStop,
    CitationDelta,
    Delta,
    Event,
    KeepAlive,
    MessageStart,
    MessageStop,
    ProofDelta,
    StreamError,
    StreamFailed,
    fold,
    merged,
    unfold,
)
from router_core.wire.model import (
    Citation,
    Opaque,
    Proof,
    Refusal,
    Response,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    WireFault,
)

START = MessageStart("msg_1", "model")
STOP = MessageStop("end", Usage(1, 2))

ANSWER = Response(
    "msg_1",
    "model",
    (
        Thinking("let me see", Proof("anthropic", "sig")),
        Thinking("", Proof("anthropic", "data"), redacted=True),
        Text("Zürich", citations=(Citation("https://a.example", "A"),)),
        ToolCall("call_1", "run", '{"a": 1}'),
        ToolCall("call_2", "patch", "*** Begin", custom=True),
        ServerCall("ws_1", "web_search", "weather"),
        ServerResult("ws_1", "web_search"),
        Refusal("I will not."),
        Opaque("gemini", {"executableCode": {}}),
        Text(""),
    ),
    "tool_use",
    Usage(10, 20, 5),
    created_at=17,
    service_tier="default",
    logprobs=({"token": "Z"},),
    extras={"gemini": {"x": 1}},
)


def test_an_answer_unfolds_into_a_stream_that_folds_into_it() -> None:
    assert fold(unfold(ANSWER)) == ANSWER


def test_deltas_proofs_and_citations_add_up() -> None:
    proof, citation = Proof("openai", "x"), Citation("https://b.example")
    events: list[Event] = [
        START, KeepAlive(), BlockStart(Text("a")), Delta("b", ({"token": "b"},)), CitationDelta(citation), BlockStop(),
        BlockStart(Thinking()), Delta("hm"), ProofDelta(proof), BlockStop({"anthropic": {"k": 1}}), STOP,
    ]  # fmt: skip
    answer = fold(events)
    assert answer.blocks == (
        Text("ab", citations=(citation,)),
        Thinking("hm", proof, extras={"anthropic": {"k": 1}}),
    )
    assert (answer.logprobs, answer.usage, answer.stop) == (({"token": "b"},), Usage(1, 2), "end")


BROKEN: dict[str, list[Event]] = {
    "no end": [START],
    "no beginning": [STOP],
    "a delta outside a block": [START, Delta("x")],
    "a proof outside a block": [START, ProofDelta(Proof("openai", "x"))],
    "a block in a block": [START, BlockStart(Text("")), BlockStart(Text(""))],
    "a block before the message": [BlockStart(Text(""))],
    "an end inside a block": [START, BlockStart(Text("")), STOP],
    "two ends": [START, STOP, STOP],
    "two beginnings": [START, START],
    "a block after the end": [START, STOP, BlockStart(Text(""))],
    "an end of no block": [START, BlockStop()],
    "a delta for a block that comes whole": [START, BlockStart(ServerCall("1", "web_search")), Delta("x"), BlockStop()],
}


@pytest.mark.parametrize("events", BROKEN.values(), ids=BROKEN.keys())
def test_events_that_do_not_nest_are_an_error(events: list[Event]) -> None:
    with pytest.raises(ValueError, match=r"."):
        fold(events)


def test_a_stream_that_ends_in_an_error_has_no_answer() -> None:
    with pytest.raises(StreamFailed, match="Overloaded") as caught:
        fold([START, StreamError(WireFault(529, "overloaded", "Overloaded"))])
    assert (caught.value.status, caught.value.kind) == (529, "overloaded")


def test_extras_are_merged_field_by_field_and_the_second_wins() -> None:
    assert merged({"gemini": {"a": 1, "b": 1}}, {"gemini": {"b": 2}, "anthropic": {"c": 3}}) == {
        "gemini": {"a": 1, "b": 2},
        "anthropic": {"c": 3},
    }
