"""What Gemini refuses in a conversation and its tools, in its own words. The body has been through `parse`.

Problems that begin with `* GenerateContentRequest.` are collected and come in one answer, as the provider's
validator does it; the rules about turns come one at a time.
"""

import re
from collections.abc import Iterator

from router_core.simulator.call import Json
from router_core.simulator.gemini_fields import snake
from router_core.simulator.gemini_models import generation

DATA_FIELDS = (
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
)

BUILT_IN = ("googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext", "googleMaps", "fileSearch")

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}", re.ASCII)
_BAD_NAME = (
    "Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), "
    "underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64."
)
# image/gif is not among them
_MEDIA = re.compile(r"image/(png|jpeg|webp|heic|heif)|(audio|video|text)/[\w.+-]+|application/(pdf|json|rtf)", re.ASCII)
_STRING_FORMATS = ("", "enum", "date-time")


def content_problem(body: Json, model: str) -> str | None:
    """The first answer that the conversation and the tools of a body get, None when all is well."""
    found = [f"* GenerateContentRequest.{text}\n" for text in _validator(body)]
    if found:
        return "".join(found)
    return next(_turns(body.get("contents") or []), None) or next(_tools(body, model), None)


def _validator(body: Json) -> Iterator[str]:
    contents = body.get("contents") or []
    if not contents:
        yield "contents: contents is not specified"
    system = body.get("systemInstruction")
    if system is not None:
        yield from _parts(system.get("parts") or [], "system_instruction")
    for position, content in enumerate(contents):
        where = f"contents[{position}]"
        if not content.get("parts"):
            yield f"{where}.parts: contents.parts must not be empty."
        yield from _parts(content.get("parts") or [], where)
    for position, tool in enumerate(body.get("tools") or []):
        for number, declared in enumerate(tool.get("functionDeclarations") or []):
            where = f"tools[{position}].function_declarations[{number}]"
            if not _NAME.fullmatch(declared.get("name", "")):
                yield f"{where}.name: {_BAD_NAME}"
            if "parameters" in declared and "parametersJsonSchema" in declared:
                yield f"{where}: only one of `parameters` and `parameters_json_schema` can be set."
            if "parameters" in declared:
                yield from schema_problems(declared["parameters"], f"{where}.parameters")


def _parts(parts: list[Json], where: str) -> Iterator[str]:
    for number, part in enumerate(parts):
        present = [name for name in DATA_FIELDS if name in part]
        # an empty text may stand at the end of a turn to carry the signature
        if not present or (present == ["text"] and not part["text"] and not part.get("thoughtSignature")):
            yield f"{where}.parts[{number}].data: required oneof field 'data' must have one initialized field"
        elif len(present) > 1:
            names = ", ".join(snake(name) for name in present)
            yield f"{where}.parts[{number}].data: only one of the oneof fields may be set, got {names}"
        for name in ("functionCall", "functionResponse"):
            if name in part and not part[name].get("name"):
                yield f"{where}.parts[{number}].{snake(name)}.name: Name cannot be empty."
        if "inlineData" in part and not (part["inlineData"].get("mimeType") and part["inlineData"].get("data")):
            yield f"{where}.parts[{number}].inline_data: required fields mime_type and data must be set"
        if "fileData" in part and not part["fileData"].get("fileUri"):
            yield f"{where}.parts[{number}].file_data.file_uri: file_uri must be set"


