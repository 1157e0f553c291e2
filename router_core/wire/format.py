"""Which wire format a path speaks, and what kind of call it is."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from router_core.config.schema import Kind

FormatName = Literal["anthropic", "openai-chat", "openai-responses", "gemini"]

_FORMAT_OF_KIND: dict[Kind, FormatName] = {
    "anthropic": "anthropic",
    "openai": "openai-responses",
    "openai-chat": "openai-chat",
    "openai-responses": "openai-responses",
    "codex": "openai-responses",
    "gemini": "gemini",
    "code-assist": "gemini",
    "antigravity": "gemini",
    "vertex": "gemini",
    "copilot": "openai-chat",
}
_IN_PATH = re.compile(r"/(?:models|tunedModels|endpoints)/([^/:]+):\w+$")
_WRAPPED: frozenset[Kind] = frozenset({"code-assist", "antigravity"})


@dataclass(frozen=True, slots=True)
class Call:
    """What a request asks for, as far as its path tells."""

    format: FormatName
    inference: bool
    """True for the calls that make a model answer; the others are listings, counts, files."""
    wrapped: bool = False
    """Its answer comes in the envelope of Google's Code Assist (google_envelope.py)."""


def call_of(kind: Kind, rest: str) -> Call:
    """The call behind `/{provider}/REST`.

    Args:
        kind: of the provider.
        rest: the path after the provider's name, with or without query.
    """
    path = unquote(rest.partition("?")[0]).rstrip("/")  # providers may take `%2F` for a slash
    if path.endswith("/chat/completions"):
        return Call("openai-chat", True)
    if path.endswith(("/responses", "/responses/compact")):
        return Call("openai-responses", True)
    if path.endswith((":generateContent", ":streamGenerateContent")):
        return Call("gemini", True, kind in _WRAPPED)
    if path.endswith((":rawPredict", ":streamRawPredict")):  # Claude on Vertex
        return Call("anthropic", not path.endswith("/count-tokens:rawPredict"))
    if path in ("/messages", "/v1/messages") or (kind == "anthropic" and path.endswith("/messages")):
        return Call("anthropic", True)
    return Call(_FORMAT_OF_KIND[kind], False)


def model_of_path(rest: str) -> str:
    """The model that a path of Google's names; "" for others, where the body does."""
    found = _IN_PATH.search(unquote(rest.partition("?")[0]).rstrip("/"))
    return found[1] if found else ""


def format_of_path(path: str) -> FormatName:
    """A guess for paths that belong to no provider, so that even "not found" speaks the client's language."""
    if "/messages" in path or path.startswith("/claude"):
        return "anthropic"
    if path.startswith(("/v1beta/", "/gemini/")):
        return "gemini"
    return "openai-chat" if "/chat/" in path else "openai-responses"
