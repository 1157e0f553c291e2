"""Which fields a Gemini request may have, and of which type: the API's messages as tables.

The real API parses JSON into protocol buffers, so an unknown name anywhere is an error, names may be written
in camelCase or in snake_case, and `null` is the same as leaving a field out. `parse` does the same, and gives
back a body in which every name is camelCase and every value has the type that the table says; the rules and the
replies need not look twice. Read from ai.google.dev/api on 2026-11-20.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from router_core.simulator.call import Json

MAX_DEPTH = 100
"""Deeper JSON is refused, as protocol buffers do."""

# type suffixes: [] repeated, {} map; a capital is another message, enum: a closed set
MESSAGES: dict[str, str] = {
    "GenerateContentRequest": "model:string contents:Content[] systemInstruction:Content tools:Tool[] "
    "toolConfig:ToolConfig safetySettings:SafetySetting[] generationConfig:GenerationConfig cachedContent:string "
    "labels:string{} serviceTier:string store:bool",
    "CountTokensRequest": "model:string contents:Content[] generateContentRequest:GenerateContentRequest",
    "Content": "role:string parts:Part[]",
    "Part": "text:string inlineData:Blob fileData:FileData functionCall:FunctionCall "
    "functionResponse:FunctionResponse executableCode:ExecutableCode codeExecutionResult:CodeExecutionResult "
    "toolCall:struct toolResponse:struct thought:bool thoughtSignature:bytes videoMetadata:VideoMetadata "
    "partMetadata:struct mediaResolution:struct",
    "Blob": "mimeType:string data:bytes",
    "FunctionResponseBlob": "mimeType:string data:bytes displayName:string",
    "FileData": "mimeType:string fileUri:string",
    "FunctionCall": "id:string name:string args:struct",
    "FunctionResponse": "id:string name:string response:struct parts:FunctionResponsePart[] willContinue:bool "
    "scheduling:string",
    "FunctionResponsePart": "inlineData:FunctionResponseBlob",
    "ExecutableCode": "id:string language:string code:string",
    "CodeExecutionResult": "id:string outcome:string output:string",
    "VideoMetadata": "startOffset:string endOffset:string fps:number",
    "Tool": "functionDeclarations:FunctionDeclaration[] googleSearch:GoogleSearch googleSearchRetrieval:struct "
    "codeExecution:Empty urlContext:Empty googleMaps:struct computerUse:struct fileSearch:struct mcpServers:struct[]",
    "Empty": "",
    "GoogleSearch": "timeRangeFilter:struct searchTypes:struct",
    "FunctionDeclaration": "name:string description:string behavior:string parameters:Schema "
    "parametersJsonSchema:value response:Schema responseJsonSchema:value",
    "Schema": "type:enum:Type format:string title:string description:string nullable:bool enum:string[] "
    "maxItems:int minItems:int properties:Schema{} required:string[] minProperties:int maxProperties:int "
    "minLength:int maxLength:int pattern:string example:value anyOf:Schema[] propertyOrdering:string[] "
    "items:Schema minimum:number maximum:number",
    "ToolConfig": "functionCallingConfig:FunctionCallingConfig retrievalConfig:struct "
    "includeServerSideToolInvocations:bool",
    "FunctionCallingConfig": "mode:enum:FunctionCallingConfig.Mode allowedFunctionNames:string[] "
    "streamFunctionCallArguments:bool",
    "SafetySetting": "category:enum:HarmCategory threshold:enum:SafetySetting.HarmBlockThreshold",
    "GenerationConfig": "stopSequences:string[] responseMimeType:string responseSchema:Schema "
    "responseJsonSchema:value responseModalities:string[] candidateCount:int maxOutputTokens:int temperature:number "
    "topP:number topK:int seed:int presencePenalty:number frequencyPenalty:number responseLogprobs:bool "
    "logprobs:int enableEnhancedCivicAnswers:bool speechConfig:struct thinkingConfig:ThinkingConfig "
    "imageConfig:struct mediaResolution:string",
    "ThinkingConfig": "includeThoughts:bool thinkingBudget:int thinkingLevel:enum:ThinkingConfig.ThinkingLevel",
}

ENUMS: dict[str, str] = {
    "Type": "TYPE_UNSPECIFIED STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL",
    "FunctionCallingConfig.Mode": "MODE_UNSPECIFIED AUTO ANY NONE VALIDATED",
    "ThinkingConfig.ThinkingLevel": "THINKING_LEVEL_UNSPECIFIED MINIMAL LOW MEDIUM HIGH",
    "HarmCategory": "HARM_CATEGORY_HARASSMENT HARM_CATEGORY_HATE_SPEECH HARM_CATEGORY_SEXUALLY_EXPLICIT "
    "HARM_CATEGORY_DANGEROUS_CONTENT HARM_CATEGORY_CIVIC_INTEGRITY",
    "SafetySetting.HarmBlockThreshold": "HARM_BLOCK_THRESHOLD_UNSPECIFIED BLOCK_LOW_AND_ABOVE "
    "BLOCK_MEDIUM_AND_ABOVE BLOCK_ONLY_HIGH BLOCK_NONE OFF",
}

_FIELDS = {
    name: {field: kind for field, _, kind in (item.partition(":") for item in text.split())}
    for name, text in MESSAGES.items()
}
_NAMES = {name: frozenset(text.split()) for name, text in ENUMS.items()}
_API = "type.googleapis.com/google.ai.generativelanguage.v1beta."
_PAYLOAD = "Invalid JSON payload received. "
_INT32 = 2**31

type Problem = tuple[str, str]
"""The path of a field as Google writes it, and what is wrong there."""


def parse(body: Json, message: str) -> tuple[Json, list[Problem]]:
    """The body with camelCase names and checked types, and everything wrong with it.

    Args:
        message: a key of MESSAGES. With problems the body given back is not complete.
    """
    if _depth_exceeds(body, MAX_DEPTH):
        return {}, [("", f"{_PAYLOAD}Message too deep. Max recursion depth reached for key 'parts'")]
    problems: list[Problem] = []
    return _message(body, message, "", problems), problems


def snake(name: str) -> str:
    """`generationConfig` → `generation_config`: how errors write names."""
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def camel(name: str) -> str:
    """`generation_config` → `generationConfig`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest) if head else name