def schema_problems(schema: Json, where: str) -> Iterator[str]:
    """What is wrong with a schema of the OpenAPI kind, beyond names and types."""
    kind, properties = schema.get("type"), schema.get("properties") or {}
    if kind is None and "anyOf" not in schema:
        yield f"{where}.type: must be specified"
    if kind == "ARRAY" and "items" not in schema:
        yield f"{where}.items: missing field."
    if kind == "STRING" and schema.get("format", "") not in _STRING_FORMATS:
        yield f"{where}.format: only 'enum' and 'date-time' are supported for STRING type"
    if schema.get("enum") and kind != "STRING":
        yield f"{where}.enum: only allowed for STRING type"
    for number, name in enumerate(schema.get("required") or []):
        if name not in properties:
            yield f"{where}.required[{number}]: property is not defined"
    for name, inner in properties.items():
        yield from schema_problems(inner, f"{where}.properties[{name}]")
    if "items" in schema:
        yield from schema_problems(schema["items"], f"{where}.items")
    for number, inner in enumerate(schema.get("anyOf") or []):
        yield from schema_problems(inner, f"{where}.any_of[{number}]")


def _turns(contents: list[Json]) -> Iterator[str]:
    calls: list[Json] = []
    before = ""
    for content in contents:
        role = content.get("role") or "user"
        if role not in ("user", "model"):
            yield "Please use a valid role: user, model."
        made = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
        answered = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
        if (made and role != "model") or (answered and role != "user"):
            yield f"Please ensure that function {'call' if made else 'response'} turn has a valid role: user, model."
        if calls or answered:
            yield from _pairing(calls, answered)
        if made and before != "user":
            yield (
                "Please ensure that function call turn comes immediately after a user turn or after a function "
                "response turn."
            )
        yield from _media(content["parts"])
        calls, before = made, role
    if calls:
        yield _WRONG_COUNT


_WRONG_COUNT = (
    "Please ensure that the number of function response parts is equal to the number of function call parts of the "
    "function call turn."
)


def _pairing(calls: list[Json], answers: list[Json]) -> Iterator[str]:
    if not calls:
        yield "Please ensure that function response turn comes immediately after a function call turn."
    if len(calls) != len(answers):
        yield _WRONG_COUNT
    if sorted(call["name"] for call in calls) != sorted(answer["name"] for answer in answers):
        yield "Please ensure that function response name matches the function call name of the function call turn."
    asked, given = ([item["id"] for item in items if item.get("id")] for items in (calls, answers))
    if asked and given and sorted(asked) != sorted(given):
        yield "functionResponse.id does not match functionCall.id"


def _media(parts: list[Json]) -> Iterator[str]:
    for part in parts:
        inner = part.get("functionResponse", {}).get("parts") or []
        for blob in [holder["inlineData"] for holder in (part, *inner) if "inlineData" in holder]:
            mime = blob.get("mimeType", "")
            if not _MEDIA.fullmatch(mime):
                yield f"Unsupported MIME type: {mime}"
        uri = part.get("fileData", {}).get("fileUri", "https://")
        if not uri.startswith(("https://", "gs://", "files/")):
            yield f"Invalid or unsupported file uri: {uri}"


def _tools(body: Json, model: str) -> Iterator[str]:
    tools = body.get("tools") or []
    names = [declared["name"] for tool in tools for declared in tool.get("functionDeclarations") or []]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        yield f"Duplicate function declaration found: {doubled}"
    settings = body.get("toolConfig") or {}
    built_in = [snake(name) for tool in tools for name in BUILT_IN if name in tool]
    if built_in and names:
        if generation(model) < (3, 0):
            yield (
                f"Built-in tools ({{{built_in[0]}}}) and Function Calling cannot be combined in the same request. "
                "Please choose one to continue."
            )
        elif not settings.get("includeServerSideToolInvocations"):
            yield (
                "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function "
                "calling."
            )
    calling = settings.get("functionCallingConfig") or {}
    mode, allowed = calling.get("mode", "AUTO"), calling.get("allowedFunctionNames") or []
    if mode in ("ANY", "VALIDATED") and not names:
        yield "Function calling config is set without function_declarations."
    if allowed and mode not in ("ANY", "VALIDATED"):
        yield "Function calling mode must be ANY or VALIDATED when allowed_function_names is set."
    for name in allowed:
        if name not in names:
            yield f"allowed_function_names contains {name}, which is not among the function declarations."
