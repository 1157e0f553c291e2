"""What the tests of this format share: request fixtures, streams written by hand, and both ends of a codec."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import orjson

from router_core.wire.codec import Answering, CountedMinting, Encoded, Target
from router_core.wire.events import Event
from router_core.wire.model import JsonObject, Request
from router_core.wire.openai_responses.codec import CODEC

FOLDER = Path(__file__).parent / "requests"
OPENAI = Target("openai", "openai", "gpt-5.5", "api.openai.com")
CODEX = Target("codex", "codex", "gpt-5.5", "chatgpt.com")


def fixtures() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def fixture(name: str) -> JsonObject:
    value: JsonObject = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return value


def encoded(request: Request, target: Target = OPENAI) -> Encoded:
    return CODEC.encode_request(request, target)


def answering(body: JsonObject | None = None, **more: Any) -> Answering:
    """For a Responses client that carries proofs."""
    asked = {"model": "sonnet", "input": "hi", "include": ["reasoning.encrypted_content"], **(body or {}), **more}
    return Answering(CODEC.decode_request(asked), "sonnet", CountedMinting())


def stream(*events: JsonObject) -> bytes:
    """Event-stream bytes."""
    return b"".join(b"event: %b\ndata: %b\n\n" % (e["type"].encode(), orjson.dumps(e)) for e in events)


def decoded(data: bytes, size: int | None = None) -> list[Event]:
    """All events of a stream, fed in pieces."""
    decoder = CODEC.stream_decoder()
    out: list[Event] = []
    for start in range(0, len(data), size or max(1, len(data))):
        out += decoder.feed(data[start : start + (size or len(data))])
    out += decoder.close()
    assert list(decoder.close()) == []
    return out


def sent(events: list[Event], to: Answering | None = None) -> bytes:
    encoder = CODEC.stream_encoder(to or answering())
    return b"".join(encoder.send(event) for event in events)


def parsed(data: bytes) -> Iterator[JsonObject]:
    """The JSON of each event."""
    for record in data.decode().split("\n\n"):
        lines = [line for line in record.split("\n") if line.startswith("data: ")]
        if lines:
            event: JsonObject = json.loads(lines[0][6:])
            assert record.startswith(f"event: {event['type']}\n")
            yield event


def sdk_client(status: int, body: bytes, *, type: str) -> openai.OpenAI:
    """The official SDK before a service that always answers this."""
    headers = {"content-type": type}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, content=body))
    http: Any = httpx.Client(transport=transport)  # the SDK's newer versions name a class of their own
    return openai.OpenAI(api_key="k", base_url="http://x.invalid", http_client=http, max_retries=0)


def created(**more: Any) -> JsonObject:
    return {"type": "response.created", "response": {"id": "resp_1", "model": "gpt-5.5", "created_at": 1, **more}}


def completed(output: list[JsonObject] | None = None, **more: Any) -> JsonObject:
    usage = {"input_tokens": 10, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 4}}
    response = {"id": "resp_1", "model": "gpt-5.5", "created_at": 1, "status": "completed", "usage": usage}
    return {"type": "response.completed", "response": {**response, "output": output or [], **more}}


def added(index: int, item: JsonObject) -> JsonObject:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(index: int, item: JsonObject) -> JsonObject:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def delta(kind: str, index: int, text: str, **more: Any) -> JsonObject:
    return {"type": f"response.{kind}.delta", "output_index": index, "delta": text, **more}


def message(text: str, id: str = "msg_1") -> JsonObject:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"id": id, "type": "message", "status": "completed", "role": "assistant", "content": [part]}


def call(n: int, arguments: str, name: str = "look") -> JsonObject:
    return {"id": f"fc_{n}", "type": "function_call", "call_id": f"call_{n}", "name": name, "arguments": arguments}


REASONING: JsonObject = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "First"}, {"type": "summary_text", "text": "Then"}],
    "encrypted_content": "gAAAA",
}
