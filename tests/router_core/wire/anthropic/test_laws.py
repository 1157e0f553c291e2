"""Laws over made-up conversations and damaged bytes: what is sent is acceptable, what is read never surprises."""

import copy
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from anthropic.types import Message as SdkMessage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router_core.errors import WireError
from router_core.simulator.anthropic_rules import problem_in_message_request
from router_core.simulator.anthropic_signatures import mint_redacted, mint_signature
from router_core.trace.record import Usage
from router_core.wire.events import Event, Folding, MessageStop, StreamError, fold, unfold
from router_core.wire.model import (
    Block,
    Cache,
    Citation,
    CustomTool,
    FunctionTool,
    Media,
    Message,
    Opaque,
    OutputFormat,
    Proof,
    Refusal,
    Request,
    Response,
    SearchHit,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ThinkingSetting,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    WebSearchTool,
)
from tests.router_core.wire.anthropic.samples import CODEC, PNG, REQUESTS, RESPONSES, answering, target
from tests.router_core.wire.anthropic.streams import CASES, as_anthropic_streams, decoded, encoded, read_by_the_sdk
from tests.router_core.wire.anthropic.test_request_identity import PARAMS

QUICK = settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

words = st.sampled_from(["", " ", "\n", "a", "hello", "Zürich ☂", "x" * 50, "<b>", "END"])
ids = st.sampled_from(["c1", "c2", "c:3", "", "ü", "y" * 140])
names = st.sampled_from(["look", "mcp__server__tool", "dots.in it", "n" * 150])
arguments = st.sampled_from(["", "{}", '{"a":1}', '{"a":', "[]", "free text", '{"\\ud83d\\ude00":[{"b":null}]}'])
caches = st.sampled_from([None, None, None, Cache(), Cache("1h"), Cache("5m")])
proofs = st.sampled_from(
    [None, Proof("openai", "gAAA", {"type": "reasoning"}), Proof("gemini", "CiQ"), Proof("other", "x")]
)


def claude(thought: str) -> Thinking:
    if thought == "secret":
        data = mint_redacted(thought)
        return Thinking("", Proof("anthropic", data, {"type": "redacted_thinking", "data": data}), redacted=True)
    signature = mint_signature(thought)
    block = {"type": "thinking", "thinking": thought, "signature": signature}
    return Thinking(thought, Proof("anthropic", signature, block))


texts = st.builds(Text, words, caches, st.sampled_from([(), (Citation("https://e.com", "t", "c", 0, 1),)]), proofs)
thoughts = st.one_of(st.builds(Thinking, words, proofs), st.builds(claude, st.sampled_from(["", "hm", "secret"])))
media = st.sampled_from(
    [
        Media("image", "image/png", data=PNG),
        Media("image", "image/svg+xml", data="PHN2Zz4="),
        Media("image", url="https://example.com/a.png"),
        Media("document", "application/pdf", data="JVBERi0="),
        Media("document", "text/plain", text="words", name="a.txt"),
        Media("document", "application/msword", data="AAAA"),
        Media("audio", "audio/wav", data="AAAA"),
    ]
)
calls = st.builds(ToolCall, ids, names, arguments, st.booleans(), st.sampled_from(["", "ns"]), proofs, caches)
results = st.builds(
    ToolResult,
    ids,
    st.lists(st.one_of(texts, media), max_size=2).map(tuple),
    st.booleans(),
    st.booleans(),
    st.just(""),
    caches,
)
hits = st.sampled_from([(), (SearchHit("https://e.com", "E", "words"),)])
searches = st.one_of(
    st.builds(ServerCall, st.sampled_from(["ws_1", "ws_2"]), st.just("web_search"), words),
    st.builds(
        ServerResult, st.sampled_from(["ws_1", "ws_3"]), st.just("web_search"), hits, st.sampled_from(["", "oops"])
    ),
)
foreign = st.just(Opaque("openai-responses", {"type": "image_generation_call"}))
blocks: st.SearchStrategy[Block] = st.one_of(
    texts, thoughts, media, calls, results, searches, foreign, st.builds(Refusal, words)
)
messages = st.builds(
    Message, st.sampled_from(["system", "developer", "user", "assistant"]), st.lists(blocks, max_size=4).map(tuple)
)
schemas = st.sampled_from(
    [None, {}, {"type": "object"}, {"anyOf": [{"type": "object", "properties": {"a": {}}}]}, {"type": "array"}]
)
tools: st.SearchStrategy[Tool] = st.one_of(
    st.builds(FunctionTool, names, words, schemas, st.sampled_from([None, True, False]), st.just(""), caches),
    st.builds(CustomTool, names, words, st.sampled_from([None, {"definition": "start: X"}])),
    st.just(WebSearchTool(3)),
)
thinking = st.one_of(
    st.none(),
    st.builds(
        ThinkingSetting,
        st.sampled_from(["off", "on", "adaptive"]),
        st.sampled_from([None, "none", "minimal", "low", "medium", "high", "xhigh", "max"]),
        st.sampled_from([None, -1, 0, 500, 5000, 200_000]),
        st.sampled_from([None, "omitted", "summary"]),
    ),
)
outputs = st.sampled_from(
    [
        None,
        OutputFormat("json_object"),
        OutputFormat("json_schema", {"type": "object", "properties": {"a": {"minimum": 1}}}),
    ]
)
requests = st.builds(
    Request,
    st.just("m"),
    st.lists(messages, max_size=6).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
    st.lists(tools, max_size=4).map(tuple),
    st.sampled_from(
        [None, ToolChoice("auto"), ToolChoice("required"), ToolChoice("none"), ToolChoice("required", ("look",))]
    ),
    st.sampled_from([None, True, False]),
    thinking,
    outputs,
    st.sampled_from([None, 1, 1500, 20_000, 500_000]),
    st.lists(words, max_size=3).map(tuple),
    temperature=st.sampled_from([None, 0.0, 1.0, 1.5]),
    top_p=st.sampled_from([None, 0.5, 0.96, 1.0]),
    top_k=st.sampled_from([None, 5]),
    user=st.sampled_from([None, "me", "u" * 300]),
    service_tier=st.sampled_from([None, "auto", "flex", "default"]),
    stream=st.booleans(),
)
models = st.sampled_from(
    ["claude-sonnet-4-5", "claude-opus-4-6", "claude-opus-4-8", "claude-opus-5-5", "claude-fable-5-1"]
)


