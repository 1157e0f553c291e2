"""Reading along with a stream: when content begins, how it ended, what it cost; however the bytes are cut."""

import json

import pytest

from router_core.wire.codec import codec
from router_core.wire.events import StreamError, fold
from router_core.wire.format import FormatName
from router_core.wire.tap import StreamTap
from tests.router_core.wire.golden import StreamCase, golden_streams

CASES = golden_streams()


def test_there_are_streams_of_each_format() -> None:
    assert {case.format for case in CASES} == {"anthropic", "openai-chat", "openai-responses", "gemini"}
    assert len(CASES) > 40


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_recorded_stream_is_understood(case: StreamCase, update_golden: bool) -> None:
    found = {"held_records": case.held_records(), **case.tapped(None)}
    if update_golden:
        case.expected_file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == case.expected()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_known_does_not_depend_on_chunking(case: StreamCase, size: int) -> None:
    assert case.tapped(size) == case.tapped(None)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_stream_cut_anywhere_is_never_taken_for_complete(case: StreamCase) -> None:
    """CLIProxyAPI #1407, #1979: "stream closed before response.completed" must be seen as that."""
    whole = case.tapped(None)
    if not whole["terminal"] or whole["error"]:
        return
    stream = case.stream.rstrip(b"\r\n")
    ends = [stream.rfind(end) for end in (b"message_stop", b"[DONE]", b"response.completed", b"response.done",
                                          b"response.incomplete")]  # fmt: skip
    if case.format == "gemini":  # no terminal event: the first reason to finish counts
        ends = [at for at in (stream.find(b'"finishReason"'), stream.find(b'"blockReason"')) if at >= 0][:1]
    breaks = (b"\n\n", b"\r\n\r\n", b"\r\r")
    start = max(0, *(stream.rfind(end, 0, max(ends)) for end in breaks))
    for length in range(0, start, 1 + start // 150):
        tap = StreamTap(case.format)
        tap.feed(case.stream[:length])
        tap.close()
        assert not tap.terminal, length
        assert tap.error is None


@pytest.mark.parametrize("name", ["anthropic", "openai-chat", "openai-responses", "gemini"])
def test_what_is_no_json_is_let_through_as_content(name: FormatName) -> None:
    tap = StreamTap(name)
    tap.feed(b"data: <html>not json</html>\n\n")
    assert (tap.content, tap.error, tap.terminal) == (True, None, False)


@pytest.mark.parametrize("data", [b"[]", b"null", b"5", b'"text"'])
def test_json_that_is_no_object_is_ignored(data: bytes) -> None:
    tap = StreamTap("anthropic")
    tap.feed(b"data: " + data + b"\n\n")
    assert (tap.content, tap.error) == (False, None)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("anthropic", '{"type":"message_start","message":null}'),
        ("anthropic", '{"type":"message_delta","delta":null,"usage":7}'),
        ("anthropic", '{"type":5}'),
        ("openai-chat", '{"choices":null,"usage":[1]}'),
        ("openai-chat", '{"choices":[null,5,{"delta":"x"},{"delta":null}],"x_groq":3}'),
        ("openai-responses", '{"type":"response.completed","response":"odd"}'),
        ("openai-responses", '{"type":"response.failed","response":[]}'),
        ("gemini", '{"candidates":5,"usageMetadata":[1]}'),
        ("gemini", '{"candidates":[null,{"content":[]},{"content":{"parts":[4]}}],"promptFeedback":[]}'),
        ("gemini", '{"error":"odd"}'),
    ],
)
def test_odd_shapes_never_raise(name: FormatName, data: str) -> None:
    tap = StreamTap(name)
    tap.feed(f"data: {data}\n\n".encode())
    tap.close()


FLAT_ERRORS = [
    pytest.param(b'data: {"code": 50501, "message": "busy"}', id="SiliconFlow"),
    pytest.param(b'data: {"object":"error","message":"busy","type":"x"}', id="vLLM"),
    pytest.param(b'event: error\ndata: {"message":"busy"}', id="named"),
    pytest.param(b'event:error\ndata:{"detail":"busy"}', id="named, without spaces"),
    pytest.param(b"event: error\ndata: busy", id="named, in words"),
]


@pytest.mark.parametrize("record", FLAT_ERRORS)
@pytest.mark.parametrize("begun", [False, True])
def test_an_error_without_the_envelope_is_one(record: bytes, begun: bool) -> None:
    """Before content another attempt can be made; afterwards the trace must not call the answer complete."""
    tap = StreamTap("openai-chat")
    if begun:
        tap.feed(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')
    tap.feed(record + b"\n\n")
    assert tap.content is begun
    assert tap.terminal
    assert "busy" in str(tap.error)


@pytest.mark.parametrize("record", FLAT_ERRORS)
def test_the_decoder_sees_the_same_errors(record: bytes) -> None:
    decoder = codec("openai-chat").stream_decoder()
    assert any(isinstance(event, StreamError) for event in decoder.feed(record + b"\n\n"))


def test_a_chunk_that_speaks_of_codes_and_errors_is_no_error() -> None:
    delta = {"content": '{"code": 1, "message": "x", "object": "error"}'}
    chunk = {"object": "chat.completion.chunk", "code": 0, "message": "ok", "choices": [{"index": 0, "delta": delta}]}
    tap = StreamTap("openai-chat")
    for _ in range(2):
        tap.feed(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    assert (tap.content, tap.error, tap.terminal) == (True, None, False)


def test_the_tap_of_a_chat_stream_counts_as_its_decoder_does() -> None:
    """The same answer must not cost more when it is translated."""
    usage = {
        "prompt_tokens": 100, "completion_tokens": 9, "total_tokens": 203, "prompt_cache_hit_tokens": 64,
        "completion_tokens_details": {"reasoning_tokens": 94},
    }  # fmt: skip
    stream = b"".join(
        b"data: " + json.dumps(chunk).encode() + b"\n\n"
        for chunk in (
            {"id": "1", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]},
            {"id": "1", "choices": [], "usage": usage},
        )
    )
    tap = StreamTap("openai-chat")
    tap.feed(stream + b"data: [DONE]\n\n")
    decoder = codec("openai-chat").stream_decoder()
    assert tap.usage == fold([*decoder.feed(stream), *decoder.close()]).usage
    assert (tap.usage.input_tokens, tap.usage.cache_read_tokens, tap.usage.output_tokens) == (36, 64, 103)


def test_the_first_error_counts() -> None:
    tap = StreamTap("anthropic")
    for word in ("first", "second"):
        tap.feed(b'event: error\ndata: {"type":"error","error":{"type":"%s"}}\n\n' % word.encode())
    assert tap.error == {"type": "error", "error": {"type": "first"}}


def test_closing_twice_changes_nothing() -> None:
    tap = StreamTap("openai-chat")
    tap.feed(b"data: [DONE]")
    assert not tap.terminal
    tap.close()
    tap.close()
    assert tap.terminal
