"""Gemini's parts ↔ blocks: the piece that requests and answers share.

A part is one value (`text`, `functionCall`, `inlineData` …) with siblings: `thought` says that a text is reasoning,
`thoughtSignature` is a proof and may sit beside any of them. Source: ai.google.dev/api/caching#Part and
/gemini-api/docs/thought-signatures, read 2026-11.
"""

from collections.abc import Callable
from typing import Any, Literal

import orjson

from router_core.errors import WireError
from router_core.wire.gemini.fields import (
    as_list,
    as_mapping,
    as_object,
    as_text,
    dump,
    extras_of,
    standard_base64,
)
from router_core.wire.gemini.generation import DUMMY_SIGNATURE, is_synthetic
from router_core.wire.model import Block, JsonObject, Media, Opaque, Proof, Text, Thinking, ToolCall, ToolResult
from router_core.wire.proof import for_client, unseal

type NameCall = Callable[[str, str, str], str]
"""(id or "", name, arguments) → the id to use."""

_PROVIDER_FILES = ("https://generativelanguage.googleapis.com/", "gs://", "files/")
_DUMMIES = (DUMMY_SIGNATURE, "context_engineering_is_the_way_to_go")


def decode_part(raw: Any, path: str, name_call: NameCall, status: int = 400) -> Block | None:
    """The block of a part; None for one that says nothing.

    Args:
        path: of the part, for errors.
        name_call: gives calls and results their ids.

    Raises:
        WireError: a field has the wrong type.
    """
    part = as_object(raw, path, status)
    signature = as_text(part.pop("thoughtSignature", None), f"{path}.thoughtSignature", status)
    if "text" in part and part["text"] is not None:
        text = as_text(part.pop("text"), f"{path}.text", status)
        proof = _proof(signature)
        if not text and proof is None and part.keys() <= {"thought"}:
            return None  # the last frame of a stream has such a part, and SDKs' chats send it back
        if part.get("thought") is True:
            return Thinking(text, proof, extras=extras_of(part))
        part.pop("thought", None)
        return Text(text, proof=proof, extras=extras_of(part))
    if part.get("functionCall") is not None:
        return _call(part, path, _proof(signature), name_call, status)
    if part.get("functionResponse") is not None:
        return _result(part, path, name_call, status)
    if part.get("inlineData") is not None or part.get("fileData") is not None:
        if signature:
            part["thoughtSignature"] = signature
        return _media(part, path, status)
    if not part and not signature:
        return None
    if signature:
        part["thoughtSignature"] = signature
    return Opaque("gemini", part)


def _proof(signature: str) -> Proof | None:
    if not signature:
        return None
    return Proof("gemini", signature) if signature in _DUMMIES else unseal(standard_base64(signature), "gemini")


def _call(part: JsonObject, path: str, proof: Proof | None, name_call: NameCall, status: int) -> ToolCall:
    path = f"{path}.functionCall"
    call = as_object(part.pop("functionCall"), path, status)
    name = as_text(call.pop("name", None), f"{path}.name", status)
    if not name:
        raise WireError(f"'{path}.name' is missing.", f"{path}.name", status)
    given = as_text(call.get("id"), f"{path}.id", status)
    arguments = dump(as_mapping(call.pop("args", None), f"{path}.args", status), f"{path}.args", status)
    call_id = name_call(given, name, arguments)
    if call_id != given:
        call.pop("id", None)
    # `functionCall` in the extras, if empty, says that the call came from Gemini
    return ToolCall(
        call_id,
        name,
        arguments,
        proof=proof,
        extras={"gemini": {**part, "functionCall": call}},
    )


def _result(part: JsonObject, path: str, name_call: NameCall, status: int) -> ToolResult:
    path = f"{path}.functionResponse"
    result = as_object(part.pop("functionResponse"), path, status)
    name = as_text(result.pop("name", None), f"{path}.name", status)
    given = as_text(result.get("id"), f"{path}.id", status)
    response = as_mapping(result.get("response"), f"{path}.response", status)
    content: list[Block] = []
    is_error = len(response) == 1 and "error" in response
    if response:
        content.append(Text(_words(response, f"{path}.response", status)))
    if result.get("parts") is not None:
        at = f"{path}.parts"
        inner_parts = [as_object(inner, at, status) for inner in as_list(result["parts"], at, status)]
        for number, inner in enumerate(inner_parts):
            if not isinstance(inner.get("inlineData") or inner.get("fileData"), dict):
                continue  # kept as it is for Gemini; the others could not read it
            inner.update({name: as_object(value, at, status) for name, value in inner.items() if _is_blob(name)})
            block = _media(dict(inner), f"{at}[{number}]", status)
            content.append(block)
        result["parts"] = inner_parts
    return ToolResult(
        name_call(given, name, ""),
        tuple(content),
        is_error,
        name=name,
        extras={"gemini": {**part, "functionResponse": result}},
    )