def decode_bytes(text: str) -> bytes | None:
    """Base64 in the standard or the URL alphabet, padded or not; None when it is neither."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _message(value: Json, message: str, path: str, problems: list[Problem]) -> Json:
    fields = _FIELDS[message]
    parsed: Json = {}
    for written, item in value.items():
        name = written if written in fields else camel(written)
        if name not in fields or (name != written and snake(name) != written):
            problems.append((path, f'{_PAYLOAD}Unknown name "{written}"{_at(path)}: Cannot find field.'))
        elif item is not None:
            parsed[name] = _field(item, fields[name], written, path, problems)
    return parsed


def _field(value: Any, kind: str, name: str, parent: str, problems: list[Problem]) -> Any:
    path = f"{parent}.{snake(name)}" if parent else snake(name)
    if kind.endswith("[]"):
        items = value if isinstance(value, list) else [value]  # the parser takes one value for a list of one
        return [_single(item, kind[:-2], f"{path}[{at}]", problems) for at, item in enumerate(items)]
    if isinstance(value, list) and kind not in ("value", "struct"):
        text = f'{_PAYLOAD}Unknown name "{name}"{_at(parent)}: Proto field is not repeating, cannot start list.'
        problems.append((parent, text))
        return None
    if kind.endswith("{}"):
        if not isinstance(value, dict):
            problems.append(_invalid(path, "Map", value))
            return {}
        pairs = enumerate(value.items())
        return {key: _single(item, kind[:-2], f"{path}[{at}].value", problems) for at, (key, item) in pairs}
    return _single(value, kind, path, problems)


def _single(value: Any, kind: str, path: str, problems: list[Problem]) -> Any:
    if kind in _FIELDS:
        if isinstance(value, dict):
            return _message(value, kind, path, problems)
        problems.append(_invalid(path, f"{_API}{kind}", value))
        return {}
    if kind.startswith("enum:"):
        return _enum(value, kind.removeprefix("enum:"), path, problems)
    match kind, value:
        case "value", _:
            return value
        case "struct", dict():
            return value
        case "struct", _:
            problems.append(_invalid(path, "type.googleapis.com/google.protobuf.Struct", value))
            return {}
        case ("string", str()) | ("bool", bool()):
            return value
        case "bytes", str() if decode_bytes(value) is not None:
            return value
        case "bytes", str():
            shown = value[:40]
            problems.append((path, f"Invalid value at '{path}' (TYPE_BYTES), Base64 decoding failed for \"{shown}\""))
        case "int", _ if (number := _number(value)) is not None and number == int(number) and abs(number) < _INT32:
            return int(number)
        case "number", _ if (number := _number(value)) is not None:
            return number
        case _:
            proto = {"int": "TYPE_INT32", "number": "TYPE_FLOAT"}.get(kind, f"TYPE_{kind.upper()}")
            problems.append(_invalid(path, proto, value))
    return None


def _enum(value: Any, name: str, path: str, problems: list[Problem]) -> str | None:
    if isinstance(value, str) and value.upper() in _NAMES[name]:
        return value.upper()  # the parser does not mind the case
    problems.append(_invalid(path, _API + name, value))
    return None


def _number(value: Any) -> float | None:
    """Numbers, also as strings, as proto3 JSON has them."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1e300 else None  # neither infinite nor NaN


def _invalid(path: str, proto: str, value: Any) -> Problem:
    shown = f'"{value[:40]}"' if isinstance(value, str) else str(value)[:40] if isinstance(value, int | float) else ""
    return path, f"Invalid value at '{path}' ({proto})" + (f", {shown}" if shown else "")


def _at(path: str) -> str:
    return f" at '{path}'" if path else ""


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _depth_exceeds(value: Any, limit: int) -> bool:
    layer = [value]
    for _ in range(limit):
        layer = [child for item in layer for child in _children(item)]
        if not layer:
            return False
    return True
