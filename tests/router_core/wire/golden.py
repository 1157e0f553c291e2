"""The recorded event streams below `tests/golden/<format>/<case>/`: `stream.sse` and what is to be known of it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast, get_args

from router_core.wire.format import FormatName
from router_core.wire.sse import RecordSplitter, records
from router_core.wire.tap import StreamTap

FOLDER = Path(__file__).parents[2] / "golden"


@dataclass(frozen=True)
class StreamCase:
    """One recorded stream."""

    format: FormatName
    folder: Path

    def __str__(self) -> str:
        return f"{self.format}/{self.folder.name}"

    @property
    def stream(self) -> bytes:
        return (self.folder / "stream.sse").read_bytes()

    @property
    def expected_file(self) -> Path:
        return self.folder / "expected.json"

    def expected(self) -> dict[str, Any]:
        return cast(dict[str, Any], json.loads(self.expected_file.read_text(encoding="utf-8")))

    def pieces(self, size: int | None) -> Iterator[bytes]:
        stream = self.stream
        for start in range(0, len(stream), size or len(stream)):
            yield stream[start : start + (size or len(stream))]

    def tapped(self, size: int | None) -> dict[str, Any]:
        """What a tap knows at the end of the stream, fed in pieces of `size` bytes."""
        tap = StreamTap(self.format)
        for piece in self.pieces(size):
            tap.feed(piece)
        tap.close()
        return {
            "content": tap.content,
            "terminal": tap.terminal,
            "error": tap.error,
            "stop_reason": tap.stop_reason,
            "usage": {name: value for name, value in asdict(tap.usage).items() if value is not None},
        }

    def held_records(self) -> int | None:
        """How many records came before the one that lets the stream go to the client; None: it never goes."""
        tap, splitter, seen = StreamTap(self.format), RecordSplitter(), 0
        for piece in self.pieces(1):
            tap.feed(piece)
            seen += len(list(records(splitter.feed(piece))))
            if tap.content:
                return seen - 1
        return None


def golden_streams() -> list[StreamCase]:
    """All of them, in a fixed order."""
    return [StreamCase(name, folder) for name in get_args(FormatName) for folder in sorted((FOLDER / name).iterdir())]
