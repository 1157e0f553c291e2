"""Boils a Gemini request down to a `Prompt`, and counts its tokens. The body has passed the rules."""

from typing import Any

import orjson

from router_core.simulator.call import Json
from router_core.simulator.gemini_models import thinking_of
from router_core.simulator.replies import Prompt, ToolOffer, last_words

IMAGE_TOKENS = 258
"""What an image, or any other inline file, counts."""


def read_prompt(body: Json, model: str) -> Prompt:
    """What matters in a request."""
    contents, config = body["contents"], body.get("generationConfig") or {}
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    users = [content for content in contents if content.get("role") != "model" and _texts(content)]
    results = [part["functionResponse"] for part in contents[-1]["parts"] if "functionResponse" in part]
    offers, allowed = offered(body), calling.get("allowedFunctionNames") or []
    return Prompt(
        model=model,
        last_user_text=last_words(_texts(users[-1])) if users else "",
        tools=() if calling.get("mode") == "NONE" else tuple(o for o in offers if not allowed or o.name in allowed),
        tool_result="\n".join(_result_text(result) for result in results) if results else None,
        schema=_answer_schema(config),
        max_output_tokens=config.get("maxOutputTokens"),
        input_tokens=count_input(body),
        thinks=(config.get("thinkingConfig") or {}).get("thinkingBudget") != 0,
        forced_tool=(allowed[0] if len(allowed) == 1 else "*") if calling.get("mode") == "ANY" else None,
        stop_sequences=tuple(config.get("stopSequences") or []),
        searches=any("googleSearch" in tool for tool in body.get("tools") or []),
    )


def offered(body: Json) -> list[ToolOffer]:
    """The functions that a request declares."""
    return [
        ToolOffer(declared["name"], "function", _parameters(declared))
        for tool in body.get("tools") or []
        for declared in tool.get("functionDeclarations") or []
    ]


def shows_thoughts(body: Json, model: str) -> bool:
    """Whether thoughts are part of the answer; without, they are only counted."""
    thinking = (body.get("generationConfig") or {}).get("thinkingConfig") or {}
    return bool(thinking.get("includeThoughts")) and (thinking.get("thinkingBudget") != 0 or not _may_be_off(model))


def count_input(body: Json) -> int:
    """LLM tokens of the whole prompt: four characters each, and a flat number for each inline file."""
    characters, files = len(orjson.dumps(body["tools"])) if body.get("tools") else 0, 0
    for content in [body.get("systemInstruction") or {}, *(body.get("contents") or [])]:
        for part in content.get("parts") or []:
            inner = (part.get("functionResponse") or {}).get("parts") or []
            blobs = [holder for holder in (part, *inner) if "inlineData" in holder]
            files += len(blobs)
            if "inlineData" not in part:
                shown = {name: value for name, value in part.items() if name != "thoughtSignature"}
                characters += len(orjson.dumps(shown)) - sum(len(blob["inlineData"].get("data", "")) for blob in blobs)
    return max(1, characters // 4 + files * IMAGE_TOKENS)


def json_schema(schema: Any) -> Any:
    """A schema of the OpenAPI kind as JSON Schema: its types are in capitals."""
    if isinstance(schema, list):
        return [json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    lowered = {name: json_schema(value) for name, value in schema.items()}
    if isinstance(schema.get("type"), str):
        lowered["type"] = schema["type"].lower()
    return lowered


def _answer_schema(config: Json) -> Json | None:
    schema = config.get("responseJsonSchema") or json_schema(config.get("responseSchema"))
    if isinstance(schema, dict):
        return schema
    return {"type": "object"} if config.get("responseMimeType") == "application/json" else None


def _parameters(declared: Json) -> Json | None:
    schema = declared.get("parametersJsonSchema") or json_schema(declared.get("parameters"))
    return schema if isinstance(schema, dict) else None


def _texts(content: Json) -> list[str]:
    return [part["text"] for part in content["parts"] if part.get("text") and not part.get("thought")]


def _result_text(result: Json) -> str:
    response = result.get("response") or {}
    only = next(iter(response.values())) if len(response) == 1 else response
    return only if isinstance(only, str) else orjson.dumps(only).decode()


def _may_be_off(model: str) -> bool:
    return thinking_of(model).may_be_off
