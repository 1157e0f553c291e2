"""What the client gets of an attempt's answer, where it is not the provider's bytes as they are.

One object per answer. If it `holds`, nothing can be sent before the whole answer has come (the client wants one JSON
body, or the provider sent one): a failure until then can still be answered by another attempt.
"""

from collections.abc import Callable

import orjson
from msgspec.structs import replace

from router_core.counting.answer import count_response
from router_core.errors import WireError
from router_core.outgoing import UNCHANGED, Outgoing
from router_core.outgoing_count import counted
from router_core.routing.entrance import Entrance
from router_core.state.compact import compact_response, compacted_turn
from router_core.transform.apply import noting
from router_core.transform.transformer import Note
from router_core.wire.codec import Answering, Codec, codec
from router_core.wire.encoding import inflater
from router_core.wire.errors import KEEP_ALIVE, error_event
from router_core.wire.events import Event, StreamFailed, unfold
from router_core.wire.google_envelope import Unwrapper, unwrap
from router_core.wire.model import JsonObject, Response, WireFault
from router_core.wire.openai_responses.collect import OutputItems
from router_core.wire.transcode import Collector, StreamTranscoder, answer_of, decode_answer, stream_of

MAX_WHOLE_BYTES = 64 * 1024 * 1024
"""Largest answer that is kept until it has ended, decompressed."""
TOO_LARGE = f"the provider's answer is larger than {MAX_WHOLE_BYTES // 1024 // 1024} MiB"
EVENT_STREAM = "text/event-stream; charset=utf-8"
JSON = "application/json"


