"""A provider's answer → the client's, as it arrives or whole. No socket, no flow: bytes in, bytes out.

`StreamTranscoder` turns one event stream into another; `Collector` makes one JSON body of a stream, for a client that
did not ask for one; `answer_of` and `stream_of` begin with a JSON body. How the input is cut never changes the joined
output, and a provider that stops early ends the client's stream in an error event of the client's own format.
"""

from collections.abc import Callable, Iterable, Iterator

import orjson

from router_core.errors import WireError
from router_core.wire.codec import Answering, Codec, Encoded
from router_core.wire.cut import Cutter
from router_core.wire.events import Event, Folding, KeepAlive, MessageStop, StreamError, StreamFailed, fold, unfold
from router_core.wire.json_bytes import json_bytes
from router_core.wire.model import Response, WireFault
from router_core.wire.restore import Restorer

type Look = Callable[[Event], None]
"""Sees each event of the answer, after names have been restored: for what is remembered of it."""


class Filters:
    """What lies between decoder and encoder: transformers, tool names, stop sequences."""

    def __init__(self, encoded: Encoded) -> None:
        self._transformers = [make() for make in encoded.filters]
        self._restorer = Restorer(encoded.restore)
        self._cutter = Cutter(encoded.cut_at)
        self._idle = not encoded.restore and not encoded.cut_at

    def events(self, events: Iterable[Event]) -> Iterable[Event]:
        for transformer in self._transformers:
            events = transformer.events(events)
        return events if self._idle else self._cutter.events(self._restorer.events(events))

    def response(self, response: Response) -> Response:
        """The same for an answer that came whole. Raises StreamFailed when a transformer fails."""
        if self._transformers:
            events: Iterable[Event] = unfold(response)
            for transformer in self._transformers:
                events = transformer.events(events)
            response = fold(events)
        return response if self._idle else self._cutter.response(self._restorer.response(response))


class StreamTranscoder:
    """Turn one provider's event stream into one client's.

    Args:
        provider: the codec of the provider's format; `client` that of the client's.
        encoded: the request as it was sent upstream.
    """

    def __init__(
        self, provider: Codec, client: Codec, encoded: Encoded, answering: Answering, look: Look | None = None
    ) -> None:
        self._decoder = provider.stream_decoder()
        self._filters = Filters(encoded)
        self._encoder = client.stream_encoder(answering)
        self._look = look
        self.ended = False
        """The terminal event has been sent."""
        self.fault: WireFault | None = None
        """The error that ended the stream, if one did."""

    def feed(self, chunk: bytes) -> bytes:
        """The client's bytes for some of the provider's (possibly none)."""
        return self._send(self._decoder.feed(chunk))

    def close(self) -> bytes:
        """The provider's stream has ended; may be called twice."""
        return self._send(self._decoder.close())

    def keep_alive(self) -> bytes:
        """A sign of life for a client that is sent nothing; b"" where its format has none."""
        return b"" if self.ended else self._encoder.send(KeepAlive())

    def fail(self, fault: WireFault) -> bytes:
        """End the client's stream in an error now: the provider is gone."""
        return self._send([StreamError(fault)])

    def _send(self, events: Iterable[Event]) -> bytes:
        out = []
        for event in self._filters.events(events):
            if self.ended:
                break
            if self._look is not None:
                self._look(event)
            out.append(self._encoder.send(event))
            if isinstance(event, MessageStop):
                self.ended = True
            elif isinstance(event, StreamError):
                self.ended, self.fault = True, event.fault
        return b"".join(out)


class Collector:
    """Make one answer of a provider's event stream."""

    def __init__(
        self, provider: Codec, client: Codec, encoded: Encoded, answering: Answering, look: Look | None = None
    ) -> None:
        self._decoder = provider.stream_decoder()
        self._filters = Filters(encoded)
        self._client = client
        self._answering = answering
        self._look = look
        self._folding = Folding()
        self.fault: WireFault | None = None

    def feed(self, chunk: bytes) -> None:
        self._add(self._decoder.feed(chunk))

    def close(self) -> bytes:
        """The client's JSON body. Raises StreamFailed when the stream ended in an error."""
        return answer_of(self.response(), self._client, self._answering)

    def response(self) -> Response:
        """The whole answer. Raises StreamFailed when the stream ended in an error."""
        self._add(self._decoder.close())
        if self.fault is not None:
            raise StreamFailed(self.fault)
        return self._folding.response()

    def _add(self, events: Iterable[Event]) -> None:
        for event in self._filters.events(events):
            if self.fault is not None:
                return
            if self._look is not None:
                self._look(event)
            if isinstance(event, StreamError):
                self.fault = event.fault
            else:
                self._folding.add(event)


def decode_answer(provider: Codec, body: bytes, encoded: Encoded) -> Response:
    """A provider's JSON body as a neutral answer, with the client's own tool names.

    Raises:
        WireError: 502; it is not what its format says.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise WireError("the provider's answer is not JSON", status=502) from error
    if not isinstance(parsed, dict):
        raise WireError("the provider's answer is not a JSON object", status=502)
    return Filters(encoded).response(provider.decode_response(parsed))


def answer_of(response: Response, client: Codec, answering: Answering) -> bytes:
    """The client's JSON body."""
    return json_bytes(client.encode_response(response, answering), 502)


def stream_of(response: Response, client: Codec, answering: Answering) -> Iterator[bytes]:
    """The client's event stream of an answer that came whole."""
    encoder = client.stream_encoder(answering)
    for event in unfold(response):
        if data := encoder.send(event):
            yield data