def _is_blob(name: str) -> bool:
    return name in ("inlineData", "fileData")


def _words(response: JsonObject, path: str, status: int) -> str:
    """What a tool gave back, as text: the wrapping that only makes it an object is taken off."""
    value: Any = response
    if len(response) == 1 and (wrapper := next(iter(response))) in ("output", "result", "error"):
        value = response[wrapper]
    return value if isinstance(value, str) else dump(value, path, status)


def _media(part: JsonObject, path: str, status: int) -> Media:
    if part.get("inlineData") is not None:
        path = f"{path}.inlineData"
        blob = as_object(part.pop("inlineData"), path, status)
        mime = as_text(blob.pop("mimeType", None), f"{path}.mimeType", status)
        data = standard_base64(as_text(blob.pop("data", None), f"{path}.data", status))
        name = as_text(blob.get("displayName"), f"{path}.displayName", status)
        if blob:
            part["inlineData"] = blob
        return Media(kind_of(mime), mime, data=data, name=name, extras=extras_of(part))
    path = f"{path}.fileData"
    blob = as_object(part.pop("fileData"), path, status)
    mime = as_text(blob.pop("mimeType", None), f"{path}.mimeType", status)
    uri = as_text(blob.pop("fileUri", None), f"{path}.fileUri", status)
    name = as_text(blob.get("displayName"), f"{path}.displayName", status)
    if blob:
        part["fileData"] = blob
    if uri.startswith(_PROVIDER_FILES):
        return Media(kind_of(mime), mime, file_id=uri, name=name, extras=extras_of(part))
    return Media(kind_of(mime), mime, url=uri, name=name, extras=extras_of(part))


def kind_of(mime: str) -> Literal["image", "document", "audio", "video"]:
    """`image`, `audio`, `video` by the first half of the type, else `document`."""
    first = mime.partition("/")[0]
    match first:
        case "image" | "audio" | "video":
            return first
    return "document"


def is_gemini_file(file_id: str) -> bool:
    """True for a file that Google keeps."""
    return file_id.startswith(_PROVIDER_FILES)


def text_part(text: str, proof: Proof | None, more: JsonObject) -> JsonObject:
    """A part of text; `more` are its extras, among them `thought`."""
    part: JsonObject = {"text": text, **more}
    if proof is not None:
        part["thoughtSignature"] = for_client(proof, "gemini")
    return part


def media_part(media: Media, mime: str, more: JsonObject) -> JsonObject:
    """A part of media that Gemini can take: `mime` has been decided by the caller."""
    if media.data:
        blob = {"mimeType": mime, "data": media.data, **(more.get("inlineData") or {})}
        return {**more, "inlineData": blob}
    file: JsonObject = {"fileUri": media.url or media.file_id, **(more.get("fileData") or {})}
    if mime:
        file["mimeType"] = mime
    return {**more, "fileData": file}


def call_part(call: ToolCall, name: str, arguments: JsonObject, more: JsonObject, *, with_id: bool) -> JsonObject:
    """A function call; the id is left out where the provider never gave one."""
    known = dict(more.get("functionCall") or {})
    given = known.pop("id", "")
    body: JsonObject = {"name": name, "args": arguments, **known}
    if call.id and not is_synthetic(call.id) and (with_id or given):
        body["id"] = call.id
    part = {**more, "functionCall": body}
    if call.proof is not None:
        part["thoughtSignature"] = for_client(call.proof, "gemini")
    return part


def arguments_object(call: ToolCall) -> JsonObject | None:
    """The arguments as the object that Gemini wants; None when they are none (cut off, or malformed)."""
    if call.custom:
        return {"input": call.arguments}
    if not call.arguments.strip():
        return {}
    try:
        value = orjson.loads(call.arguments)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
