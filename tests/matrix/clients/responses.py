"""The `openai` SDK's `responses`: stateless, with the output items given back as they came."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import openai

from tests.matrix.asking import Ask, Call, CannotAsk, Got, Result, Stop, Tokens


class ResponsesClient:
    name = "openai-responses"
    flags_errors = False
    refused = openai.BadRequestError
    stops: Mapping[Stop, tuple[str, ...]] = {
        "done": ("completed",),
        "tool": ("completed",),
        "length": ("max_output_tokens",),
        "sequence": ("completed",),
        "refusal": ("completed", "content_filter"),
    }

    def __init__(self, url: str, key: str) -> None:
        self._sdk = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=20)

    def close(self) -> None:
        self._sdk.close()

    def ask(self, model: str, ask: Ask, *, stream: bool) -> Got:
        return self._send(model, ask, [_opening(ask)], stream)

    def go_on(self, model: str, ask: Ask, got: Got, results: Sequence[Result], *, stream: bool) -> Got:
        return self._send(model, ask, [_opening(ask), *got.turn, *map(_result, results)], stream)

    def _send(self, model: str, ask: Ask, items: list[Any], stream: bool) -> Got:
        body: dict[str, Any] = {"model": model, "input": items, "store": False}
        if ask.system:
            body["instructions"] = ask.system
        if ask.tools:
            body["tools"] = [
                {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.schema}
                | {"strict": False}
                for tool in ask.tools
            ]
        if ask.thinks:
            body["reasoning"] = {"effort": "high", "summary": "auto"}
            body["include"] = ["reasoning.encrypted_content"]
        if ask.schema:
            schema = {"type": "json_schema", "name": "answer", "schema": ask.schema, "strict": True}
            body["text"] = {"format": schema}
        if ask.stop:
            raise CannotAsk("the format has no stop sequences")
        if ask.max_tokens:
            body["max_output_tokens"] = ask.max_tokens
        if not stream:
            return _got(self._sdk.responses.create(**body))
        with self._sdk.responses.create(**body, stream=True) as events:
            seen = list(events)
        last = seen[-1].response
        assert seen[-1].type in ("response.completed", "response.incomplete")
        done = [event.item for event in seen if event.type == "response.output_item.done"]
        missing: tuple[str, ...] = ()
        if last.output:
            assert [item.model_dump() for item in done] == [item.model_dump() for item in last.output]
        else:  # Codex, and whoever knows its backend, goes by the items
            last.output, missing = (
                done,
                ("response.output: empty in the last event of a stream; the items come before",),
            )
        got = replace(_got(last), missing=missing)
        assert "".join(event.delta for event in seen if event.type == "response.output_text.delta") == got.text
        return got


def _opening(ask: Ask) -> dict[str, Any]:
    content: Any = ask.text
    if ask.image_png:
        content = [{"type": "input_text", "text": ask.text}, _image(ask.image_png)]
    return {"role": "user", "content": content}


def _image(png: bytes) -> dict[str, Any]:
    url = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return {"type": "input_image", "detail": "auto", "image_url": url}


def _result(result: Result) -> dict[str, Any]:
    said = f"Error: {result.text}" if result.error else result.text
    output: Any = said
    if result.image_png:
        output = [{"type": "input_text", "text": said}, _image(result.image_png)]
    return {"type": "function_call_output", "call_id": result.call.id, "output": output}


def _got(response: Any) -> Got:
    output, usage = response.output, response.usage
    parts = [part for item in output if item.type == "message" for part in item.content]
    refusals = [part.refusal for part in parts if part.type == "refusal"]
    summaries = [part.text for item in output if item.type == "reasoning" for part in item.summary]
    read, details = usage.input_tokens_details, response.incomplete_details
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    return Got(
        text=response.output_text,
        thinking="\n\n".join(summaries),
        calls=tuple(
            Call(item.call_id, item.name, json.loads(item.arguments)) for item in output if item.type == "function_call"
        ),
        refusal="".join(refusals) if refusals else None,
        stop=details.reason if details else response.status,
        tokens=Tokens(
            usage.input_tokens, read.cached_tokens, usage.output_tokens, getattr(read, "cache_write_tokens", None) or 0,
            usage.output_tokens_details.reasoning_tokens,
        ),
        turn=[item.model_dump(exclude_none=True) for item in output],
    )  # fmt: skip
