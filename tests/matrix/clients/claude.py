"""The `anthropic` SDK: `messages.create`, and `messages.stream` with the message that it adds up."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import anthropic

from tests.matrix.asking import Ask, Call, Got, Result, Stop, Tokens

MAX_TOKENS = 8000
"""The format needs one."""


class ClaudeClient:
    name = "anthropic"
    flags_errors = True
    refused = anthropic.BadRequestError
    stops: Mapping[Stop, tuple[str, ...]] = {
        "done": ("end_turn",),
        "tool": ("tool_use",),
        "length": ("max_tokens",),
        "sequence": ("stop_sequence", "end_turn"),
        "refusal": ("refusal",),
    }

    def __init__(self, url: str, key: str) -> None:
        self._sdk = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0, timeout=20)

    def close(self) -> None:
        self._sdk.close()

    def ask(self, model: str, ask: Ask, *, stream: bool) -> Got:
        return self._send(model, ask, [_opening(ask)], stream)

    def go_on(self, model: str, ask: Ask, got: Got, results: Sequence[Result], *, stream: bool) -> Got:
        given = {"role": "user", "content": [_result(result) for result in results]}
        return self._send(model, ask, [_opening(ask), {"role": "assistant", "content": got.turn}, given], stream)

    def _send(self, model: str, ask: Ask, messages: list[Any], stream: bool) -> Got:
        body: dict[str, Any] = {"model": model, "max_tokens": ask.max_tokens or MAX_TOKENS, "messages": messages}
        if ask.system:
            body["system"] = ask.system
        if ask.tools:
            body["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.schema} for tool in ask.tools
            ]
        if ask.thinks:
            body["thinking"] = {"type": "adaptive", "display": "summarized"}
        if ask.schema:
            body["output_config"] = {"format": {"type": "json_schema", "schema": ask.schema}}
        if ask.stop:
            body["stop_sequences"] = list(ask.stop)
        if not stream:
            return _got(self._sdk.messages.create(**body))
        with self._sdk.messages.stream(**body) as events:
            text = "".join(events.text_stream)
            got = _got(events.get_final_message())
        assert got.text == text
        return got


def _opening(ask: Ask) -> dict[str, Any]:
    if not ask.image_png:
        return {"role": "user", "content": ask.text}
    return {"role": "user", "content": [_image(ask.image_png), {"type": "text", "text": ask.text}]}


def _image(png: bytes) -> dict[str, Any]:
    data = base64.b64encode(png).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def _result(result: Result) -> dict[str, Any]:
    content: Any = result.text
    if result.image_png:
        content = [{"type": "text", "text": result.text}, _image(result.image_png)]
    block = {"type": "tool_result", "tool_use_id": result.call.id, "content": content}
    return {**block, "is_error": True} if result.error else block


def _got(message: Any) -> Got:
    blocks, usage, details = message.content, message.usage, message.stop_details
    read, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    thought = usage.output_tokens_details
    return Got(
        text="".join(block.text for block in blocks if block.type == "text"),
        thinking="\n\n".join(block.thinking for block in blocks if block.type == "thinking" and block.thinking),
        calls=tuple(Call(block.id, block.name, block.input) for block in blocks if block.type == "tool_use"),
        refusal=details.explanation if details else None,
        stop=message.stop_reason,
        stopped_by=message.stop_sequence,
        tokens=Tokens(
            usage.input_tokens + read + written, read, usage.output_tokens, written,
            thought.thinking_tokens if thought else None,
        ),
        turn=blocks,
    )  # fmt: skip
