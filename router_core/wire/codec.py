"""One codec per wire format, in both directions, around the neutral model; and the registry of them.

N formats need N codecs, not N×N translators: a new format is one folder and one line in `CODECS`.
"""

import itertools
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Protocol

from msgspec import Struct

from router_core.config.schema import Kind
from router_core.wire.events import Event
from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject, Request, Response, WireFault


class Loss(Struct, frozen=True):
    """Something the client said that the target cannot be told.

    Args:
        path: in the client's words as far as known: `stop`, `tools[3]`, `messages[4].blocks[0].citations`.
        reason: one line for `trace show`.
    """

    path: str
    reason: str


class Target(Struct, frozen=True):
    """What a request is encoded for: a provider's dialect may depend on each of these.

    Args:
        provider: its config name (`codex`, `mistral` …).
        host: of its base URL, without port.
        model: as the provider knows it.
        dialect: of Chat, by the name of a service that speaks it; "": by host and provider.
    """

    provider: str
    kind: Kind
    model: str
    host: str = ""
    dialect: str = ""


class ToolName(Struct, frozen=True):
    """What the client calls a tool that travels under another name or form.

    Args:
        custom: the client's tool is freeform; upstream it was declared as a function with one string `input`.
    """

    name: str
    namespace: str = ""
    custom: bool = False


class EventFilter(Protocol):
    """Changes an answer between the provider's decoder and the client's encoder. One object per answer."""

    def events(self, events: Iterable[Event]) -> Iterable[Event]:
        """The events to go on with, for some that have come. They nest as those that have come do."""
        ...


class Encoded(Struct, frozen=True):
    """A body ready to be sent, and what was given up for it.

    Args:
        restore: name sent upstream → the client's tool, for those that differ.
        cut_at: stop sequences that the target cannot be told: the answer is cut here instead.
        headers: that the body needs (`anthropic-beta`), lower-case names.
        filters: what the answer goes through before names are restored, in this order.
    """

    body: JsonObject
    losses: tuple[Loss, ...] = ()
    restore: Mapping[str, ToolName] = {}
    cut_at: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    filters: tuple[Callable[[], EventFilter], ...] = ()


class Minting(Protocol):
    """Where new ids and times come from: random and the clock, or counted in tests."""

    def id(self, prefix: str) -> str: ...

    def now(self) -> int:
        """Epoch seconds."""
        ...


class RandomMinting:
    """For real answers."""

    def __init__(self, now: int) -> None:
        self._now = now

    def id(self, prefix: str) -> str:
        return prefix + secrets.token_hex(12)

    def now(self) -> int:
        return self._now


class CountedMinting:
    """For tests: the same ids in every run."""

    def __init__(self, now: int = 1_763_000_000) -> None:
        self._now = now
        self._numbers = itertools.count(1)

    def id(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):024d}"

    def now(self) -> int:
        return self._now


class Answering(Struct, frozen=True):
    """What an encoder of answers must know of the request.

    Args:
        request: the client's, neutral: its format echoes fields of it.
        model: the model name that the client asked for; answers carry it.
        input_tokens: an estimate, for formats that tell the input before the first word.
    """

    request: Request
    model: str
    minting: Minting
    input_tokens: int = 0


class StreamDecoder(Protocol):
    """A provider's stream → events. How the bytes are cut never changes the joined events."""

    def feed(self, chunk: bytes) -> Sequence[Event]: ...

    def close(self) -> Sequence[Event]:
        """The input has ended. Gives the terminal event if none has come: a `StreamError`, unless the format's own
        rules let the answer count as whole. A second call gives nothing."""
        ...


class StreamEncoder(Protocol):
    """Events → the client's stream."""

    def send(self, event: Event) -> bytes: ...


class Codec(Struct, frozen=True):
    """One wire format in both directions.

    Decoders raise WireError (400 for requests, 502 for responses) that names the field. Encoders of requests raise it
    for what cannot be said in the format and would be unsafe to drop.

    Args:
        decode_request: the parsed body; Gemini's model and streaming come from the path, so `model` and `stream` are
            put into the body by whoever parsed the path, as they stand in the other formats.
        decode_error: (status, parsed body or None, text of an unreadable one) → fault.
        encode_error: fault → (status, body) in this format's envelope.
    """

    name: FormatName
    decode_request: Callable[[JsonObject], Request]
    encode_request: Callable[[Request, Target], Encoded]
    decode_response: Callable[[JsonObject], Response]
    encode_response: Callable[[Response, Answering], JsonObject]
    decode_error: Callable[[int, JsonObject | None, str], WireFault]
    encode_error: Callable[[WireFault], tuple[int, JsonObject]]
    stream_decoder: Callable[[], StreamDecoder]
    stream_encoder: Callable[[Answering], StreamEncoder]


_MODULES: dict[FormatName, str] = {
    "anthropic": "router_core.wire.anthropic",
    "openai-chat": "router_core.wire.openai_chat",
    "openai-responses": "router_core.wire.openai_responses.codec",
    "gemini": "router_core.wire.gemini",
}
_loaded: dict[FormatName, Codec] = {}


def codec(format: FormatName) -> Codec:
    """The codec of a format; its modules are imported at the first use, because most flows need none."""
    found = _loaded.get(format)
    if found is None:
        found = _loaded[format] = import_module(_MODULES[format]).CODEC
    return found


def load_codecs() -> None:
    """Import all of them now: else the first flow that is translated waits for it."""
    for format in _MODULES:
        codec(format)
