"""The `openai` SDK's `chat.completions`: whole, and as chunks that are added up as every such client does.

The SDK's own `chat.completions.stream` takes strict tools only, which a foreign schema seldom is. Reasoning has no
place in the format; clients that want it read the extra fields and give the message back as they got it.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import openai

from tests.matrix.asking import Ask, Call, Got, Result, Stop, Tokens


class ChatClient:
    name = "openai-chat"
    flags_errors = False
    refused = openai.BadRequestError
    stops: Mapping[Stop, tuple[str, ...]] = {
        "done": ("stop",),
        "tool": ("tool_calls",),
        "length": ("length",),
        "sequence": ("stop",),
        "refusal": ("content_filter", "stop"),
    }

    def __init__(self, url: str, key: str) -> None:
        self._sdk = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=20)

    def close(self) -> None:
        self._sdk.close()

    def ask(self, model: str, ask: Ask, *, stream: bool) -> Got:
        return self._send(model, ask, _opening(ask), stream)

    def go_on(self, model: str, ask: Ask, got: Got, results: Sequence[Result], *, stream: bool) -> Got:
        messages = [*_opening(ask), got.turn]
        messages += [{"role": "tool", "tool_call_id": result.call.id, "content": _said(result)} for result in results]
        if images := [result.image_png for result in results if result.image_png]:
            # a tool message takes text only: clients show the image in the user's name
            messages.append({"role": "user", "content": [_image(png) for png in images]})
        return self._send(model, ask, messages, stream)

    def _send(self, model: str, ask: Ask, messages: list[Any], stream: bool) -> Got:
        body: dict[str, Any] = {"model": model, "messages": messages}
        if ask.tools:
            body["tools"] = [{"type": "function", "function": _function(tool)} for tool in ask.tools]
        if ask.thinks:
            body["reasoning_effort"] = "high"
        if ask.schema:
            schema = {"name": "answer", "schema": ask.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if ask.stop:
            body["stop"] = list(ask.stop)
        if ask.max_tokens:
            body["max_completion_tokens"] = ask.max_tokens
        if not stream:
            answer = self._sdk.chat.completions.create(**body)
            return _got(answer.choices[0].message.model_dump(), answer.choices[0].finish_reason, answer.usage)
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        with self._sdk.chat.completions.create(**body) as chunks:
            return _added_up(chunks)


def _opening(ask: Ask) -> list[Any]:
    content: Any = ask.text
    if ask.image_png:
        content = [{"type": "text", "text": ask.text}, _image(ask.image_png)]
    user = {"role": "user", "content": content}
    return [{"role": "system", "content": ask.system}, user] if ask.system else [user]


def _image(png: bytes) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64.b64encode(png).decode()}"}}


def _function(tool: Any) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "parameters": tool.schema}


def _said(result: Result) -> str:
    return f"Error: {result.text}" if result.error else result.text


def _added_up(chunks: Any) -> Got:
    message: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": []}
    finish, usage = None, None
    for chunk in chunks:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            finish = choice.finish_reason or finish
            delta = choice.delta.model_dump(exclude_none=True)
            for key in ("content", "refusal", "reasoning_content"):
                if delta.get(key):
                    message[key] = (message.get(key) or "") + delta[key]
            if delta.get("reasoning_details"):
                message.setdefault("reasoning_details", []).extend(delta["reasoning_details"])
            for piece in delta.get("tool_calls", ()):
                if piece["index"] == len(message["tool_calls"]):
                    call = {"id": piece["id"], "type": "function"}
                    message["tool_calls"].append(call | {"function": {"name": "", "arguments": ""}})
                function = message["tool_calls"][piece["index"]]["function"]
                for key, value in piece.get("function", {}).items():
                    function[key] += value
    return _got(message, finish, usage)


def _got(message: dict[str, Any], finish: str | None, usage: Any) -> Got:
    calls = [
        Call(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in message.get("tool_calls") or ()
    ]
    known = {key: value for key, value in message.items() if value not in (None, [])}
    return Got(
        text=message.get("content") or "",
        thinking=message.get("reasoning_content") or "",
        calls=tuple(calls),
        refusal=message.get("refusal"),
        stop=finish or "",
        tokens=_tokens(usage),
        turn=known,
    )


def _tokens(usage: Any) -> Tokens:
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    return Tokens(
        usage.prompt_tokens,
        (prompt.cached_tokens or 0) if prompt else 0,
        usage.completion_tokens,
        (getattr(prompt, "cache_write_tokens", None) or 0) if prompt else 0,
        (completion.reasoning_tokens or 0) if completion else 0,
    )
