"""Request → the body of a Chat Completions request, in the target's dialect."""

from hashlib import blake2b
from typing import Any

import orjson
from msgspec.structs import replace

from router_core.errors import WireError
from router_core.models.info import ModelInfo
from router_core.models.known import model_info
from router_core.wire.codec import Encoded, Loss, Target
from router_core.wire.model import FunctionTool, JsonObject, Message, Request, Text
from router_core.wire.openai_chat.dialect import Dialect, dialect_of
from router_core.wire.openai_chat.encode_message import Conversation
from router_core.wire.openai_chat.encode_tools import encode_tools
from router_core.wire.openai_chat.reading import form, own
from router_core.wire.openai_chat.strict_schema import can_be_strict
from router_core.wire.openai_chat.thinking_switch import read_switch, write_switch
from router_core.wire.tool_names import ToolNames

_LONGEST_NAME = 64
_LONGEST_USER = 64
_TIERS = frozenset({"auto", "default", "flex", "scale", "priority"})
_AUDIO_FIELDS = ("modalities", "audio")


def encode_request(request: Request, target: Target) -> Encoded:
    """The body, and what was given up for it.

    Raises:
        WireError: 400; dropping it would be unsafe.
    """
    dialect, info = dialect_of(target), model_info(target.model, target.provider)
    if dialect.custom_tools and info.known and info.reasoning.mode == "none":
        dialect = replace(dialect, custom_tools=False)  # they came with GPT-5
    losses: list[Loss] = []
    names = ToolNames(max_length=_LONGEST_NAME)
    request = _with_schema_told(request, dialect)
    notes = form(request.extras)
    body = {**own(request.extras), **_object(notes.get("idle"))}
    body["model"] = target.model
    tools = encode_tools(request, target, dialect, names, losses)
    body["messages"] = Conversation(dialect, info, names, losses).encode(request)
    if not body["messages"]:
        raise WireError("there is no message", "messages")
    body |= tools
    _think(request, dialect, info, body, losses)
    cut_at = _limit(request, dialect, info, body, losses)
    _sample(request, dialect, info, body, losses)
    _shape(request, dialect, info, body, losses)
    _identify(request, dialect, body, losses)
    if request.stream:
        body["stream"] = True
        if dialect.stream_options:
            body["stream_options"] = {**_object(notes.get("stream_options")), "include_usage": True}
    if not dialect.cache_control and _has_breakpoints(request):
        losses.append(Loss("cache_control", "the service caches by itself"))
    return Encoded(body, tuple(losses), names.restore, cut_at)


def _think(request: Request, dialect: Dialect, info: ModelInfo, body: JsonObject, losses: list[Loss]) -> None:
    said = _object(form(request.extras).get("thinking"))
    if said and read_switch(said) == request.thinking:
        body |= said
    elif request.thinking is not None:
        body |= write_switch(request.thinking, dialect.switch, info, losses)


def _limit(
    request: Request, dialect: Dialect, info: ModelInfo, body: JsonObject, losses: list[Loss]
) -> tuple[str, ...]:
    """Length and stop sequences; returns the sequences that the service is not told."""
    wanted = request.max_tokens
    if wanted is not None:
        if info.known and wanted > info.max_output_tokens:
            losses.append(
                Loss("max_tokens", f"{wanted} becomes {info.max_output_tokens}, the most that {info.id} gives")
            )
            wanted = info.max_output_tokens
        old = form(request.extras).get("max_tokens") and info.sampling
        body["max_tokens" if old else dialect.max_tokens] = wanted
    told = request.stop[: dialect.stop if _samples(dialect, info) else 0]
    if told:
        one = form(request.extras).get("stop") == "string" and len(told) == 1
        body["stop"] = told[0] if one else list(told)
    return request.stop[len(told) :]


def _samples(dialect: Dialect, info: ModelInfo) -> bool:
    """False for OpenAI's reasoning models: they refuse everything that steers the choice of tokens."""
    return info.sampling or not dialect.developer


