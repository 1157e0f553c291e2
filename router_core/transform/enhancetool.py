"""`enhancetool`: tool arguments that are no JSON are repaired, and values get the type that the tool's schema says.

While a call's arguments come they are held, and told when the call is whole; text goes on streaming. A call that is
broken waits for what follows: if that is the end for want of tokens, it was cut and stays as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from router_core.config.transformers import EnhanceToolOptions
from router_core.transform.argument_repair import Mended, mended
from router_core.transform.tools import has_functions, schemas_of
from router_core.transform.transformer import Context, Note, Reason, Transformer
from router_core.wire.events import BlockStart, BlockStop, Delta, Event, KeepAlive, MessageStop, StreamError
from router_core.wire.model import JsonObject, ToolCall


def answer(body: JsonObject, options: EnhanceToolOptions, context: Context) -> Callable[[Note], "Repairing"] | Reason:
    if not has_functions(body, context.format):
        return "the request has no tools"
    schemas = schemas_of(body, context.format)
    return lambda note: Repairing(schemas, options.coerce, note)


class Repairing:
    """One answer's filter."""

    def __init__(self, schemas: Mapping[str, JsonObject], coerce: bool, note: Note) -> None:
        self._schemas, self._coerce, self._note = schemas, coerce, note
        self._name: str | None = None
        """Of the call whose arguments come."""
        self._parts: list[str] = []
        self._broken: tuple[str, str, Mended, BlockStop] | None = None
        """Name, arguments, mending and end of a call that waits for what follows."""

    def events(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            if self._broken is not None and not isinstance(event, KeepAlive):
                yield from self._settled(*self._broken, event)
            match event:
                case BlockStart(block=ToolCall(custom=False) as call):
                    self._name, self._parts = call.name, [call.arguments]
                    yield BlockStart(replace(call, arguments=""))
                case Delta(text=text) if self._name is not None:
                    self._parts.append(text)
                case BlockStop() if self._name is not None:
                    yield from self._whole(event)
                case StreamError() if self._name is not None:
                    yield from self._as_they_are()
                    yield event
                case _:
                    yield event

    def _whole(self, event: BlockStop) -> Iterator[Event]:
        name, arguments = self._name or "", "".join(self._parts)
        self._name = None
        mending = mended(arguments, self._schemas.get(name), coerce=self._coerce)
        if mending is None:
            if arguments:
                yield Delta(arguments)
            yield event
        else:
            self._broken = (name, arguments, mending, event)

    def _settled(self, name: str, arguments: str, mending: Mended, stop: BlockStop, follows: Event) -> Iterator[Event]:
        self._broken = None
        cut = isinstance(follows, StreamError) or (isinstance(follows, MessageStop) and follows.stop == "max_tokens")
        if cut or mending.arguments is None:
            why = "the answer was cut" if cut else mending.how
            self._note(f"answer.{name}", f"enhancetool: its arguments stay broken: {why}")
            yield Delta(arguments)
        else:
            self._note(f"answer.{name}", f"enhancetool: {mending.how}")
            yield Delta(mending.arguments)
        yield stop

    def _as_they_are(self) -> Iterator[Event]:
        if arguments := "".join(self._parts):
            yield Delta(arguments)
        self._name = None


TRANSFORMER = Transformer("enhancetool", answer=answer)
