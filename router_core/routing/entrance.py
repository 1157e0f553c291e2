"""What a path among `/v1/…` and `/v1beta/…` asks for: the entrance of requests that the routing rules place.

The same programs call with other base URLs (`/{provider}/…`); those never come here and are never translated.
"""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, unquote

from router_core.wire.format import FormatName

Operation = Literal["generate", "count", "compact", "models"]

_FIXED: dict[tuple[str, str], tuple[FormatName, Operation]] = {
    ("POST", "/v1/messages"): ("anthropic", "generate"),
    ("POST", "/v1/messages/count_tokens"): ("anthropic", "count"),
    ("POST", "/v1/chat/completions"): ("openai-chat", "generate"),
    ("POST", "/v1/responses"): ("openai-responses", "generate"),
    ("POST", "/v1/responses/input_tokens"): ("openai-responses", "count"),
    ("POST", "/v1/responses/compact"): ("openai-responses", "compact"),
}
_GEMINI = re.compile(
    r"/v1(?:beta|alpha)?/(?:models|tunedModels)/(.+):(generateContent|streamGenerateContent|countTokens)"
)
_MODELS = re.compile(r"/v1(?:beta)?/models(?:/(.+))?")


@dataclass(frozen=True, slots=True)
class Entrance:
    """One routed call, as far as method and path tell.

    Args:
        model: named by the path (Gemini, `/v1/models/{id}`), else "".
        stream: Gemini says it by its path; None: the body says it.
        as_array: Gemini without `alt=sse`: the stream is one JSON array.
    """

    format: FormatName
    operation: Operation
    model: str = ""
    stream: bool | None = None
    as_array: bool = False


def entrance_of(method: str, path: str) -> Entrance | None:
    """The routed call behind a path; None when nothing is routed there.

    Args:
        path: with query.
    """
    bare, _, query = path.partition("?")
    bare = bare.rstrip("/")
    if found := _FIXED.get((method, bare)):
        return Entrance(*found)
    if method == "POST" and (match := _GEMINI.fullmatch(bare)):
        model, verb = unquote(match[1]), match[2]
        if verb == "countTokens":
            return Entrance("gemini", "count", model)
        streams = verb == "streamGenerateContent"
        as_array = streams and parse_qs(query).get("alt") != ["sse"]
        return Entrance("gemini", "generate", model, streams, as_array)
    if method in ("GET", "HEAD") and (match := _MODELS.fullmatch(bare)):
        return Entrance("gemini" if bare.startswith("/v1beta") else "openai-chat", "models", unquote(match[1] or ""))
    return None
