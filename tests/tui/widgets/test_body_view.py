"""Bodies as lines to read."""

import orjson
import pytest

from tui.records import BodyRow
from tui.widgets.body_view import lines_of
from tui.widgets.text_pane import Line, wrap


def written(lines: list[Line]) -> str:
    return "\n".join(line if isinstance(line, str) else "".join(piece.text for piece in line) for line in lines)


def body(content: bytes, content_type: str = "", size: int = 0, truncated: bool = False) -> BodyRow:
    return BodyRow("response", size or len(content), truncated, content_type, content)


def test_json_is_indented_and_raw_is_as_it_came() -> None:
    assert '  "a": [' in written(lines_of(body(b'{"a":[1]}'), raw=False))
    assert '{"a":[1]}' in written(lines_of(body(b'{"a":[1]}'), raw=True))


def test_cut_json_is_shown_as_it_came_and_says_how_much_is_missing() -> None:
    shown = written(lines_of(body(b'{"a":[1', size=123_456, truncated=True), raw=False))
    assert "cut: the first 7 of 123,456 bytes were kept" in shown
    assert '{"a":[1' in shown


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "content_block_delta", "delta": {"type": "text_delta", "text": t}} for t in ("Hel", "lo\nyou")],
        [{"type": "response.output_text.delta", "delta": t} for t in ("Hel", "lo\nyou")],
        [{"choices": [{"delta": {"content": t}}]} for t in ("Hel", "lo\nyou")] + [{"choices": []}],
        [{"candidates": [{"content": {"parts": [{"text": t}]}}]} for t in ("Hel", "lo\nyou")],
    ],
    ids=["anthropic", "openai-responses", "openai-chat", "gemini"],
)
def test_stream_says_its_text_first(events: list[object]) -> None:
    content = b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events) + b": ping\n\ndata: [DONE]\n\n"
    shown = written(lines_of(body(content, "text/event-stream"), raw=False))
    assert "│ Hello\n│ you" in shown
    assert "▸ comment" in shown
    assert "[DONE]" in shown


def test_control_characters_in_bodies_are_taken_out() -> None:
    evil = b'event: \x1b[2Jx\ndata: {"t":"\x1b]0;no\x07"}\n\n\x9b\xff'
    for raw in (True, False):
        assert not set(written(lines_of(body(evil), raw=raw))) & set("\x1b\x07\x9b")


def test_wrapped_line_keeps_text_and_colours() -> None:
    line = '{"key": "' + "x" * 30 + 'ü模", "n": 12}'
    parts = wrap(line, 20)
    assert written(parts).replace("\n", "") == line
    assert [piece.style for piece in parts[1]][:1] == ["string"]  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"plain"])
def test_anything_can_be_shown(content: bytes) -> None:
    assert lines_of(body(content), raw=False)
