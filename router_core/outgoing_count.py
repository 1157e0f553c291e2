"""A request to count tokens, put to a target that has an endpoint for it. The others get an estimate."""

from urllib.parse import quote

import orjson
from msgspec.structs import replace

from router_core.asked_for import AskedFor
from router_core.config.schema import Kind, ProviderConfig
from router_core.outgoing import Outgoing, own_headers, passed, wire_target
from router_core.outgoing_google import GOOGLE_KINDS, count_in_google_dialect, vertex_format
from router_core.routing.target import RouteTarget
from router_core.transform.apply import transformed
from router_core.transform.registry import transformers_of
from router_core.wire.changes import ROOT
from router_core.wire.codec import Target, codec
from router_core.wire.edit import Edit
from router_core.wire.format import FormatName
from router_core.wire.google_envelope import is_claude
from router_core.wire.json_bytes import json_bytes
from router_core.wire.model import JsonObject

_COUNTING: dict[str, FormatName] = {
    "anthropic": "anthropic", "gemini": "gemini", "code-assist": "gemini", "openai": "openai-responses",
}  # fmt: skip
"""Kind of provider → the format of its counting endpoint."""
_COUNTED_BY_OPENAI = (
    "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "text",
    "previous_response_id", "conversation", "truncation",
)  # fmt: skip
_COUNTED_BY_VERTEX = ("contents", "systemInstruction", "tools", "generationConfig")


def put_count(asked: AskedFor, route: RouteTarget, provider: ProviderConfig) -> Outgoing | None:
    """Prepare the request; None when the target cannot count.

    Raises:
        WireError: 400; the body is not what its format says.
    """
    format = _format(provider.kind, route.model)
    if format is None:
        return None
    target = wire_target(route, provider)
    outgoing = _put(asked, target, format)
    outgoing = count_in_google_dialect(outgoing, asked) if target.kind in GOOGLE_KINDS else outgoing
    return transformed(outgoing, asked, transformers_of(provider, route.model, route.provider), "count")


def _format(kind: Kind, model: str) -> FormatName | None:
    if kind == "vertex":
        return vertex_format(model)
    if kind == "antigravity":  # which counts Google's own models only
        return None if is_claude(model) or not model.startswith("gemini") else "gemini"
    return _COUNTING.get(kind)


def _put(asked: AskedFor, target: Target, format: FormatName) -> Outgoing:
    path = _path(format, target)
    if format == asked.entrance.format:
        if format == "gemini":
            body = _for_vertex(asked.body) if target.kind == "vertex" else asked.body
            edits = (Edit(ROOT, "vertex"),) if body is not asked.body else ()
            return Outgoing(target, format, path, body, "pass", False, edits=edits)
        query = f"?{asked.query}" if asked.query else ""
        return passed(asked, target, format, path + query)
    encoded = codec(format).encode_request(replace(asked.neutral, model=target.model, stream=False), target)
    headers = own_headers(target, streams=False, more=encoded.headers)
    body = json_bytes(_count_body(format, encoded.body, target))
    return Outgoing(target, format, path, body, "count", False, encoded=encoded, headers=headers)


def _path(format: FormatName, target: Target) -> str:
    match format:
        case "anthropic":
            return "/v1/messages/count_tokens"
        case "gemini":
            return f"/models/{quote(target.model)}:countTokens"
        case _:
            return "/responses/input_tokens"


def _count_body(format: FormatName, body: JsonObject, target: Target) -> JsonObject:
    """What of a generating request the counting endpoint takes."""
    match format:
        case "anthropic":
            refused = ("max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences", "metadata")
            return {key: value for key, value in body.items() if key not in (*refused, "service_tier")}
        case "gemini" if target.kind == "vertex":
            return {key: body[key] for key in _COUNTED_BY_VERTEX if key in body}
        case "gemini":
            return {"generateContentRequest": {"model": f"models/{target.model}", **body}}
        case _:
            return {key: body[key] for key in _COUNTED_BY_OPENAI if key in body}


def _for_vertex(body: bytes) -> bytes:
    """Vertex takes the fields of the request themselves, where the Gemini API also takes a whole request."""
    if b"generateContentRequest" not in body:
        return body
    try:
        whole = orjson.loads(body).get("generateContentRequest")
    except (orjson.JSONDecodeError, AttributeError):
        return body  # Google says what is wrong with it
    return json_bytes({key: whole[key] for key in _COUNTED_BY_VERTEX if key in whole}) if whole else body


def counted(format: FormatName, answer: JsonObject) -> int | None:
    """The number in a counting endpoint's answer; None when there is none."""
    value = answer.get("totalTokens" if format == "gemini" else "input_tokens")
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