def attempted[T](call: Callable[[], T]) -> tuple[T | None, WireError | None]:
    """What came of it: a value, or the one kind of error that is allowed."""
    try:
        return call(), None
    except WireError as error:
        return None, error


@QUICK
@given(requests, models)
def test_whatever_is_asked_anthropic_accepts_what_is_sent(request: Request, model: str) -> None:
    sent, error = attempted(lambda: CODEC.encode_request(request, target(model)))
    if sent is None:
        assert error is not None
        assert (error.status, bool(error.param)) == (400, True)
        return
    assert problem_in_message_request(sent.body, []) is None
    PARAMS.validate_python(sent.body)
    assert orjson.loads(orjson.dumps(sent.body)) == sent.body
    assert CODEC.encode_request(request, target(model)).body == sent.body


@QUICK
@given(requests, models)
def test_what_was_sent_is_read_and_said_again(request: Request, model: str) -> None:
    """A → neutral → A once it is in Anthropic's form."""
    sent, _ = attempted(lambda: CODEC.encode_request(request, target(model)))
    if sent is None:
        return
    body = sent.body
    again = CODEC.encode_request(CODEC.decode_request(body), target(model))
    assert again.body == body


answers = st.builds(
    Response,
    st.sampled_from(["msg_1", "resp_1", ""]),
    st.just("gpt"),
    st.lists(st.one_of(texts, thoughts, media, calls, searches, foreign, st.builds(Refusal, words)), max_size=4).map(
        tuple
    ),
    st.sampled_from(["end", "tool_use", "max_tokens", "refusal", "stop_sequence", "malformed_call"]),
    st.builds(Usage, st.sampled_from([None, 0, 5]), st.sampled_from([None, 7]), st.sampled_from([None, 3])),
)


@QUICK
@given(answers)
def test_every_answer_is_one_that_the_sdk_reads(answer: Response) -> None:
    SdkMessage.model_validate(CODEC.encode_response(answer, answering()))


@settings(QUICK, max_examples=25)
@given(answers)
def test_the_sdk_reads_every_stream_to_its_end(answer: Response) -> None:
    """The arguments of some calls are no JSON; a stream hands them on, and the SDK would refuse to read them."""
    kept = tuple(
        b for b in answer.blocks if not isinstance(b, ToolCall) or b.custom or b.arguments in ("", "{}", '{"a":1}')
    )
    whole = Response(answer.id, answer.model, kept, answer.stop, answer.usage)
    read = read_by_the_sdk(encoded(list(unfold(whole))))
    said = CODEC.encode_response(whole, answering())
    kinds = [block["type"] for block in said["content"]]
    assert [block.type for block in read.content if block.type != "thinking"] == [k for k in kinds if k != "thinking"]
    assert read.stop_reason == said["stop_reason"]


