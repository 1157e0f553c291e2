"""The four formats as the laws see them: a provider of each, and what its official SDK says of what we write."""

import json
from collections.abc import Iterable
from typing import Any, get_args

import anthropic.types as anthropic_types
import openai.types.chat as chat_types
import openai.types.responses as responses_types
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming as AnthropicParams
from google.genai import types as gemini_types
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming as ChatParams
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming as ResponsesParams
from pydantic import TypeAdapter

from router_core.simulator.gemini_fields import parse
from router_core.wire.codec import Answering, Codec, CountedMinting, Target, codec
from router_core.wire.events import Event
from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject, Request
from router_core.wire.sse import RecordSplitter, records

FORMATS: tuple[FormatName, ...] = get_args(FormatName)
PAIRS = [(one, other) for one in FORMATS for other in FORMATS]
TARGETS: dict[FormatName, Target] = {
    "anthropic": Target("claude", "anthropic", "claude-opus-4-8", "api.anthropic.com"),
    "openai-chat": Target("openai", "openai", "gpt-4o", "api.openai.com"),
    "openai-responses": Target("openai", "openai", "gpt-5.5", "api.openai.com"),
    "gemini": Target("gemini", "gemini", "gemini-3.5-flash", "generativelanguage.googleapis.com"),
}
_REQUESTS: dict[FormatName, TypeAdapter[Any]] = {
    "anthropic": TypeAdapter(AnthropicParams),
    "openai-chat": TypeAdapter(ChatParams),
    "openai-responses": TypeAdapter(ResponsesParams),
}
_AUDIO: TypeAdapter[Any] = TypeAdapter(responses_types.ResponseInputAudioParam)
_ANTHROPIC_EVENT: TypeAdapter[Any] = TypeAdapter(anthropic_types.RawMessageStreamEvent)
_RESPONSES_EVENT: TypeAdapter[Any] = TypeAdapter(responses_types.ResponseStreamEvent)


def answering(request: Request | None = None) -> Answering:
    return Answering(request or Request("asked", ()), "asked", CountedMinting(), 7)


def check_request(format: FormatName, body: JsonObject) -> None:
    """Raises where the body is not one that the SDK could have sent. Google's types are not its wire: there the
    simulator's field tables, made from Google's own description of the API, are asked."""
    body = json.loads(json.dumps(body))
    if format == "openai-responses":
        body["input"] = [_completed(item) for item in _without_audio(body["input"])]
    if format == "gemini":
        _, problems = parse(body, "GenerateContentRequest")
        assert not problems
    else:
        body = {**body, "stream": False}
        _look_at_all(_REQUESTS[format].validate_python(body))


def check_response(format: FormatName, body: JsonObject) -> None:
    text = json.dumps(body)
    match format:
        case "anthropic":
            anthropic_types.Message.model_validate_json(text)
        case "openai-chat":
            chat_types.ChatCompletion.model_validate_json(text)
        case "openai-responses":
            responses_types.Response.model_validate_json(text)
        case "gemini":
            gemini_types.GenerateContentResponse.model_validate_json(text)


def check_stream(format: FormatName, stream: bytes) -> None:
    """Each event of a stream that ended well."""
    splitter = RecordSplitter()
    found = [record.data for record in records(splitter.feed(stream))]
    assert splitter.empty
    if format == "openai-chat":
        assert found.pop() == b"[DONE]"
    alive = [b'"type":"keepalive"', b'"type": "ping"', b'"type":"ping"']  # signs of life, which SDKs skip untyped
    for data in (data for data in found if not any(mark in data for mark in alive)):
        match format:
            case "anthropic":
                _ANTHROPIC_EVENT.validate_json(data)
            case "openai-chat":
                chat_types.ChatCompletionChunk.model_validate_json(data)
            case "openai-responses":
                _RESPONSES_EVENT.validate_json(data)
            case "gemini":
                gemini_types.GenerateContentResponse.model_validate_json(data)


def decoded(of: Codec, pieces: Iterable[bytes]) -> list[Event]:
    """All events of a stream."""
    decoder = of.stream_decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    events += decoder.close()
    assert not list(decoder.close())
    return events


def encoded(of: Codec, events: Iterable[Event], to: Answering | None = None) -> bytes:
    encoder = of.stream_encoder(to or answering())
    return b"".join(encoder.send(event) for event in events)


def own(format: FormatName) -> tuple[Codec, Target]:
    return codec(format), TARGETS[format]


def _completed(item: JsonObject) -> JsonObject:
    """What the SDK's types of an assistant's message and of reasoning demand and the API does not: Codex leaves it
    out, too."""
    if item.get("type") == "reasoning":
        return {"id": "rs_1", **item}
    if item.get("role") != "assistant" or not isinstance(item["content"], list):
        return item
    content = [{"annotations": [], **part} if part["type"] == "output_text" else part for part in item["content"]]
    return {"id": "msg_1", "status": "completed", **item, "content": content}


def _without_audio(value: Any) -> Any:
    """The SDK has a type for audio parts and names no place for them, so they are checked by themselves."""
    if isinstance(value, dict):
        return {key: _without_audio(inner) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    for part in value:
        if isinstance(part, dict) and part.get("type") == "input_audio":
            _AUDIO.validate_python(part)
    return [_without_audio(part) for part in value if not isinstance(part, dict) or part.get("type") != "input_audio"]


def _look_at_all(value: Any) -> None:
    """pydantic checks what is typed as an iterable only when somebody iterates."""
    if isinstance(value, dict):
        for inner in value.values():
            _look_at_all(inner)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for inner in value:
            _look_at_all(inner)
