"""The neutral model: what a request, an answer and their parts mean, whichever wire format said them.

It is the richest shape of the four formats, not one vendor's: a message is an ordered tuple of typed blocks. Ordered
blocks flatten into any format; flattened ones never un-flatten. Fields that only one format knows travel in
`extras[format]` and return when encoded to that format; a block that only one format knows is `Opaque`.

The classes are msgspec structs: immutable values like frozen dataclasses, made in a tenth of the time, and a stream
makes thousands of them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from msgspec import Struct

from router_core.trace.record import Usage
from router_core.wire.format import FormatName

type JsonObject = dict[str, Any]
type Extras = Mapping[FormatName, JsonObject]

NO_EXTRAS: Extras = MappingProxyType({})

Issuer = Literal["anthropic", "openai", "gemini", "other"]
"""The family of providers that can read a proof."""

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Role = Literal["system", "developer", "user", "assistant"]
"""Tool results are blocks of role `user`. Roles may repeat: an encoder merges neighbours where its format must."""

StopReason = Literal[
    "end",
    "tool_use",
    "max_tokens",
    "stop_sequence",
    "refusal",
    "pause",
    "context_window",
    "malformed_call",
]
"""Derived from what is there, never believed: an answer that calls a tool has stopped for `tool_use`, unless it was cut
(`max_tokens`)."""


class Proof(Struct, frozen=True):
    """An opaque value that only its issuer can read: a signature, encrypted reasoning, a thought signature.

    Args:
        value: the opaque string itself (`signature`, `encrypted_content`, `thoughtSignature`, redacted `data`).
        whole: the issuer's own block or item, when it must go back to the issuer byte for byte: a summary edited
            beside its ciphertext is refused. None where the value alone is enough.
    """

    issuer: Issuer
    value: str
    whole: JsonObject | None = None


class Cache(Struct, frozen=True):
    """A prompt-cache breakpoint behind this block."""

    ttl: Literal["5m", "1h"] | None = None


class Citation(Struct, frozen=True):
    """Where a piece of text comes from.

    Args:
        start: first character in the text of its block; None when the format does not say. `end` is exclusive.
    """

    url: str = ""
    title: str = ""
    cited_text: str = ""
    start: int | None = None
    end: int | None = None
    extras: Extras = NO_EXTRAS


class Text(Struct, frozen=True):
    text: str
    cache: Cache | None = None
    citations: tuple[Citation, ...] = ()
    proof: Proof | None = None
    """Gemini signs text, too."""
    extras: Extras = NO_EXTRAS


class Refusal(Struct, frozen=True):
    """The model declines, in words."""

    text: str
    extras: Extras = NO_EXTRAS


class Thinking(Struct, frozen=True):
    """Reasoning: text or a summary of it, a proof, or both. `redacted`: the text was withheld (Anthropic)."""

    text: str = ""
    proof: Proof | None = None
    redacted: bool = False
    extras: Extras = NO_EXTRAS


class Media(Struct, frozen=True):
    """An image, a document (PDF, file, plain text), audio or video. Exactly one of `data`, `url`, `file_id`, `text`.

    Args:
        media_type: `image/png` …; may be empty for `url` and `file_id`.
        data: base64, without line breaks.
        file_id: known to one provider only.
        text: of a plain-text document.
        name: file name or title.
        detail: OpenAI's `low`, `high`, `auto`.
    """

    kind: Literal["image", "document", "audio", "video"]
    media_type: str = ""
    data: str = ""
    url: str = ""
    file_id: str = ""
    text: str = ""
    name: str = ""
    detail: str = ""
    cache: Cache | None = None
    extras: Extras = NO_EXTRAS


class ToolCall(Struct, frozen=True):
    """The model calls a tool of the client's.

    Args:
        arguments: JSON text exactly as the model wrote it (never repaired); for a custom tool free text.
        custom: a freeform tool (`apply_patch`): its input is text, not JSON.
        namespace: Codex's groups of MCP tools.
    """

    id: str
    name: str
    arguments: str = ""
    custom: bool = False
    namespace: str = ""
    proof: Proof | None = None
    cache: Cache | None = None
    extras: Extras = NO_EXTRAS


class ToolResult(Struct, frozen=True):
    """What a tool of the client's gave back.

    Args:
        name: of the tool, where the format says it (else found by `call_id`).
        content: in order; `Text`, `Media` and `Opaque` only.
    """

    call_id: str
    content: tuple["Block", ...] = ()
    is_error: bool = False
    custom: bool = False
    name: str = ""
    cache: Cache | None = None
    extras: Extras = NO_EXTRAS


class SearchHit(Struct, frozen=True):
    url: str
    title: str = ""
    text: str = ""
    extras: Extras = NO_EXTRAS


class ServerCall(Struct, frozen=True):
    """A tool that the provider runs itself; the client only watches."""

    id: str
    tool: Literal["web_search"]
    query: str = ""
    extras: Extras = NO_EXTRAS


class ServerResult(Struct, frozen=True):
    """What it found. `error` is the provider's word for why it found nothing."""

    call_id: str
    tool: Literal["web_search"]
    hits: tuple[SearchHit, ...] = ()
    error: str = ""
    extras: Extras = NO_EXTRAS


