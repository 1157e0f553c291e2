"""Give the client's tools their own names and forms back, between the provider's events and the client's encoder.

A tool may have travelled under a shortened or flattened name, and a freeform tool as a function with one string
`input`. Names change at the block's start. The text inside `{"input": "…"}` can only be told once it is whole, so the
arguments of such a call are kept until its block ends.
"""

from collections.abc import Iterable, Iterator, Mapping

import orjson
from msgspec.structs import replace

from router_core.wire.codec import ToolName
from router_core.wire.events import BlockStart, BlockStop, Delta, Event
from router_core.wire.model import Block, Response, ToolCall


class Restorer:
    """One stream's filter; `response` does the same with a whole answer."""

    def __init__(self, restore: Mapping[str, ToolName]) -> None:
        self._restore = restore
        self._kept: list[str] | None = None
        """Arguments of the open call, when it is a freeform one."""

    def events(self, events: Iterable[Event]) -> Iterator[Event]:
        if not self._restore:
            yield from events
            return
        for event in events:
            match event:
                case BlockStart(block=ToolCall() as call) if (tool := self._restore.get(call.name)) and not call.custom:
                    restored = replace(call, name=tool.name, namespace=tool.namespace, custom=tool.custom)
                    if tool.custom:
                        self._kept = [call.arguments]
                        restored = replace(restored, arguments="")
                    yield BlockStart(restored)
                case Delta(text=text) if self._kept is not None:
                    self._kept.append(text)
                case BlockStop() if self._kept is not None:
                    yield Delta(input_of("".join(self._kept)))
                    self._kept = None
                    yield event
                case _:
                    yield event

    def response(self, response: Response) -> Response:
        if not self._restore:
            return response
        return replace(response, blocks=tuple(self._block(block) for block in response.blocks))

    def _block(self, block: Block) -> Block:
        if not isinstance(block, ToolCall) or block.custom or not (tool := self._restore.get(block.name)):
            return block
        arguments = input_of(block.arguments) if tool.custom else block.arguments
        return replace(block, name=tool.name, namespace=tool.namespace, custom=tool.custom, arguments=arguments)


def input_of(arguments: str) -> str:
    """The text of a freeform tool's `{"input": "…"}`; anything else is handed on as the model wrote it."""
    try:
        value = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return arguments
    inner = value.get("input") if isinstance(value, dict) else value
    return inner if isinstance(inner, str) else arguments
