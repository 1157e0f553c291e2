"""A recorded body as lines: JSON indented, an event stream as what it said and then event by event, or as it came."""

from typing import Any

import orjson

from router_core.text import plain_lines
from tui.records import BodyRow
from tui.widgets.breaking import broken
from tui.widgets.cells import Piece
from tui.widgets.text_pane import Line

PRETTY_MOST_BYTES = 4 << 20
"""Longer bodies are shown as they came: indenting them would take seconds."""

PROSE = 76
"""Longer lines are hard to read."""


def lines_of(body: BodyRow, *, raw: bool) -> list[Line]:
    """The body to read, its notes first."""
    kept = len(body.content)
    size = f"{body.size:,} bytes" + (f", {body.content_type}" if body.content_type else "")
    lines: list[Line] = [[Piece(size, "dim")]]
    if body.truncated:
        lines.append([Piece(f"cut: the first {kept:,} of {body.size:,} bytes were kept", "warn")])
    elif kept > PRETTY_MOST_BYTES and not raw:
        lines.append([Piece("too long to be indented: shown as it came", "warn")])
    lines.append("")
    if raw or kept > PRETTY_MOST_BYTES:
        return lines + _raw(body.content)
    if "event-stream" in body.content_type or body.content.lstrip().startswith((b"event:", b"data:")):
        return lines + _events(body.content)
    return lines + _json_or_raw(body.content)


def _raw(content: bytes) -> list[Line]:
    if not content:
        return [[Piece("empty", "dim")]]
    return list(plain_lines(content.decode("utf-8", "replace")))


def _json_or_raw(content: bytes) -> list[Line]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:  # cut, or not JSON at all
        return _raw(content)
    return list(plain_lines(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()))


def _events(content: bytes) -> list[Line]:
    lines: list[Line] = []
    said: list[str] = []
    for record in content.replace(b"\r\n", b"\n").split(b"\n\n"):
        fields = [line.partition(b":") for line in record.split(b"\n") if line]
        if not fields:
            continue
        name = b"".join(value for field, _, value in fields if field == b"event").strip()
        data = b"\n".join(value.removeprefix(b" ") for field, _, value in fields if field == b"data")
        comments = [value for field, _, value in fields if not field]
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError:
            shown = data.decode("utf-8", "replace")
        else:
            said.append(_text_in(value))
            shown = orjson.dumps(value).decode()
        title = name.decode("utf-8", "replace") or ("comment" if comments and not data else "data")
        lines.append([Piece("▸ ", "dim"), Piece(plain_lines(title)[0], "hint")])
        lines += [f"  {line}" for line in plain_lines(shown or "".join(c.decode("utf-8", "replace") for c in comments))]
    text = "".join(said)
    if not text:
        return lines
    answer: list[Line] = [[Piece("What it said", "strong")]]
    answer += [[Piece("│ ", "dim"), Piece(part)] for line in plain_lines(text) for part in broken(line, PROSE)]
    return [*answer, "", [Piece("Events", "strong")], *lines]


def _text_in(event: Any) -> str:
    """The text that one event of any of the formats adds to the answer."""
    match event:
        case {"type": "content_block_delta", "delta": {"text": str(text)}}:  # anthropic
            return text
        case {"type": "response.output_text.delta", "delta": str(text)}:  # openai-responses
            return text
        case {"choices": [{"delta": {"content": str(text)}}, *_]}:  # openai-chat
            return text
        case {"candidates": [{"content": {"parts": [{"text": str(text)}, *_]}}, *_]}:  # gemini
            return text
        case _:
            return ""