def _sample(request: Request, dialect: Dialect, info: ModelInfo, body: JsonObject, losses: list[Loss]) -> None:
    sampling = info.sampling or not info.known
    for name, field, value, possible in (
        ("temperature", "temperature", request.temperature, sampling),
        ("top_p", "top_p", request.top_p, sampling),
        ("top_k", "top_k", request.top_k, sampling and dialect.top_k),
        ("seed", dialect.seed, request.seed, bool(dialect.seed)),
        ("presence_penalty", "presence_penalty", request.presence_penalty, sampling and dialect.penalties),
        ("frequency_penalty", "frequency_penalty", request.frequency_penalty, sampling and dialect.penalties),
        ("logprobs", "logprobs", request.logprobs or None, sampling and dialect.logprobs),
        ("top_logprobs", "top_logprobs", request.top_logprobs, sampling and dialect.logprobs),
    ):
        if value is None:
            continue
        if possible:
            body[field] = value
        else:
            losses.append(Loss(name, f"{info.id} does not take it here"))
    if request.n > 1:
        if not dialect.n:
            raise WireError("this provider gives one answer per request", "n")
        body["n"] = request.n


def _shape(request: Request, dialect: Dialect, info: ModelInfo, body: JsonObject, losses: list[Loss]) -> None:
    output = request.output
    if output is not None and output.kind == "json_schema" and dialect.schema and output.schema is not None:
        schema: JsonObject = {"name": output.name or "answer", "schema": output.schema}
        if output.strict and not can_be_strict(output.schema):
            losses.append(Loss("response_format.strict", "strict schemas are limited in another way here"))
        elif output.strict is not None:
            schema["strict"] = output.strict
        if output.description:
            schema["description"] = output.description
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif output is not None:
        if output.kind == "json_schema":
            losses.append(Loss("response_format", "the service has no schemas: the model is told the schema in words"))
        if dialect.json:
            body["response_format"] = {"type": "json_object"}
    if request.verbosity is not None:
        if dialect.verbosity and not (info.known and info.reasoning.mode == "none"):
            body["verbosity"] = request.verbosity
        else:
            losses.append(Loss("verbosity", f"{info.id} does not take it"))
    if not dialect.audio:
        for field in _AUDIO_FIELDS:
            if body.pop(field, None) not in (None, ["text"]):
                raise WireError("this provider does not answer in audio", field)


def _with_schema_told(request: Request, dialect: Dialect) -> Request:
    """The request with what the services want said in words.

    Some only know "some JSON object", so the schema is told; and they refuse that, too, unless the word JSON occurs.
    """
    output = request.output
    if output is None or (output.kind == "json_schema" and output.schema is not None and dialect.schema):
        return request
    if output.schema is not None and output.kind == "json_schema":
        words = (
            f"Answer with one JSON object and nothing else. It must follow this JSON Schema:\n{_json(output.schema)}"
        )
    elif not _mentions_json(request):
        words = "Answer in JSON."
    else:
        return request
    if request.system:
        return replace(request, system=(*request.system, Text(words)))
    return replace(request, messages=(Message("system", (Text(words),)), *request.messages))


def _mentions_json(request: Request) -> bool:
    blocks = [*request.system, *(block for message in request.messages for block in message.blocks)]
    return any(isinstance(block, Text) and "json" in block.text.lower() for block in blocks)


def _json(value: JsonObject) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError as error:
        raise WireError("the schema is nested too deeply", "response_format") from error


def _identify(request: Request, dialect: Dialect, body: JsonObject, losses: list[Loss]) -> None:
    key = request.cache_key or _session_key(request.user)
    if key is not None:
        if dialect.cache_key:
            body["prompt_cache_key"] = key
        elif request.cache_key is not None:
            losses.append(Loss("prompt_cache_key", "the service has none"))
    if request.user is not None:
        if dialect.user:
            field = "safety_identifier" if form(request.extras).get("safety_identifier") else "user"
            body[field] = request.user if len(request.user) <= _LONGEST_USER else _hash(request.user)
        else:
            losses.append(Loss("user", "the service has no such field"))
    if request.service_tier is not None:
        tier = "default" if request.service_tier in ("standard_only", "standard") else request.service_tier
        if dialect.service_tier and tier in _TIERS:
            body["service_tier"] = tier
        else:
            losses.append(Loss("service_tier", "the service has none of this name"))
    if request.metadata:
        if dialect.metadata:
            body["metadata"] = request.metadata
        else:
            losses.append(Loss("metadata", "the service has none"))


def _object(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _session_key(user: str | None) -> str | None:
    """Claude Code names its session in the user id: the same for every request whose beginning can be cached."""
    return "session-" + _hash(user)[:32] if user is not None and "session" in user else None


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=32).hexdigest()


def _has_breakpoints(request: Request) -> bool:
    if any(text.cache for text in request.system):
        return True
    if any(isinstance(tool, FunctionTool) and tool.cache for tool in request.tools):
        return True
    for message in request.messages:
        for block in message.blocks:
            if getattr(block, "cache", None):
                return True
    return False
