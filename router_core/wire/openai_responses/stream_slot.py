"""One output item while it arrives: which blocks of it have begun, and what of the open one has been told.

`output_item.done` is authoritative, and some providers send nothing before it, or leave out deltas. So at the end the
item is read exactly as in a whole answer, and what has not been told yet is told then.
"""

from msgspec.structs import replace

from router_core.errors import WireError
from router_core.wire.events import BlockStart, BlockStop, CitationDelta, Delta, Event, ProofDelta
from router_core.wire.model import (
    Block,
    Citation,
    JsonObject,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from router_core.wire.openai_responses.decode_items import call_id_of, item_blocks, unique
from router_core.wire.openai_responses.fields import own
from router_core.wire.openai_responses.response import logprobs_of

LIMIT = 64 * 1024 * 1024
"""Characters that one item may hold back or be checked against."""


class Slot:
    """One item.

    Args:
        item: as it was announced; {} when it was not.
        type: what the first event about it says it must be.
        call_ids: of the calls so far, in the whole answer.
    """

    def __init__(self, item: JsonObject, type: str, call_ids: set[str]) -> None:
        self.item = item
        self._call_ids = call_ids
        self.type = type
        self.done = False
        self.events: list[Event] = []
        """Not yet handed on."""
        self.called = False
        self.refused = False
        self._open = -1
        """The part whose block is open."""
        self._begun: set[int] = set()
        self._told: list[str] = []
        self._size = 0
        self._citations = 0
        self._logprobs = 0
        self._paragraph: tuple[str, int] | None = None
        """The part of the reasoning that spoke last."""

    def text(self, part: int, delta: str, logprobs: tuple[JsonObject, ...] = ()) -> None:
        """More of a text part."""
        if part != self._open:
            if part in self._begun:
                return  # closed already: what is missing cannot be said any more
            self._begin(part, Text(""))
        self._logprobs += len(logprobs)
        self._tell(delta, logprobs)

    def refusal(self, part: int, delta: str) -> None:
        if part != self._open:
            if part in self._begun:
                return
            self._begin(part, Refusal(""))
        self._tell(delta)

    def thought(self, paragraph: tuple[str, int], delta: str) -> None:
        """More of the reasoning; its parts become paragraphs."""
        if not delta:
            return
        if self._open < 0:
            self._begin(0, Thinking())
        elif paragraph != self._paragraph:
            self._tell("\n\n")
        self._paragraph = paragraph
        self._tell(delta)

    def call(self) -> None:
        """The call begins, as soon as its name is known."""
        name = self.item.get("name")
        if self._open >= 0 or not isinstance(name, str) or not name:
            return
        namespace = self.item.get("namespace")
        self.called = True
        call = ToolCall(
            unique(call_id_of(self.item), self._call_ids),
            name,
            custom=self.type == "custom_tool_call",
            namespace=namespace if isinstance(namespace, str) else "",
        )
        self._begin(0, call)

    def arguments(self, delta: str) -> None:
        """More of the call's arguments; before its name is known they are left to the end."""
        self.call()
        if self._open >= 0:
            self._tell(delta)

    def whole(self, part: int, text: str) -> None:
        """The complete text of the open part: tell what the deltas left out."""
        if part == self._open:
            self._rest(text)

    def cite(self, citation: Citation) -> None:
        if self._open >= 0:
            self._citations += 1
            self.events.append(CitationDelta(citation))

    def finish(self, item: JsonObject | None) -> None:
        """The item is complete.

        Args:
            item: None when the provider never said so: what came counts.

        Raises:
            WireError: 502; the item is not what its type says.
        """
        self.done = True
        blocks = item_blocks(item, "item", 502) if item is not None else ()
        if 0 <= self._open < len(blocks):
            self._close(blocks[self._open], item or {})
        elif self._open >= 0:
            self.events.append(BlockStop())
        for part, block in enumerate(blocks):
            if part not in self._begun:
                self._all_of(block, part, item or {})
        self._told = []

    def _begin(self, part: int, block: Block) -> None:
        if self._open >= 0:
            self.events.append(BlockStop(own()))
        self._open = part
        self._begun.add(part)
        self._told, self._citations, self._logprobs = [], 0, 0
        self.refused = self.refused or isinstance(block, Refusal)
        self.events.append(BlockStart(block))

    def _tell(self, delta: str, logprobs: tuple[JsonObject, ...] = ()) -> None:
        self._size += len(delta)
        if self._size > LIMIT:
            raise WireError("an output item is too large", status=502)
        self._told.append(delta)
        self.events.append(Delta(delta, logprobs))

    def _rest(self, whole: str) -> None:
        told = "".join(self._told)
        self._told = [told]
        if len(whole) > len(told) and whole.startswith(told):
            self._tell(whole[len(told) :])

    def _close(self, block: Block, item: JsonObject) -> None:
        """End the open block as the complete item has it."""
        match block:
            case Text(text=text, citations=citations):
                self._rest(text)
                if not self._logprobs and (logprobs := _logprobs(item, self._open)):
                    self.events.append(Delta("", logprobs))
                self.events += [CitationDelta(citation) for citation in citations[self._citations :]]
            case Refusal(text=text):
                self._rest(text)
            case Thinking(text=text, proof=proof):
                self._rest(text)
                if proof is not None:
                    self.events.append(ProofDelta(proof))
            case ToolCall(arguments=arguments):
                self._rest(arguments)
            case _:
                pass  # the other kinds come whole and are never open
        extras = getattr(block, "extras", {})
        self.events.append(BlockStop(extras))

    def _all_of(self, block: Block, part: int, item: JsonObject) -> None:
        if isinstance(block, ToolCall):
            self.called = True
            block = replace(block, id=unique(block.id, self._call_ids))
        self.refused = self.refused or isinstance(block, Refusal)
        logprobs = _logprobs(item, part) if isinstance(block, Text) else ()
        if isinstance(block, Text) and logprobs:
            self.events += [BlockStart(replace(block, text="")), Delta(block.text, logprobs), BlockStop()]
        else:
            self.events += [BlockStart(block), BlockStop()]


def _logprobs(item: JsonObject, part: int) -> tuple[JsonObject, ...]:
    content = item.get("content")
    found = content[part] if isinstance(content, list) and part < len(content) else {}
    return tuple(logprobs_of(found)) if isinstance(found, dict) else ()
