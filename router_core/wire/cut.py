"""Stop sequences for a target that has none: its text is cut where the first of them begins.

What could still become a stop sequence is held back, at most its length. After the cut everything but the end is
swallowed: the provider goes on generating, and its usage counts, because it is what is paid.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from router_core.wire.events import (
    BlockStart,
    BlockStop,
    CitationDelta,
    Delta,
    Event,
    MessageStart,
    MessageStop,
    fold,
    unfold,
)
from router_core.wire.model import Response, Text


class Cutter:
    """One stream's filter. Sequences count in answer text only: not in thinking, not in tool arguments."""

    def __init__(self, sequences: Sequence[str]) -> None:
        self._sequences = tuple(sequence for sequence in sequences if sequence)
        self._longest = max((len(sequence) for sequence in self._sequences), default=0)
        self._held = ""
        self._in_text = False
        self._found: str | None = None
        self._closed = False

    def events(self, events: Iterable[Event]) -> Iterator[Event]:
        if not self._sequences:
            yield from events
            return
        for event in events:
            yield from self._one(event)

    def response(self, response: Response) -> Response:
        return fold(self.events(unfold(response))) if self._sequences else response

    def _one(self, event: Event) -> Iterator[Event]:
        match event:
            case MessageStop() if self._found is not None:
                yield replace(event, stop="stop_sequence", stop_sequence=self._found)
            case BlockStop() if self._found is not None and self._in_text:
                self._in_text = False
                yield event
            case BlockStart() | Delta() | BlockStop() | CitationDelta() if self._found is not None:
                return
            case BlockStart(block=Text(text=text) as block):
                self._in_text, self._held = True, ""
                yield BlockStart(replace(block, text=""))
                yield from self._text(text)
            case Delta(text=text) if self._in_text:
                yield from self._text(text, event)
            case BlockStop() if self._in_text:
                self._in_text = False
                if self._held:
                    yield Delta(self._held)
                    self._held = ""
                yield event
            case MessageStart() | _:
                yield event

    def _text(self, text: str, delta: Delta | None = None) -> Iterator[Event]:
        whole = self._held + text
        found = min(((at, sequence) for sequence in self._sequences if (at := whole.find(sequence)) >= 0), default=None)
        if found is not None:
            at, self._found = found
            self._held = ""
            if at:
                yield Delta(whole[:at])
            return
        keep = self._could_begin(whole)
        self._held = whole[len(whole) - keep :]
        if ready := whole[: len(whole) - keep]:
            yield Delta(ready, delta.logprobs if delta else ())

    def _could_begin(self, text: str) -> int:
        """How many characters at the end may be the beginning of a sequence."""
        for length in range(min(self._longest - 1, len(text)), 0, -1):
            tail = text[-length:]
            if any(sequence.startswith(tail) for sequence in self._sequences):
                return length
        return 0
