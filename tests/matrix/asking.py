"""What a cell asks and what it gets, in no format: each client says it in its SDK's own way.

A cell of the matrix is (client, provider, way, feature). Features are written once, in these words; a client module
turns an `Ask` into a call of its SDK and the SDK's own objects into a `Got`. What cannot be put in these words is not
part of the matrix.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Stop = Literal["done", "tool", "length", "sequence", "refusal"]
"""Why an answer ended, before a client's format puts it in its own words."""


class CannotAsk(Exception):
    """The client's format has no words for it."""


@dataclass(frozen=True)
class Tool:
    """A tool that is offered."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Ask:
    """The first turn of a conversation, or all of it."""

    text: str
    system: str = ""
    image_png: bytes = b""
    tools: tuple[Tool, ...] = ()
    thinks: bool = False
    schema: Mapping[str, Any] | None = None
    """The answer is to be JSON of this shape."""
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    """None: none is asked for, where the format allows that."""


@dataclass(frozen=True)
class Call:
    """A tool call as the client got it."""

    id: str
    name: str
    arguments: Any
    """Parsed."""


@dataclass(frozen=True)
class Result:
    """What a tool gave back."""

    call: Call
    text: str
    image_png: bytes = b""
    error: bool = False


@dataclass(frozen=True)
class Tokens:
    """What an answer cost, however it is spelled. Input is the whole prompt; `written` are cache writes."""

    input: int
    cached: int
    output: int
    written: int | None = None
    """None: the format does not say."""
    thought: int | None = None


@dataclass(frozen=True)
class Got:
    """An answer, read from the SDK's own objects."""

    text: str = ""
    thinking: str = ""
    calls: tuple[Call, ...] = ()
    refusal: str | None = None
    """The words of a refusal, where the format has a place for them."""
    stop: str = ""
    """In the client's own word."""
    stopped_by: str | None = None
    """The stop sequence, where the format names it."""
    tokens: Tokens | None = None
    missing: tuple[str, ...] = ()
    """What the SDK's own objects should have held, and other places of the answer did."""
    turn: Any = field(default=None, repr=False)
    """The assistant's turn as the client gives it back."""


class Client(Protocol):
    """One official SDK."""

    @property
    def name(self) -> str: ...
    @property
    def refused(self) -> type[Exception]:
        """What the SDK raises for a request that cannot be served."""
        ...

    stops: Mapping[Stop, tuple[str, ...]]
    """How an ending is spelled in the format, best word first; the others where a provider tells no more."""
    flags_errors: bool
    """A tool's result can be marked as a failure; else its text has to say so."""

    def ask(self, model: str, ask: Ask, *, stream: bool) -> Got: ...

    def go_on(self, model: str, ask: Ask, got: Got, results: Sequence[Result], *, stream: bool) -> Got:
        """The second turn: the same request, the answer it got, the tools' results."""
        ...

    def close(self) -> None: ...
