"""Reasoning for clients that cannot carry it: kept here by the id of the tool call that it led to.

A Chat client gives back its tool calls and nothing of what came before them, while Anthropic and Gemini want the
thinking of a turn that waits for tool results to come back with its signature. The call's id is the one thing that
returns. In memory only and bounded: after a restart such a turn goes on without its thinking, as without the router.
"""

from collections import OrderedDict

from msgspec.structs import replace

from router_core.wire.events import BlockStart, BlockStop, Delta, Event, MessageStop, ProofDelta
from router_core.wire.model import Block, Message, Proof, Request, Text, Thinking, ToolCall

MAX_CALLS = 5_000
MAX_BYTES = 32 * 1024 * 1024


class Carried:
    """Call id → the thinking before the call, and the proof on it."""

    def __init__(self, *, max_calls: int = MAX_CALLS, max_bytes: int = MAX_BYTES) -> None:
        self._max_calls = max_calls
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, tuple[tuple[Thinking, ...], Proof | None, int]] = OrderedDict()

    def remember(self, call_id: str, thinking: tuple[Thinking, ...], proof: Proof | None) -> None:
        """Keep what led to a call; the least recently used goes first when there is too much."""
        if not call_id or not (proof or any(block.proof for block in thinking)):
            return  # words without a proof are of no use to any provider
        size = sum(len(block.text) + _length(block.proof) for block in thinking) + _length(proof)
        self._forget(call_id)
        self._kept[call_id] = (thinking, proof, size)
        self._bytes += size
        while self._kept and (len(self._kept) > self._max_calls or self._bytes > self._max_bytes):
            self._forget(next(iter(self._kept)))

    def put_back(self, request: Request) -> Request:
        """The request with the thinking before each call whose turn came back without any."""
        if not self._kept or not any(message.role == "assistant" for message in request.messages):
            return request
        messages = tuple(self._message(message) for message in request.messages)
        return request if messages == request.messages else replace(request, messages=messages)

    def _message(self, message: Message) -> Message:
        if message.role != "assistant" or any(isinstance(block, Thinking) for block in message.blocks):
            return message
        out: list[Block] = []
        for block in message.blocks:
            if isinstance(block, ToolCall) and (found := self._kept.get(block.id)):
                self._kept.move_to_end(block.id)
                thinking, proof, _ = found
                at = 0 if all(isinstance(earlier, Text) for earlier in out) else len(out)
                out[at:at] = thinking  # a Chat message holds its text before its calls, whatever the order was
                out.append(block if block.proof or proof is None else replace(block, proof=proof))
            else:
                out.append(block)
        return message if out == [*message.blocks] else replace(message, blocks=tuple(out))

    def _forget(self, call_id: str) -> None:
        gone = self._kept.pop(call_id, None)
        if gone is not None:
            self._bytes -= gone[2]


class Noticing:
    """Watches one answer's events for thinking and the calls it leads to.

    Thinking stands before the first call that follows it; parallel calls of one step share none.
    """

    def __init__(self, carried: Carried) -> None:
        self._carried = carried
        self._open: Block | None = None
        self._parts: list[str] = []
        self._proof: Proof | None = None
        self._thinking: list[Thinking] = []
        self._calls: list[tuple[str, tuple[Thinking, ...], Proof | None]] = []

    def __call__(self, event: Event) -> None:
        match event:
            case BlockStart(block=block):
                self._open, self._parts, self._proof = block, [], None
            case Delta(text=text):
                if isinstance(self._open, Thinking):
                    self._parts.append(text)
            case ProofDelta(proof=proof):
                self._proof = proof
            case BlockStop():
                self._close()
            case MessageStop():
                for call in self._calls:
                    self._carried.remember(*call)
            case _:
                pass

    def _close(self) -> None:
        block = self._open
        if isinstance(block, Thinking):
            text = block.text + "".join(self._parts)
            self._thinking.append(replace(block, text=text, proof=self._proof or block.proof))
        elif isinstance(block, ToolCall):
            self._calls.append((block.id, tuple(self._thinking), self._proof or block.proof))
            self._thinking = []
        self._open = None


def _length(proof: Proof | None) -> int:
    return len(proof.value) * (2 if proof.whole else 1) if proof else 0
