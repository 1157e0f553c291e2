"""A kept answer, put together again, in every format."""

import orjson
import pytest

from router_core.trace.answer_text import AnswerText, Part, answer_text, call_in_short, in_short
from router_core.wire.codec import codec
from router_core.wire.events import StreamFailed, fold
from router_core.wire.format import FormatName
from router_core.wire.model import Text, Thinking, ToolCall
from tests.router_core.wire.golden import FOLDER, StreamCase, golden_streams

SSE = "text/event-stream"


@pytest.mark.parametrize("format", ["anthropic", "openai-chat", "openai-responses", "gemini"])
def test_recorded_streams_are_put_together_as_the_codec_does(format: FormatName) -> None:
    cases = [case for case in golden_streams() if case.format == format]
    whole = sum(1 for case in cases if _as_folded(case))
    assert whole >= 5


def _as_folded(case: StreamCase) -> bool:
    found = answer_text(case.stream, case.format, content_type=SSE)
    decoder = codec(case.format).stream_decoder()
    try:
        response = fold([*decoder.feed(case.stream), *decoder.close()])
    except StreamFailed as error:
        failed = error
    else:
        failed = None
    if failed is not None:
        assert found.parts[-1].kind == "error", case
        assert found.parts[-1].text == failed.fault.message, case
        return False
    told = [part for part in found.parts if part.kind in ("text", "thinking", "tool_call")]
    blocks = [block for block in response.blocks if isinstance(block, Text | Thinking | ToolCall)]
    assert len(told) == len(blocks), case
    for part, block in zip(told, blocks, strict=True):
        match block:
            case Text(text=text):
                assert part == Part("text", text), case
            case Thinking(text=text, redacted=redacted):
                assert part == Part("thinking", text or ("(withheld)" if redacted else "")), case
            case ToolCall(name=name, arguments=arguments):
                assert part == Part("tool_call", arguments, name), case
    assert (found.stop, found.usage, found.unread) == (response.stop, response.usage, ""), case
    return True


def test_an_answer_that_came_whole_reads_as_one_that_was_streamed() -> None:
    folder = FOLDER / "anthropic" / "thinking_and_call"
    whole = answer_text((folder / "answer.json").read_bytes(), "anthropic", content_type="application/json")
    streamed = answer_text((folder / "stream.sse").read_bytes(), "anthropic", content_type=SSE)
    kinds = [part.kind for part in whole.parts]
    assert kinds == ["thinking", "text", "tool_call", "tool_call"] == [part.kind for part in streamed.parts]
    assert whole.words == streamed.words == "I look."
    assert in_short(whole.parts) == "I look. → look(Zürich), look()"
    assert whole.stop == "tool_use"


def test_an_answer_that_says_that_there_is_no_error_is_none() -> None:
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "ciao"}]}
    body = {"id": "r", "object": "response", "status": "completed", "model": "gpt-5", "error": None, "output": [said]}
    found = answer_text(orjson.dumps(body), "openai-responses", content_type="application/json")
    assert found.parts == (Part("text", "ciao"),)
    assert found.unread == ""


def test_a_stream_of_which_only_the_beginning_was_kept_has_no_error_but_says_so() -> None:
    stream = (FOLDER / "anthropic" / "thinking_and_call" / "stream.sse").read_bytes()
    cut = stream[: stream.index(b"I look.") + 10]
    found = answer_text(cut, "anthropic", content_type=SSE, truncated=True)
    assert [part.kind for part in found.parts] == ["thinking", "text"]
    assert found.unread == "the rest was not kept"
    broken = answer_text(cut, "anthropic", content_type=SSE)
    assert broken.parts[-1].kind == "error"
    assert broken.unread == ""


@pytest.mark.parametrize(
    ("format", "body", "message"),
    [
        ("anthropic", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "Overloaded"),
        ("openai-chat", {"error": {"message": "no quota", "code": "insufficient_quota"}}, "no quota"),
        ("gemini", {"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}, "slow down"),
    ],
)
def test_an_error_is_told_in_its_own_words(format: FormatName, body: dict[str, object], message: str) -> None:
    found = answer_text(orjson.dumps(body), format, status=429)
    assert [part.kind for part in found.parts] == ["error"]
    assert message in found.parts[0].text
    assert message in in_short(found.parts)


GEMINI = {"candidates": [{"content": {"role": "model", "parts": [{"text": "ciao"}]}, "finishReason": "STOP"}]}


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (orjson.dumps(GEMINI), "application/json"),
        (orjson.dumps([GEMINI]), "application/json"),
        (orjson.dumps({"response": GEMINI, "traceId": "1"}), "application/json"),
        (b"data: " + orjson.dumps(GEMINI) + b"\r\n\r\n", SSE),
        (b"data: " + orjson.dumps({"response": GEMINI}) + b"\r\n\r\n", SSE),
    ],
    ids=["whole", "an array of frames", "in an envelope", "stream", "stream in envelopes"],
)
def test_gemini_answers_in_all_their_wrappings(content: bytes, content_type: str) -> None:
    assert answer_text(content, "gemini", content_type=content_type).words == "ciao"


@pytest.mark.parametrize("format", ["anthropic", "openai-chat", "openai-responses", "gemini"])
@pytest.mark.parametrize(
    "content", [b"", b"  ", b"\xff\xfe", b"[1]", b"[]", b"7", b"{}", b"data: \xff\n\n", b'{"content": 3}', b"null"]
)
def test_anything_can_be_read(format: FormatName, content: bytes) -> None:
    found = answer_text(content, format)
    assert isinstance(found, AnswerText)
    assert found.unread or found.parts or found.stop is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ('{"file_path": "/a/b.py", "limit": 3}', "Read(/a/b.py)"),
        ('{"limit": 3}', "Read()"),
        ('{"command": "' + "x" * 90 + '"}', "Read(" + "x" * 47 + "…)"),
        ("not json", "Read()"),
        ("[1]", "Read()"),
        ("", "Read()"),
    ],
)
def test_calls_in_short(arguments: str, said: str) -> None:
    assert call_in_short(Part("tool_call", arguments, "Read")) == said
