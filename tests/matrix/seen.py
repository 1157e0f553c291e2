"""What a provider was asked, read from the bytes that reached the simulator: one reader for each format.

The matrix compares by value what arrived, so that a router that forgets half of a request cannot pass by answering.
"""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from router_core.simulator import SeenRequest

_PROOFS = re.compile(
    rb'"(?:signature|encrypted_content|thought_?[sS]ignature|reasoning_content)":\s*"((?:[^"\\]|\\.){8,})"'
)
_STANDARD = str.maketrans("-_", "+/")
_OPAQUE = (
    "args",
    "response",
    "parameters",
    "parametersJsonSchema",
    "responseJsonSchema",
    "responseSchema",
    "parameters_json_schema",
    "response_json_schema",
    "response_schema",
)
_PREFIX = re.compile(r"^\s*(\[?error\]?:?)", re.IGNORECASE)


@dataclass
class SeenResult:
    """A tool's result as the provider was given it."""

    id: str
    text: str
    error: bool


@dataclass
class Seen:
    """A request, in no format."""

    system: str = ""
    user: str = ""
    images: list[bytes] = field(default_factory=list)
    """Wherever they stand."""
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    """Calls of the history: id, name, parsed arguments."""
    results: list[SeenResult] = field(default_factory=list)
    tools: dict[str, Any] = field(default_factory=dict)
    """Name → schema."""
    schema: Any = None
    stop: list[str] = field(default_factory=list)
    max_tokens: int | None = None
    streamed: bool = False


def proofs_in(body: bytes) -> set[str]:
    """Signatures, encrypted reasoning and thoughts that a provider wants back; those of a stream come in pieces."""
    found = {orjson.loads(b'"%s"' % value) for value in _PROOFS.findall(body)}
    return {value.translate(_STANDARD) for value in found}


def read(seen: SeenRequest, format: str) -> Seen:
    """A request by its format."""
    body = orjson.loads(seen.body)
    found = _READERS[format](body)
    found.streamed = bool(body.get("stream")) or ":stream" in seen.path
    return found


def _anthropic(body: dict[str, Any]) -> Seen:
    found = Seen(system=_text(body.get("system")), stop=body.get("stop_sequences") or [])
    found.max_tokens = body["max_tokens"]
    found.tools = {tool["name"]: tool["input_schema"] for tool in body.get("tools", ())}
    found.schema = body.get("output_config", {}).get("format", {}).get("schema")
    for message in body["messages"]:
        for block in _parts(message["content"]):
            match block["type"]:
                case "text" if message["role"] == "user":
                    found.user += block["text"]
                case "image":
                    found.images.append(_bytes(block["source"]["data"]))
                case "tool_use":
                    found.calls.append((block["id"], block["name"], block["input"]))
                case "tool_result":
                    parts = list(_parts(block["content"]))
                    found.images += [_bytes(part["source"]["data"]) for part in parts if part["type"] == "image"]
                    error = block.get("is_error", False)
                    found.results.append(SeenResult(block["tool_use_id"], _text(parts), error))
    return found


def _chat(body: dict[str, Any]) -> Seen:
    stop = body.get("stop") or []
    found = Seen(stop=[stop] if isinstance(stop, str) else stop)
    found.max_tokens = body.get("max_completion_tokens") or body.get("max_tokens")
    found.tools = {tool["function"]["name"]: tool["function"]["parameters"] for tool in body.get("tools", ())}
    found.schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    for message in body["messages"]:
        parts = list(_parts(message.get("content") or ""))
        found.images += [_data(part["image_url"]["url"]) for part in parts if part["type"] == "image_url"]
        for call in message.get("tool_calls") or ():
            function = call["function"]
            found.calls.append((call["id"], function["name"], orjson.loads(function["arguments"])))
        match message["role"]:
            case "system" | "developer":
                found.system += _text(parts)
            case "user":
                found.user += _text(parts)
            case "tool":
                found.results.append(_marked(message["tool_call_id"], _text(parts)))
    return found


def _responses(body: dict[str, Any]) -> Seen:
    found = Seen(system=body.get("instructions") or "", max_tokens=body.get("max_output_tokens"))
    found.tools = {tool["name"]: tool["parameters"] for tool in body.get("tools", ())}
    found.schema = body.get("text", {}).get("format", {}).get("schema")
    items = body["input"] if isinstance(body["input"], list) else [{"role": "user", "content": body["input"]}]
    for item in items:
        match item.get("type", "message"):
            case "message":
                parts = list(_parts(item["content"]))
                found.images += [_data(part["image_url"]) for part in parts if part["type"] == "input_image"]
                if item["role"] == "user":
                    found.user += _text(parts)
                elif item["role"] != "assistant":
                    found.system += _text(parts)
            case "function_call":
                found.calls.append((item["call_id"], item["name"], orjson.loads(item["arguments"])))
            case "function_call_output":
                parts = list(_parts(item["output"]))
                found.images += [_data(part["image_url"]) for part in parts if part["type"] == "input_image"]
                found.results.append(_marked(item["call_id"], _text(parts)))
    return found


def _gemini(body: dict[str, Any]) -> Seen:
    body = _camel(body)
    settings = body.get("generationConfig", {})
    found = Seen(stop=settings.get("stopSequences") or [], max_tokens=settings.get("maxOutputTokens"))
    found.system = "".join(part["text"] for part in body.get("systemInstruction", {}).get("parts", ()))
    declared = [each for tool in body.get("tools", ()) for each in tool["functionDeclarations"]]
    found.tools = {each["name"]: each.get("parametersJsonSchema") or each.get("parameters") for each in declared}
    found.schema = settings.get("responseJsonSchema") or settings.get("responseSchema")
    for content in body["contents"]:
        for part in content["parts"]:
            if "inlineData" in part:
                found.images.append(_bytes(part["inlineData"]["data"]))
            if call := part.get("functionCall"):
                found.calls.append((call.get("id", ""), call["name"], call["args"]))
            if answer := part.get("functionResponse"):
                found.images += [_bytes(each["inlineData"]["data"]) for each in answer.get("parts", ())]
                said = answer["response"]
                text = "".join(str(value) for value in said.values())
                found.results.append(SeenResult(answer.get("id", ""), text, "error" in said))
            if content.get("role") != "model":
                found.user += part.get("text", "")
    return found


def _marked(id: str, text: str) -> SeenResult:
    """A result where the format has no flag for a failure: the text begins by saying so."""
    return SeenResult(id, text, bool(_PREFIX.match(text)))


def _parts(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, str):
        yield {"type": "text", "text": content}
    else:
        yield from content or ()


def _text(content: Any) -> str:
    return "".join(part.get("text", "") for part in _parts(content))


def _data(url: str) -> bytes:
    return _bytes(url.removeprefix("data:image/png;base64,"))


def _bytes(data: str) -> bytes:
    """Of base64 in either alphabet: Google's SDKs write the URL-safe one."""
    return base64.b64decode(data.translate(_STANDARD), validate=True)


def _camel(value: Any) -> Any:
    """Google takes both spellings of a key, and its SDK sends some in the other."""
    if isinstance(value, dict):
        return {_spelled(key): _camel(each) if key not in _OPAQUE else each for key, each in value.items()}
    return [_camel(each) for each in value] if isinstance(value, list) else value


def _spelled(key: str) -> str:
    head, *rest = key.split("_")
    return head + "".join(word.capitalize() for word in rest)


_READERS: dict[str, Callable[[dict[str, Any]], Seen]] = {
    "anthropic": _anthropic,
    "openai-chat": _chat,
    "openai-responses": _responses,
    "gemini": _gemini,
}