class Answer:
    """Provider's bytes in, client's bytes out.

    Args:
        outgoing: the request as it was put.
        entrance: how the client came in: its format, and Gemini's array form of a stream.
        answering: what the encoder must know of the request.
        is_sse: the provider answers with an event stream.
        content_encoding: how its body is compressed, though we asked for identity.
        asked_json: the client's body, for a compaction.
        look: sees each event of the answer.
        note: takes what transformers change of it.
    """

    def __init__(
        self,
        outgoing: Outgoing,
        entrance: Entrance,
        answering: Answering,
        *,
        is_sse: bool,
        content_encoding: str = "",
        asked_json: JsonObject | None = None,
        look: Callable[[Event], None] | None = None,
        note: Note | None = None,
    ) -> None:
        self._outgoing = outgoing
        self._encoded = outgoing.encoded
        if outgoing.answer_filters:
            filters = noting(outgoing.answer_filters, note or (lambda path, rule: None))
            self._encoded = replace(outgoing.encoded, filters=filters)
        self._client: Codec = codec(entrance.format)
        if entrance.as_array:
            from router_core.wire.gemini import stream_encoder_array  # with its whole codec: not at the router's start

            self._client = replace(self._client, stream_encoder=stream_encoder_array)
        self._answering = answering
        self._look = look
        self._entrance = entrance
        self._asked_json = asked_json or {}
        self._inflater = inflater(content_encoding)
        self._unwrapper = Unwrapper() if outgoing.envelope is not None and is_sse else None
        self._body = bytearray()
        self._held_bytes = 0
        self._stream: StreamTranscoder | None = None
        self._collector: Collector | OutputItems | None = None
        provider = codec(outgoing.format)
        if outgoing.treatment == "collect":
            self._collector = OutputItems() if is_sse else None
        elif outgoing.treatment == "unwrap":
            pass
        elif is_sse and outgoing.client_streams and outgoing.treatment != "compact":
            self._stream = StreamTranscoder(provider, self._client, self._encoded, answering, look)
        elif is_sse:
            self._collector = Collector(provider, self._client, self._encoded, answering, look)
        self._passes = is_sse and outgoing.treatment == "unwrap"
        self.holds = self._stream is None and not self._passes

    @property
    def content_type(self) -> str:
        return EVENT_STREAM if self._outgoing.client_streams and not self._entrance.as_array else JSON

    def keep_alive(self) -> bytes:
        """A sign of life for a client that is sent nothing; b"" where its format has none."""
        if self._passes:
            return KEEP_ALIVE[self._outgoing.format]
        return self._stream.keep_alive() if self._stream is not None else b""

    def feed(self, data: bytes) -> bytes:
        """The client's bytes for some of the provider's; always none while it holds.

        Raises:
            WireError: it holds, and the answer is too large for that.
        """
        data = self._inflater.feed(data)
        if self._unwrapper is not None:
            data = self._unwrapper.feed(data)
        if self._passes:
            return data
        if self._stream is not None:
            return self._stream.feed(data)
        self._held_bytes += len(data)
        if self._held_bytes > MAX_WHOLE_BYTES:
            raise WireError(TOO_LARGE, status=502)
        if self._collector is not None:
            self._collector.feed(data)
        else:
            self._body += data
        return b""

    def close(self) -> bytes:
        """What is left to send once the provider's answer has ended.

        Raises:
            StreamFailed, WireError: it holds, and the answer is an error or unreadable. A stream ends in an error
                event instead.
        """
        rest = self._unwrapper.close() if self._unwrapper is not None else b""
        if self._passes:
            return rest
        if self._stream is not None:
            return self._stream.feed(rest) + self._stream.close()
        if self._collector is not None and rest:
            self._collector.feed(rest)
        if self._outgoing.envelope is not None and self._body:
            self._body = bytearray(unwrap(bytes(self._body)))
        if self._outgoing.treatment == "unwrap":
            return self._whole()
        if isinstance(self._collector, OutputItems):
            collected = self._collector.close()
            if collected.status >= 400:
                raise StreamFailed(codec(self._outgoing.format).decode_error(collected.status, collected.body, ""))
            return orjson.dumps(collected.body)
        if self._collector is not None and self._outgoing.treatment != "compact":
            return self._collector.close()
        if self._outgoing.treatment == "collect":
            return self._whole()
        if self._outgoing.treatment == "count":
            return self._count()
        if self._collector is not None:
            response = self._collector.response()
        else:
            response = decode_answer(codec(self._outgoing.format), bytes(self._body), self._encoded)
            if self._look is not None:
                for event in unfold(response):
                    self._look(event)
        if self._outgoing.treatment == "compact":
            response, body = self._compacted(response)
            if body is not None:
                return body
        if self._outgoing.client_streams:
            return b"".join(stream_of(response, self._client, self._answering))
        return answer_of(response, self._client, self._answering)

    def _compacted(self, summary: Response) -> tuple[Response, bytes | None]:
        """The compaction that a summary makes: a turn's answer, or the whole body of `/responses/compact`."""
        answer = self._client.encode_response(summary, self._answering)
        if self._entrance.operation == "compact":
            body = compact_response(answer, self._asked_json, now=self._answering.minting.now())
            return summary, orjson.dumps(body)
        return self._client.decode_response(compacted_turn(answer)), None

    def _whole(self) -> bytes:
        """A body that came whole; its bytes pass."""
        body = bytes(self._body)
        decode_answer(codec(self._outgoing.format), body, UNCHANGED)
        return body

    def _count(self) -> bytes:
        try:
            number = counted(self._outgoing.format, orjson.loads(self._body))
        except (orjson.JSONDecodeError, AttributeError):
            number = None
        if number is None:
            raise WireError("the provider's answer holds no count", status=502)
        return orjson.dumps(count_response(self._client.name, number))

    @property
    def fault(self) -> WireFault | None:
        """The error in which the client's stream was ended."""
        return self._stream.fault if self._stream is not None else None

    @property
    def ended(self) -> bool:
        """The client's stream has had its terminal event."""
        return self._stream is not None and self._stream.ended

    def fail(self, message: str) -> bytes:
        """End the client's stream in its own error event: the provider is gone."""
        if self._passes:
            return b"\n\n" + error_event(self._outgoing.format, 502, "upstream_failed", message)
        if self._stream is None:
            return b""
        return self._stream.fail(WireFault(502, "server", message, code="upstream_failed"))
