"""What was asked and what was answered: put together to be read, record by record, or byte for byte."""

from collections.abc import Sequence
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

import orjson

from router_core.text import plain, plain_lines
from router_core.trace.answer_text import AnswerText, Part, answer_text
from router_core.trace.stream_records import is_stream, stream_records
from router_core.wire.format import FormatName, call_of
from tui.records import BodyRow
from tui.screens.detail.facts import View, prose
from tui.widgets.body_view import lines_of
from tui.widgets.cells import Piece
from tui.widgets.text_pane import Line

Reading = Literal["text", "events", "raw"]
READINGS: tuple[Reading, ...] = ("text", "events", "raw")
MOST_RECORDS = 20_000
_ARGUMENTS_MOST = 64_000


def asked(view: View) -> list[BodyRow]:
    """The bodies that went out, the client's own first."""
    return [body for body in view.trace.bodies if body.kind.endswith("request")]


def answered(view: View) -> list[BodyRow]:
    """The bodies that came back: what the client saw first."""
    kinds = {"response": 0, "upstream-response": 1}
    return sorted(
        (body for body in view.trace.bodies if not body.kind.endswith("request")),
        key=lambda body: (kinds.get(body.kind, 2), body.kind),
    )


def heading_of(bodies: Sequence[BodyRow], chosen: BodyRow, modes: Sequence[str], mode: str) -> Line:
    """Which body, how it is read, and the keys for others."""
    pieces = [Piece(chosen.kind, "strong"), Piece("   v ", "hint")]
    for each in modes:
        pieces += [Piece(f" {each} ", "cursor" if each == mode else "dim")]
    if len(bodies) > 1:
        pieces += [Piece("   b ", "hint"), Piece(f" {bodies.index(chosen) + 1} of {len(bodies)} bodies", "dim")]
    return pieces


def request_lines(view: View, body: BodyRow, raw: bool, width: int) -> list[Line]:
    """A body that was sent."""
    return hidden(view, lines_of(body, raw=raw))


def answer_lines(view: View, body: BodyRow, reading: Reading, width: int) -> list[Line]:
    """A body that came."""
    match reading:
        case "raw":
            return hidden(view, lines_of(body, raw=True))
        case "events":
            return _notes(body) + _events(view, body)
        case "text":
            found = answer_text(
                body.content, _format_of(view, body), content_type=body.content_type, truncated=bool(body.truncated),
                status=_status_of(view, body),
            )  # fmt: skip
            return _notes(body) + _text(view, found, width)


def _notes(body: BodyRow) -> list[Line]:
    size = f"{body.size:,} bytes" + (f", {body.content_type}" if body.content_type else "")
    lines: list[Line] = [[Piece(plain(size), "dim")]]
    if body.truncated:
        lines.append([Piece(f"cut: the first {len(body.content):,} of {body.size:,} bytes were kept", "warn")])
    return [*lines, ""]


def _text(view: View, found: AnswerText, width: int) -> list[Line]:
    lines: list[Line] = []
    for part in found.parts:
        lines += [*_part(view, part, width), ""]
    if found.stop:
        tokens = found.usage.output_tokens if found.usage else None
        counted = f" · {tokens:,} output tokens" if tokens is not None else ""
        lines.append([Piece(f"■ stopped: {found.stop.replace('_', ' ')}{counted}", "dim")])
    if found.unread:
        lines.append([Piece(found.unread, "warn"), Piece("  v shows it as it came", "dim")])
    return lines


def _part(view: View, part: Part, width: int) -> list[Line]:
    text = view.sanitizer.text(part.text)
    match part.kind:
        case "text":
            return prose(text, width)
        case "thinking":
            return [[Piece("thinking", "dim")], *prose(text, width, "dim", Piece("│ ", "dim"))]
        case "tool_call":
            head: Line = [Piece("▸ ", "hint"), Piece(plain(part.title), "hint")]
            return [head, *_arguments(text)]
        case "error":
            return [[Piece(f"✗ {plain(part.title)}", "bad")], *prose(text, width, "bad", Piece("  "))]
        case "refusal":
            return [[Piece("refusal", "warn")], *prose(text, width, "", Piece("│ ", "warn"))]
        case "search" | "media" | "other":
            return [[Piece("◦ ", "hint"), Piece(plain(part.title), "hint")], *prose(text, width, "dim", Piece("  "))]


def _arguments(text: str) -> list[Line]:
    """Of a call: JSON indented, longer texts in it as the lines that they are."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return [f"  {line}" for line in plain_lines(text)]
    if not isinstance(value, dict) or len(text) > _ARGUMENTS_MOST:
        return [f"  {line}" for line in plain_lines(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())]
    lines: list[Line] = []
    for name, inner in value.items():
        if isinstance(inner, str) and "\n" in inner:
            lines.append([Piece(f"  {plain(name)}:", "key")])
            lines += [[Piece("  │ ", "dim"), Piece(line)] for line in plain_lines(inner)]
        else:
            lines.append(f'  "{plain(name)}": {plain(orjson.dumps(inner).decode())}')
    return lines


def _events(view: View, body: BodyRow) -> list[Line]:
    if not is_stream(body.content, body.content_type):
        return [[Piece("It did not come as an event stream: there are no events.", "dim")]]
    lines: list[Line] = []
    for number, record in enumerate(stream_records(body.content)):
        if number == MOST_RECORDS:
            lines.append([Piece("… more records: v shows all of it as it came", "dim")])
            break
        title = record.event or ("comment" if record.comment else "data")
        head = [
            Piece(f"{record.offset:>9,}  ", "dim"),
            Piece(plain(title), "hint"),
            Piece(f"  {record.size:,} bytes", "dim"),
        ]
        lines.append(head)
        text = record.comment or record.data.decode("utf-8", "replace")
        lines += [f"           {line}" for line in plain_lines(view.sanitizer.text(text))]
    return lines


def hidden(view: View, lines: list[Line]) -> list[Line]:
    """Bodies are the owner's: of a sanitized one only the layout is seen."""
    if not view.sanitizer.on:
        return lines
    text = view.sanitizer.text
    head, rest = lines[:1], lines[1:]
    return head + [
        text(line) if isinstance(line, str) else [Piece(text(piece.text), piece.style) for piece in line]
        for line in rest
    ]


def _format_of(view: View, body: BodyRow) -> FormatName:
    """Of an answer: the client's own saw the client's format, the others that of the provider."""
    row = view.trace.request
    name = row.format
    if body.kind.startswith("attempt-"):
        number = body.kind.removeprefix("attempt-")
        url = next((each.url for each in view.trace.attempts if str(each.number) == number), "")
        return call_of("anthropic", urlsplit(url).path).format
    if body.kind == "upstream-response":
        name = row.upstream_format or row.format
    return cast(FormatName, name) if name in get_args(FormatName) else "openai-responses"


def _status_of(view: View, body: BodyRow) -> int:
    if body.kind.startswith("attempt-"):
        number = body.kind.removeprefix("attempt-")
        return next((each.status or 200 for each in view.trace.attempts if str(each.number) == number), 200)
    return view.trace.request.status or 200