# ---------------------------------------------------------------------------------------------------------- damage
odd: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, -1, 1.5, 2**70, True, "", "x", [], {}, [None], {"type": "text"}, [{"type": 3}], float("inf"), "\ud800"]
)


def damaged(value: Any, path: list[int], new: Any, drop: bool) -> Any:
    """A copy of a body in which one part, found by `path`, is replaced or removed."""
    value = copy.deepcopy(value)
    here: Any = value
    parent: Any = None
    key: Any = None
    for step in path:
        if isinstance(here, dict) and here:
            parent, key = here, sorted(here)[step % len(here)]
        elif isinstance(here, list) and here:
            parent, key = here, step % len(here)
        else:
            break
        here = parent[key]
    if parent is not None:
        if drop:
            del parent[key]
        else:
            parent[key] = new
    return value


paths = st.lists(st.integers(0, 20), min_size=1, max_size=8)


@settings(QUICK, max_examples=250)
@given(st.sampled_from(sorted(REQUESTS)), paths, odd, st.booleans())
def test_a_damaged_request_is_read_or_refused_with_the_field(name: str, path: list[int], new: Any, drop: bool) -> None:
    body = damaged(REQUESTS[name], path, new, drop)
    _, error = attempted(lambda: CODEC.encode_request(CODEC.decode_request(body), target()))
    assert error is None or error.status == 400


@settings(QUICK, max_examples=250)
@given(st.sampled_from(sorted(RESPONSES)), paths, odd, st.booleans())
def test_a_damaged_answer_is_read_or_refused_with_the_field(name: str, path: list[int], new: Any, drop: bool) -> None:
    body = damaged(RESPONSES[name], path, new, drop)
    _, error = attempted(lambda: CODEC.encode_response(CODEC.decode_response(body), answering()))
    assert error is None or error.status == 502


def nested(events: list[Event]) -> None:
    """Well nested, with exactly one terminal event at the end."""
    assert [isinstance(event, MessageStop | StreamError) for event in events].count(True) == 1
    assert isinstance(events[-1], MessageStop | StreamError)
    folding = Folding()
    for event in events:
        if not isinstance(event, StreamError):
            folding.add(event)


STREAMS = [case.stream for case in CASES] + [as_anthropic_streams(message) for message in RESPONSES.values()]


@settings(QUICK, max_examples=200)
@given(
    st.sampled_from(STREAMS),
    st.lists(
        st.tuples(
            st.integers(0, 5000), st.sampled_from([b"", b"\n", b"\n\n", b'"', b"{", b"}", b"\xff", b"3", b"null"])
        ),
        max_size=4,
    ),
    st.sampled_from([None, 1, 5, 64]),
)
def test_damaged_bytes_give_well_nested_events(stream: bytes, cuts: list[tuple[int, bytes]], size: int | None) -> None:
    for at, new in cuts:
        at %= len(stream)
        stream = stream[:at] + new + stream[at + max(1, len(new)) :]
    events = decoded(stream, size)
    nested(events)
    assert encoded(events)


@settings(QUICK, max_examples=200)
@given(st.sampled_from(sorted(RESPONSES)), st.integers(0, 60), paths, odd, st.booleans())
def test_damaged_events_give_well_nested_events(name: str, which: int, path: list[int], new: Any, drop: bool) -> None:
    stream = as_anthropic_streams(RESPONSES[name]).split(b"\n\n")[:-1]
    which %= len(stream)
    head, _, data = stream[which].partition(b"data: ")
    try:
        stream[which] = head + b"data: " + orjson.dumps(damaged(orjson.loads(data), path, new, drop))
    except orjson.JSONEncodeError:  # a number or a string that JSON bytes cannot hold
        return
    events = decoded(b"\n\n".join(stream) + b"\n\n")
    nested(events)
    assert encoded(events)


@pytest.mark.parametrize("depth", [300, 1000])
def test_deep_input_is_refused_not_followed(depth: int) -> None:
    value: Any = {}
    for _ in range(depth):
        value = {"a": value}
    body = copy.copy(REQUESTS["tools and results"])
    body["messages"] = [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "x", "name": "y", "input": value}]}
    ]
    with pytest.raises(WireError, match="cannot be written as JSON"):
        CODEC.decode_request(body)


def test_own_blocks_survive_the_way_through_a_stream() -> None:
    for message in RESPONSES.values():
        given = CODEC.decode_response(message)
        assert fold(unfold(given)).blocks == fold(decoded(encoded(list(unfold(given))))).blocks
