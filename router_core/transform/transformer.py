"""What a transformer is: up to two pure functions, one for the request's body and one for the answer's events.

The body is the one that is sent, in the format of the target, so a transformer does the right thing for each format or
says why it does nothing. It never changes the body it is given but makes another one that shares what stays: what of it
changed is found by comparing the two, and all other bytes of a body that passes through stay.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from router_core.config.schema import Kind
from router_core.wire.codec import EventFilter, Target
from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject, Request

Operation = Literal["generate", "count", "compact"]

type Note = Callable[[str, str], None]
"""Writes (path, what was done) of an answer into the trace."""
type Reason = str
type RequestSide = Callable[[JsonObject, Any, "Context"], JsonObject | Reason]
"""(body, options, context) → the body to send, or why it stays as it is."""
type AnswerSide = Callable[[JsonObject, Any, "Context"], Callable[[Note], EventFilter] | Reason]
"""(the body that is sent, options, context) → what the answer goes through, or why it needs nothing."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a transformer may know besides the body.

    Args:
        provider: its name in the config; `kind` and `host` of it.
        model: as the provider knows it.
        format: of the body. `client_format`: of the client.
        operation: what the body is for.
        streams: the provider is asked for a stream.
        session: the client's, "" when it names none.
        dialect: of Chat, where the codec was told which to write.
        neutral: gives what the client asks for, in no format's words.
    """

    provider: str
    kind: Kind
    host: str
    model: str
    format: FormatName
    client_format: FormatName
    operation: Operation = "generate"
    streams: bool = False
    session: str = ""
    dialect: str = ""
    neutral: Callable[[], Request] = lambda: Request("", ())

    @property
    def target(self) -> Target:
        """As codecs are told it."""
        return Target(self.provider, self.kind, self.model, self.host, self.dialect)


@dataclass(frozen=True, slots=True)
class Transformer:
    """One transformer.

    Args:
        neutral: changes what the client asks before it is written in another format than the client's.
        dialect: of Chat, in which the body is written for a service that we do not recognise.
        format: the wire format in which a provider of a plain kind is asked instead of its kind's own.
        on_vertex: and at the paths of Vertex AI.
        operations: what kind of bodies it looks at.
    """

    name: str
    request: RequestSide | None = None
    answer: AnswerSide | None = None
    neutral: Callable[[Request, Any], Request] | None = None
    dialect: str = ""
    format: FormatName | None = None
    on_vertex: bool = False
    operations: frozenset[Operation] = frozenset({"generate"})


EVERY_OPERATION: frozenset[Operation] = frozenset({"generate", "count", "compact"})


@dataclass(frozen=True, slots=True)
class Applied:
    """A transformer with its options, as a provider's or model's list names it.

    Args:
        listed: where it was listed: `providers.openrouter.transformers`.
    """

    transformer: Transformer
    options: Any
    listed: str

    @property
    def name(self) -> str:
        return self.transformer.name
