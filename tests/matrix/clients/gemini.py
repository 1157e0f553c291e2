"""The `google-genai` SDK: `generate_content` and its stream, whose frames make one turn of the history."""

from collections.abc import Mapping, Sequence
from typing import Any

from google import genai
from google.genai import errors, types

from tests.matrix.asking import Ask, Call, Got, Result, Stop, Tokens


class GeminiClient:
    name = "gemini"
    flags_errors = True
    refused = errors.ClientError
    stops: Mapping[Stop, tuple[str, ...]] = {
        "done": ("STOP",),
        "tool": ("STOP",),
        "length": ("MAX_TOKENS",),
        "sequence": ("STOP",),
        "refusal": ("SAFETY",),
    }

    def __init__(self, url: str, key: str) -> None:
        options = types.HttpOptions(base_url=url, api_version="v1beta", timeout=20_000)
        self._sdk = genai.Client(api_key=key, http_options=options)

    def close(self) -> None:
        self._sdk.close()

    def ask(self, model: str, ask: Ask, *, stream: bool) -> Got:
        return self._send(model, ask, [_opening(ask)], stream)

    def go_on(self, model: str, ask: Ask, got: Got, results: Sequence[Result], *, stream: bool) -> Got:
        given = types.Content(role="user", parts=[_result(result) for result in results])
        return self._send(model, ask, [_opening(ask), *got.turn, given], stream)

    def _send(self, model: str, ask: Ask, contents: list[types.Content], stream: bool) -> Got:
        config = types.GenerateContentConfig(
            system_instruction=ask.system or None,
            max_output_tokens=ask.max_tokens,
            stop_sequences=list(ask.stop) or None,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        if ask.tools:
            config.tools = [types.Tool(function_declarations=[_declared(tool) for tool in ask.tools])]
        if ask.thinks:
            high = types.ThinkingLevel.HIGH
            config.thinking_config = types.ThinkingConfig(include_thoughts=True, thinking_level=high)
        if ask.schema:
            config.response_mime_type = "application/json"
            config.response_json_schema = ask.schema
        asked: Any = {"model": model, "contents": contents, "config": config}
        if stream:
            return _got(list(self._sdk.models.generate_content_stream(**asked)))
        return _got([self._sdk.models.generate_content(**asked)])


def _says_something(part: types.Part) -> bool:
    """The empty text that ends a stream may not stand in a history, unless it is signed."""
    return part.text != "" or part.thought_signature is not None


def _opening(ask: Ask) -> types.Content:
    parts = [types.Part.from_text(text=ask.text)]
    if ask.image_png:
        parts.append(types.Part.from_bytes(data=ask.image_png, mime_type="image/png"))
    return types.Content(role="user", parts=parts)


def _declared(tool: Any) -> types.FunctionDeclaration:
    return types.FunctionDeclaration(
        name=tool.name, description=tool.description, parameters_json_schema=dict(tool.schema)
    )


def _result(result: Result) -> types.Part:
    blob = types.FunctionResponseBlob(mime_type="image/png", data=result.image_png)
    response = types.FunctionResponse(
        id=result.call.id or None,
        name=result.call.name,
        response={"error" if result.error else "output": result.text},
        parts=[types.FunctionResponsePart(inline_data=blob)] if result.image_png else None,
    )
    return types.Part(function_response=response)


def _got(frames: list[types.GenerateContentResponse]) -> Got:
    candidates = [frame.candidates[0] for frame in frames if frame.candidates]
    contents = [candidate.content for candidate in candidates if candidate.content and candidate.content.parts]
    parts = [part for content in contents for part in content.parts or ()]
    texts = [part for part in parts if part.text]
    calls = [part.function_call for part in parts if part.function_call]
    last = candidates[-1]
    usage = next(frame.usage_metadata for frame in reversed(frames) if frame.usage_metadata)
    answer, thought = usage.candidates_token_count or 0, usage.thoughts_token_count or 0
    assert usage.total_token_count == (usage.prompt_token_count or 0) + answer + thought
    return Got(
        text="".join(part.text or "" for part in texts if not part.thought),
        thinking="".join(part.text or "" for part in texts if part.thought),
        calls=tuple(Call(call.id or "", call.name or "", call.args) for call in calls),
        refusal=last.finish_message,
        stop=last.finish_reason.value if last.finish_reason else "",
        tokens=Tokens(
            usage.prompt_token_count or 0, usage.cached_content_token_count or 0, answer + thought, None, thought
        ),
        turn=[types.Content(role="model", parts=[part for part in parts if _says_something(part)])],
    )
