"""Text that begins with a tag for thoughts (`<think>…</think>`) as a thinking block and the text behind it.

Many open models write their thoughts so, into the answer itself. Only the beginning of a text counts: a tag further on
is something that the model talks about.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from router_core.transform.transformer import Note
from router_core.wire.events import BlockStart, BlockStop, CitationDelta, Delta, Event, ProofDelta, StreamError
from router_core.wire.model import Text, Thinking

type State = Literal["outside", "deciding", "thinking", "behind", "text"]


class ThinkTags:
    """One answer's filter.

    Args:
        rule: named in the trace.
    """

    def __init__(self, tags: Sequence[str], rule: str, note: Note) -> None:
        self._tags, self._rule, self._note = tuple(tags), rule, note
        self._state: State = "outside"
        self._block = Text("")
        self._held: list[Event] = []
        """While it is not decided whether the text begins with a tag."""
        self._text = ""
        self._has_thought = False
        self._end = ""

    def events(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            match event:
                case BlockStart(block=Text(text=text) as block):
                    self._block = Text("", block.cache, block.citations, block.proof, block.extras)
                    self._state, self._held, self._text = "deciding", [], ""
                    yield from self._more(Delta(text)) if text else ()
                case Delta() if self._state != "outside":
                    yield from self._more(event)
                case BlockStop() if self._state != "outside":
                    yield from self._stop(event)
                case CitationDelta() | ProofDelta() if self._state == "deciding":
                    self._held.append(event)
                case CitationDelta() | ProofDelta() if self._state in ("thinking", "behind"):
                    pass  # they are about text that is none
                case StreamError():
                    if self._state == "deciding":
                        yield from self._no_tag()
                    yield event
                case _:
                    yield event

    def _more(self, delta: Delta) -> Iterator[Event]:
        match self._state:
            case "text":
                yield delta
            case "deciding":
                self._held.append(delta)
                self._text += delta.text
                yield from self._decide()
            case "thinking":
                yield from self._think(delta.text)
            case _:
                yield from self._behind(delta.text)

    def _decide(self) -> Iterator[Event]:
        begun = self._text.lstrip()
        for tag in self._tags:
            if begun.startswith(f"<{tag}>"):
                self._state, self._end = "thinking", f"</{tag}>"
                self._note("answer.text", f"{self._rule}: what is in <{tag}> is thinking")
                yield BlockStart(Thinking())
                self._text, self._has_thought = "", False
                yield from self._think(begun[len(tag) + 2 :])
                return
        if not any(f"<{tag}>".startswith(begun) for tag in self._tags):
            yield from self._no_tag()

    def _no_tag(self) -> Iterator[Event]:
        self._state = "text"
        yield BlockStart(self._block)
        yield from self._held

    def _think(self, text: str) -> Iterator[Event]:
        whole = self._text + text
        if not self._has_thought:  # the tag's own line ends here
            whole = whole.lstrip("\n")
            self._has_thought = bool(whole)
        at = whole.find(self._end)
        if at >= 0:
            if thought := whole[:at].rstrip("\n"):
                yield Delta(thought)
            yield BlockStop()
            self._state = "behind"
            yield from self._behind(whole[at + len(self._end) :])
            return
        keep = len(whole) - len(whole.rstrip("\n"))
        keep = next(
            (n for n in range(min(len(self._end) - 1, len(whole)), 0, -1) if self._end.startswith(whole[-n:])), keep
        )
        before = whole[: len(whole) - keep]
        keep += len(before) - len(before.rstrip("\n"))  # line ends before the tag belong to it
        self._text = whole[len(whole) - keep :]
        if ready := whole[: len(whole) - keep]:
            yield Delta(ready)

    def _behind(self, text: str) -> Iterator[Event]:
        if text := text.lstrip():
            self._state = "text"
            yield BlockStart(self._block)
            yield Delta(text)

    def _stop(self, event: BlockStop) -> Iterator[Event]:
        state = self._state
        if state == "deciding":
            yield from self._no_tag()
        elif state == "thinking" and self._text:
            yield Delta(self._text)
        if state != "behind":
            yield event if state != "thinking" else BlockStop()
        self._state = "outside"
