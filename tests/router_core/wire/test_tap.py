"""Reading along with a stream: when content begins, how it ended, what it cost; however the bytes are cut."""

import json

import pytest

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
