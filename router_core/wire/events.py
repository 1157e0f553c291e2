"""A stream as neutral events: `MessageStart (BlockStart Delta* BlockStop)* MessageStop | StreamError`.

Exactly one terminal event; one block open at a time, so a decoder whose format lets calls alternate keeps them apart
and gives one after the other. `fold` makes a stream the answer that it adds up to; `unfold` the other way round.
"""

from collections.abc import Iterable, Iterator
from copy import copy
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from router_core.errors import RouterError
from router_core.trace.record import Usage
from router_core.wire.model import (
    NO_EXTRAS,
    Block,
    Citation,
    Extras,
    JsonObject,
    Media,
    Opaque,
    Proof,
    Refusal,
    Response,
    ServerCall,
    ServerResult,
    StopReason,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    WireFault,
)


class MessageStart(Struct, frozen=True):
    """`usage` is what is known before the first word: None, or the input side."""

    id: str
    model: str
    created_at: int | None = None
    usage: Usage | None = None
    service_tier: str | None = None
    extras: Extras = NO_EXTRAS


class BlockStart(Struct, frozen=True):
    """A block begins. Text, refusal, thinking and tool calls may begin with their first words or empty; every other
    kind comes whole here and gets no deltas."""

    block: Block


class Delta(Struct, frozen=True):
    """More of the open block: its text, or the arguments of its call."""

    text: str
    logprobs: tuple[JsonObject, ...] = ()


class ProofDelta(Struct, frozen=True):
    """The proof of the open block (it replaces an earlier one)."""

    proof: Proof


class CitationDelta(Struct, frozen=True):
    citation: Citation


class BlockStop(Struct, frozen=True):
    """The open block is whole.

    Args:
        extras: what the format says of the block only at its end; merged into the block's own.
    """

    extras: Extras = NO_EXTRAS


class MessageStop(Struct, frozen=True):
    stop: StopReason
    usage: Usage
    stop_sequence: str | None = None
    service_tier: str | None = None
    extras: Extras = NO_EXTRAS


class StreamError(Struct, frozen=True):
    fault: WireFault


class KeepAlive(Struct, frozen=True):
    """The provider lives and says nothing. May come anywhere."""


type Event = (
    MessageStart | BlockStart | Delta | ProofDelta | CitationDelta | BlockStop | MessageStop | StreamError | KeepAlive
)


class StreamFailed(RouterError):
    """A stream ended in an error event, so there is no answer to fold it into."""

    def __init__(self, fault: WireFault) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.status = fault.status
        self.kind = fault.kind


def fold(events: Iterable[Event]) -> Response:
    """The answer that a stream adds up to.

    Raises:
        StreamFailed: it ended in a `StreamError`.
        ValueError: the events do not nest (a bug of the decoder's).
    """
    folding = Folding()
    for event in events:
        folding.add(event)
    return folding.response()


class Folding:
    """`fold`, event by event."""

    def __init__(self) -> None:
        self._start: MessageStart | None = None
        self._stop: MessageStop | None = None
        self._blocks: list[Block] = []
        self._open: Block | None = None
        self._parts: list[str] = []
        self._logprobs: list[JsonObject] = []
        self._citations: list[Citation] = []
        self._proof: Proof | None = None

    def add(self, event: Event) -> None:
        match event:
            case Delta(text=text, logprobs=logprobs):
                self._need_open("a delta")
                self._parts.append(text)
                self._logprobs.extend(logprobs)
            case MessageStart():
                if self._start is not None:
                    raise ValueError("a second MessageStart")
                self._start = event
            case BlockStart(block=block):
                if self._start is None or self._stop is not None or self._open is not None:
                    raise ValueError("a block begins where none may")
                self._open, self._parts, self._citations, self._proof = block, [], [], None
            case ProofDelta(proof=proof):
                self._need_open("a proof")
                self._proof = proof
            case CitationDelta(citation=citation):
                self._need_open("a citation")
                self._citations.append(citation)
            case BlockStop(extras=extras):
                self._need_open("a block's end")
                self._close(extras)
            case MessageStop():
                if self._start is None or self._stop is not None or self._open is not None:
                    raise ValueError("the message ends where it may not")
                self._stop = event
            case StreamError(fault=fault):
                raise StreamFailed(fault)
            case KeepAlive():
                pass
            case _:
                assert_never(event)

    def response(self) -> Response:
        """The whole answer. Raises ValueError before the end."""
        start, stop = self._start, self._stop
        if start is None or stop is None:
            raise ValueError("the stream has no end")
        return Response(
            id=start.id,
            model=start.model,
            blocks=tuple(self._blocks),
            stop=stop.stop,
            usage=stop.usage,
            stop_sequence=stop.stop_sequence,
            created_at=start.created_at,
            service_tier=stop.service_tier or start.service_tier,
            logprobs=tuple(self._logprobs),
            extras=merged(start.extras, stop.extras),
        )

    def _need_open(self, what: str) -> None:
        if self._open is None:
            raise ValueError(f"{what} outside a block")

    def _close(self, extras: Extras) -> None:
        block, more = self._open, "".join(self._parts)
        match block:
            case Text():
                block = replace(
                    block,
                    text=block.text + more,
                    citations=block.citations + tuple(self._citations),
                    proof=self._proof or block.proof,
                )
            case Thinking():
                block = replace(block, text=block.text + more, proof=self._proof or block.proof)
            case ToolCall():
                block = replace(block, arguments=block.arguments + more, proof=self._proof or block.proof)
            case Refusal():
                block = replace(block, text=block.text + more)
            case Media() | ToolResult() | ServerCall() | ServerResult() | Opaque():
                if more:
                    raise ValueError(f"a delta for a {type(block).__name__}")
            case None:
                raise ValueError("no block is open")
            case _:
                assert_never(block)
        if extras and not isinstance(block, Opaque):
            block = replace(block, extras=merged(block.extras, extras))
        self._blocks.append(block)
        self._open = None


def unfold(response: Response) -> Iterator[Event]:
    """The events of an answer that came whole. `fold(unfold(r)) == r`."""
    yield MessageStart(
        response.id, response.model, response.created_at, copy(response.usage), response.service_tier, response.extras
    )
    logprobs = response.logprobs
    for block in response.blocks:
        match block:
            case Text(text=text, citations=citations, proof=proof):
                yield BlockStart(replace(block, text="", citations=(), proof=None))
                yield Delta(text, logprobs)
                logprobs = ()
                for citation in citations:
                    yield CitationDelta(citation)
                if proof:
                    yield ProofDelta(proof)
            case Thinking(text=text, proof=proof, redacted=False):
                yield BlockStart(replace(block, text="", proof=None))
                if text:
                    yield Delta(text)
                if proof:
                    yield ProofDelta(proof)
            case Refusal(text=text):
                yield BlockStart(replace(block, text=""))
                yield Delta(text)
            case ToolCall(arguments=arguments):
                yield BlockStart(replace(block, arguments=""))
                if arguments:
                    yield Delta(arguments)
            case Thinking() | Media() | ToolResult() | ServerCall() | ServerResult() | Opaque():
                yield BlockStart(block)
            case _:
                assert_never(block)
        yield BlockStop()
    yield MessageStop(response.stop, response.usage, response.stop_sequence, response.service_tier)


def merged(first: Extras, second: Extras) -> Extras:
    """Both; the second wins field by field."""
    if not first or not second:
        return first or second
    out = {format: dict(fields) for format, fields in first.items()}
    for format, fields in second.items():
        out.setdefault(format, {}).update(fields)
    return out
