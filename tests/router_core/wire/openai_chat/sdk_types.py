"""Does the official SDK know what we write?"""

from collections.abc import Iterable
from typing import Any

import orjson
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from pydantic import TypeAdapter

_PLAIN = TypeAdapter(CompletionCreateParamsNonStreaming)
_STREAMING = TypeAdapter(CompletionCreateParamsStreaming)


def check_request(body: dict[str, Any]) -> None:
    """Raises where the body is not one of the SDK's."""
    _look_at_all((_STREAMING if body.get("stream") else _PLAIN).validate_python(body))


def check_response(body: dict[str, Any]) -> ChatCompletion:
    return ChatCompletion.model_validate(orjson.loads(orjson.dumps(body)), strict=True)


def chunks_of(stream: bytes) -> list[ChatCompletionChunk]:
    """The chunks of a stream that ends as it must: each one the SDK's, then `[DONE]`, nothing behind it."""
    *chunks, done, end = stream.split(b"\n\n")
    assert (done, end) == (b"data: [DONE]", b"")
    words = [chunk.removeprefix(b"data: ") for chunk in chunks if not chunk.startswith(b":")]
    return [ChatCompletionChunk.model_validate(orjson.loads(word), strict=True) for word in words]


def _look_at_all(value: Any) -> None:
    """pydantic checks what is typed as an iterable only when somebody iterates."""
    if isinstance(value, dict):
        for inner in value.values():
            _look_at_all(inner)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for inner in value:
            _look_at_all(inner)
