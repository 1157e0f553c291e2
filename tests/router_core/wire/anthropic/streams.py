"""Reading and making Anthropic's streams: by the codec, by hand, and by the official SDK."""

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import anthropic
import orjson

from router_core.wire.events import (
    Event,
)
from router_core.wire.sse import RecordSplitter, records
from tests.router_core.wire.anthropic.samples import CODEC, answering
from tests.router_core.wire.golden import golden_streams

CASES = [case for case in golden_streams() if case.format == "anthropic"]
HTTP: Any = import_module(anthropic.DefaultHttpxClient.__mro__[-2].__module__.partition(".")[0])
"""The HTTP library of the installed SDK: `httpx`, in newer versions `httpx2`."""


def decoded(stream: bytes, size: int | None = None) -> list[Event]:
    decoder = CODEC.stream_decoder()
    out: list[Event] = []
    for start in range(0, len(stream), size or len(stream) or 1):
        out += decoder.feed(stream[start : start + (size or len(stream))])
    out += decoder.close()
    assert decoder.close() == []
    assert decoder.feed(b'data: {"type":"ping"}\n\n') == []
    return out


def encoded(events: list[Event], **more: Any) -> bytes:
    encoder = CODEC.stream_encoder(answering(**more))
    return b"".join(encoder.send(event) for event in events)


def frames(stream: bytes) -> list[dict[str, Any]]:
    out = []
    for record in records(RecordSplitter().feed(stream)):
        data = orjson.loads(record.data)
        assert data["type"] == record.event.decode()
        out.append(data)
    return out


def sse(*events: dict[str, Any]) -> bytes:
    return b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)


def as_anthropic_streams(message: dict[str, Any]) -> bytes:
    """A whole answer as Anthropic streams it."""

    def events() -> Iterator[dict[str, Any]]:
        start = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
        start.pop("stop_details", None)
        yield {"type": "message_start", "message": {**start, "usage": {**message["usage"], "output_tokens": 1}}}
        for index, block in enumerate(message["content"]):
            deltas: list[dict[str, Any]] = []
            match block["type"]:
                case "text":
                    opening: dict[str, Any] = {key: [] if key == "citations" else "" for key in block if key != "type"}
                    opening["type"] = "text"
                    deltas = [{"type": "text_delta", "text": letter} for letter in block["text"]]
                    deltas += [{"type": "citations_delta", "citation": item} for item in block.get("citations") or []]
                    opening.pop("citations", None)
                case "thinking":
                    opening = {"type": "thinking", "thinking": "", "signature": ""}
                    deltas = [{"type": "thinking_delta", "thinking": word} for word in block["thinking"].partition(" ")]
                    deltas.append({"type": "signature_delta", "signature": block["signature"]})
                case "tool_use" | "server_tool_use":
                    opening = {**block, "input": {}}
                    written = json.dumps(block["input"], ensure_ascii=False, separators=(",", ":"))
                    if block["input"]:
                        deltas = [
                            {"type": "input_json_delta", "partial_json": written[i : i + 3]}
                            for i in range(0, len(written), 3)
                        ]
                case _:
                    opening = block
            yield {"type": "content_block_start", "index": index, "content_block": opening}
            for delta in deltas:
                yield {"type": "content_block_delta", "index": index, "delta": delta}
            yield {"type": "content_block_stop", "index": index}
        delta = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details") if key in message}
        yield {"type": "message_delta", "delta": delta, "usage": message["usage"]}
        yield {"type": "message_stop"}

    return b"".join(
        b"event: " + event["type"].encode() + b"\ndata: " + orjson.dumps(event) + b"\n\n" for event in events()
    )


def read_by_the_sdk(stream: bytes) -> anthropic.types.Message:
    """What the official client makes of a stream."""

    def answer(_: Any) -> Any:
        return HTTP.Response(200, headers={"content-type": "text/event-stream"}, content=stream)

    client = anthropic.Anthropic(
        api_key="x", base_url="http://127.0.0.1", http_client=HTTP.Client(transport=HTTP.MockTransport(answer))
    )
    with client.messages.stream(model="m", max_tokens=5, messages=[{"role": "user", "content": "Hi"}]) as read:
        return read.get_final_message()