class Opaque(Struct, frozen=True):
    """A block that only one format knows, as it stood on the wire."""

    format: FormatName
    value: JsonObject


type Block = Text | Refusal | Thinking | Media | ToolCall | ToolResult | ServerCall | ServerResult | Opaque


class Message(Struct, frozen=True):
    role: Role
    blocks: tuple[Block, ...]
    extras: Extras = NO_EXTRAS


class FunctionTool(Struct, frozen=True):
    """Args:
    schema: JSON Schema of the arguments; None when the tool takes none.
    """

    name: str
    description: str = ""
    schema: JsonObject | None = None
    strict: bool | None = None
    namespace: str = ""
    cache: Cache | None = None
    extras: Extras = NO_EXTRAS


class CustomTool(Struct, frozen=True):
    """A freeform tool. `grammar` is OpenAI's `format` object (None: any text)."""

    name: str
    description: str = ""
    grammar: JsonObject | None = None
    namespace: str = ""
    extras: Extras = NO_EXTRAS


class WebSearchTool(Struct, frozen=True):
    """The provider's own web search."""

    max_uses: int | None = None
    allowed_domains: tuple[str, ...] = ()
    blocked_domains: tuple[str, ...] = ()
    location: JsonObject | None = None
    """`{"country", "region", "city", "timezone"}`, the spelling that Anthropic and OpenAI share."""
    extras: Extras = NO_EXTRAS


class OpaqueTool(Struct, frozen=True):
    """A tool that only one format knows (code execution, computer use, `local_shell` …), as it stood on the wire."""

    format: FormatName
    value: JsonObject


type Tool = FunctionTool | CustomTool | WebSearchTool | OpaqueTool


class ToolChoice(Struct, frozen=True):
    """`only` limits the choice to these names; `required` with one name is a forced tool."""

    mode: Literal["auto", "required", "none"]
    only: tuple[str, ...] = ()


class ThinkingSetting(Struct, frozen=True):
    """How much the model shall think.

    Args:
        mode: `adaptive`: the model decides; `on`: within `budget` tokens or by `effort`.
        show: `omitted`: no text wanted; `summary`: some; None: not said.
    """

    mode: Literal["off", "on", "adaptive"]
    effort: Effort | None = None
    budget: int | None = None
    show: Literal["omitted", "summary"] | None = None


class OutputFormat(Struct, frozen=True):
    kind: Literal["json_schema", "json_object"]
    schema: JsonObject | None = None
    name: str = ""
    strict: bool | None = None
    description: str = ""


class Request(Struct, frozen=True):
    """A request for an answer.

    Args:
        system: instructions that stand outside the conversation (Anthropic's `system`, Responses' `instructions`,
            Gemini's `systemInstruction`). Chat's system messages stay in `messages`, wherever they were.
        max_tokens: of output, thinking included; None when the client did not say.
        include_usage: Chat's `stream_options.include_usage`; the other formats always tell.
        include_proofs: the client can carry proofs back (`include: ["reasoning.encrypted_content"]`); True where its
            format always does.
    """

    model: str
    messages: tuple[Message, ...]
    system: tuple[Text, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    thinking: ThinkingSetting | None = None
    output: OutputFormat | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    n: int = 1
    logprobs: bool = False
    top_logprobs: int | None = None
    verbosity: str | None = None
    user: str | None = None
    """Who asks: `metadata.user_id`, `user`, `safety_identifier`."""
    cache_key: str | None = None
    """`prompt_cache_key`."""
    service_tier: str | None = None
    metadata: JsonObject | None = None
    stream: bool = False
    include_usage: bool = True
    include_proofs: bool = True
    extras: Extras = NO_EXTRAS


class Response(Struct, frozen=True):
    """A whole answer.

    Args:
        created_at: epoch seconds; None when the format does not say.
        stop_sequence: which one ended it, where known.
        logprobs: of the text tokens, in OpenAI's form (Chat's `content` list).
    """

    id: str
    model: str
    blocks: tuple[Block, ...]
    stop: StopReason
    usage: Usage
    stop_sequence: str | None = None
    created_at: int | None = None
    service_tier: str | None = None
    logprobs: tuple[JsonObject, ...] = ()
    extras: Extras = NO_EXTRAS


FaultKind = Literal[
    "invalid_request",
    "context_length",
    "authentication",
    "billing",
    "permission",
    "not_found",
    "too_large",
    "rate_limit",
    "quota",
    "overloaded",
    "timeout",
    "server",
]


class WireFault(Struct, frozen=True):
    """An error as some provider or this router says it, in no format's words.

    Args:
        status: HTTP status for the client, before the client's format has its say (529 exists for Anthropic only).
        code: the provider's own code, else "".
        param: the field at fault, else "".
        limit: `context_length` only: (tokens asked, tokens allowed), where the provider says them.
    """

    status: int
    kind: FaultKind
    message: str
    code: str = ""
    param: str = ""
    limit: tuple[int, int] | None = None
