"""Where each wire format keeps a setting, and copies of a body with one of them set or taken out."""

from typing import Any

from router_core.wire.format import FormatName
from router_core.wire.gemini.fields import camel
from router_core.wire.model import JsonObject

type Place = tuple[str, ...]

_PLACES: dict[str, dict[FormatName, Place]] = {
    "max_tokens": {
        "anthropic": ("max_tokens",),
        "openai-chat": ("max_tokens",),
        "openai-responses": ("max_output_tokens",),
        "gemini": ("generationConfig", "maxOutputTokens"),
    },
    "temperature": {
        "anthropic": ("temperature",),
        "openai-chat": ("temperature",),
        "openai-responses": ("temperature",),
        "gemini": ("generationConfig", "temperature"),
    },
    "top_p": {
        "anthropic": ("top_p",),
        "openai-chat": ("top_p",),
        "openai-responses": ("top_p",),
        "gemini": ("generationConfig", "topP"),
    },
    "top_k": {"anthropic": ("top_k",), "openai-chat": ("top_k",), "gemini": ("generationConfig", "topK")},
    "presence_penalty": {"openai-chat": ("presence_penalty",), "gemini": ("generationConfig", "presencePenalty")},
    "frequency_penalty": {"openai-chat": ("frequency_penalty",), "gemini": ("generationConfig", "frequencyPenalty")},
    "min_p": {"openai-chat": ("min_p",)},
    "repetition_penalty": {"openai-chat": ("repetition_penalty",)},
}


def place_of(setting: str, body: JsonObject, format: FormatName) -> Place | None:
    """Where a setting stands in this body, or would; None where the format has none of the kind."""
    place = _PLACES[setting].get(format)
    if place is None:
        return None
    if setting == "max_tokens" and "max_completion_tokens" in body and format == "openai-chat":
        return ("max_completion_tokens",)
    return spelled(body, place) if format == "gemini" else place


def spelled(body: JsonObject, place: Place) -> Place:
    """The place as a Gemini body spells it: Google takes `generation_config` like `generationConfig`."""
    found: list[str] = []
    at: Any = body
    for name in place:
        own = next((key for key in at if camel(key) == name), name) if isinstance(at, dict) else name
        found.append(own)
        at = at.get(own) if isinstance(at, dict) else None
    return tuple(found)


def value_at(body: JsonObject, place: Place) -> Any:
    """None where there is none."""
    at: Any = body
    for name in place:
        at = at.get(name) if isinstance(at, dict) else None
    return at


def with_value(body: JsonObject, place: Place, value: Any) -> JsonObject:
    """A copy in which the place holds the value; tables on the way are made."""
    name, rest = place[0], place[1:]
    inner = body.get(name)
    return {**body, name: with_value(inner if isinstance(inner, dict) else {}, rest, value) if rest else value}


def without(body: JsonObject, place: Place) -> JsonObject:
    """A copy without the place; the body itself where it is not there."""
    name, rest = place[0], place[1:]
    if name not in body:
        return body
    if not rest:
        return {key: value for key, value in body.items() if key != name}
    inner = body[name]
    if not isinstance(inner, dict) or (cut := without(inner, rest)) is inner:
        return body
    return {**body, name: cut}
