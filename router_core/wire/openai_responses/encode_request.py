"""The neutral request → a body for a Responses provider.

A request that came in this format says again what its client said. One of another format gets what this one needs to
be told: nothing is stored (`store: false`), reasoning comes back encrypted so that the client can carry it, a foreign
schema is not strict. Stop sequences do not exist here: the answer is cut instead (`Encoded.cut_at`).

Source: OpenAI's API reference for Responses and its model pages, 2026-11.
"""

from typing import Any

from router_core.errors import WireError
from router_core.models.info import ModelInfo
from router_core.models.known import model_info
from router_core.wire.codec import Encoded, Loss, Target
from router_core.wire.effort import effort_of, nearest
from router_core.wire.model import JsonObject, Message, OutputFormat, Request, Text
from router_core.wire.openai_responses.codex import codex_body
from router_core.wire.openai_responses.decode_request import ENCRYPTED, LOGPROBS
from router_core.wire.openai_responses.encode_items import ItemWriter, paired
from router_core.wire.openai_responses.fields import MARK, OWN, own_of, wire_fields
from router_core.wire.openai_responses.ids import short
from router_core.wire.openai_responses.tools import ToolWriter, encode_choice
from router_core.wire.system_text import is_billing_header, joined_system
from router_core.wire.tool_names import ToolNames

_LEAST_OUTPUT_TOKENS = 16  # OpenAI refuses less
_TIERS = {"auto": "auto", "default": "default", "flex": "flex", "priority": "priority", "scale": "scale",
          "standard_only": "default", "standard": "default"}  # fmt: skip
_REMARKS = (MARK, "_", "$")
"""How other codecs begin the names of what they note for themselves."""
_SERVER_STATE = ("previous_response_id", "conversation", "prompt")


def encode_request(request: Request, target: Target) -> Encoded:
    """Raises WireError 400, naming the field, for what cannot be said here and would be unsafe to leave out."""
    if request.n > 1:
        raise WireError("Responses gives one answer per request: n must be 1", "n")
    said = own_of(request.extras)
    losses: list[Loss] = []
    native = target.kind in ("codex", "openai") or target.host == "api.openai.com"
    names = ToolNames(max_length=64, namespaces=native)
    writer = ToolWriter(names, namespaces=native, losses=losses)
    body: JsonObject = {"model": target.model}
    system, messages, first = _system(request, target, foreign=said is None)
    if system:
        body["instructions"] = system
    tools = writer.tools(request.tools)
    if tools:
        body["tools"] = tools
    items = _items(request, messages, first, writer, losses, plain_strings=target.kind != "codex")
    if said is None and not items and system:  # instructions alone are no request
        del body["instructions"]
        items.append({"type": "message", "role": "developer", "content": [{"type": "input_text", "text": system}]})
    if said is None and messages and messages[-1].role == "assistant":
        losses.append(Loss(f"messages[{len(request.messages) - 1}]", "Responses does not continue a begun answer"))
    form = said.get("#input") if said else None
    if form == "string" and len(items) == 1 and isinstance(items[0].get("content"), str):
        body["input"] = items[0]["content"]
    elif form != "absent" or items:
        body["input"] = items
    _choice(request, body, writer, losses)
    info = model_info(target.model, target.provider)
    _reasoning(request, info, body, losses)
    _text(request, body)
    _limits(request, info, body, losses)
    _rest(request, target, body, losses)
    if said is None:
        _foreign(request, info, body)
    else:
        for key, value in wire_fields(said).items():
            body.setdefault(key, value)
    for format, extras in request.extras.items():
        if format != OWN:
            unknown = (key for key, value in extras.items() if value is not None and not key.startswith(_REMARKS))
            losses += [Loss(key, f"only {format} knows it") for key in unknown]
    if target.kind == "codex":
        body, more = codex_body(body)
        losses += more
    return Encoded(body, tuple(losses), names.restore, request.stop)


def _system(request: Request, target: Target, *, foreign: bool) -> tuple[str, list[Message], int]:
    """The instructions, the conversation after them, and the number of its first message in the request."""
    if foreign or (target.kind == "codex" and not request.system):
        texts, messages = joined_system(request)
    else:
        texts, messages = [text for text in request.system if not is_billing_header(text)], list(request.messages)
    return "\n\n".join(text.text for text in texts), messages, len(request.messages) - len(messages)


def _items(
    request: Request,
    messages: list[Message],
    first: int,
    writer: ToolWriter,
    losses: list[Loss],
    *,
    plain_strings: bool,
) -> list[JsonObject]:
    said = own_of(request.extras) or {}
    additional = list(enumerate(said.get("#additional_tools") or ()))
    items: list[JsonObject] = []
    item_writer = ItemWriter(writer, losses, plain_strings=plain_strings)

    def put_additional(until: int) -> None:
        while additional and additional[0][1]["at"] <= until:
            number, place = additional.pop(0)
            items.append({**place["item"], "tools": writer.tools(request.tools, number)})

    for i, message in enumerate(messages, start=first):
        if additional:
            put_additional(i)
        items += item_writer.write(_without_billing(message), f"messages[{i}]")
    put_additional(len(request.messages) + 1)
    fields = wire_fields(said)
    whole = not any(fields.get(name) for name in _SERVER_STATE)
    if whole and not any(item.get("type") == "item_reference" for item in items):
        return paired(items, losses)
    return items


def _without_billing(message: Message) -> Message:
    """A client may have its attribution line in the conversation, too."""
    if message.role == "system" and any(isinstance(b, Text) and is_billing_header(b) for b in message.blocks):
        kept = tuple(b for b in message.blocks if not (isinstance(b, Text) and is_billing_header(b)))
        return Message(message.role, kept, message.extras)
    return message


def _choice(request: Request, body: JsonObject, writer: ToolWriter, losses: list[Loss]) -> None:
    own = own_of(request.extras) is not None
    if not request.tools and not own:
        if request.tool_choice is not None and request.tool_choice.mode == "required":
            if request.tool_choice.only:
                raise WireError("tool_choice names a tool, but there are no tools", "tool_choice")
            losses.append(Loss("tool_choice", "there are no tools"))
        return
    choice = encode_choice(request.tool_choice, request.tools, writer, losses, request.extras)
    if choice is not None and (own or "tools" in body):
        body["tool_choice"] = choice
    elif choice is not None:
        losses.append(Loss("tool_choice", "none of the tools is left"))
    if request.parallel_tool_calls is not None and (own or "tools" in body):
        body["parallel_tool_calls"] = request.parallel_tool_calls


def _reasoning(request: Request, info: ModelInfo, body: JsonObject, losses: list[Loss]) -> None:
    said = (own_of(request.extras) or {}).get("#reasoning")
    thinking = request.thinking
    if thinking is None:
        return
    if said is not None:
        effort = "none" if thinking.mode == "off" else effort_of(thinking)
        body["reasoning"] = ({"effort": effort} if effort else {}) | said
        return
    if info.known and info.reasoning.mode == "none":
        if thinking.mode != "off":
            losses.append(Loss("thinking", f"{info.id} does not reason"))
        return
    out: JsonObject = {}
    wanted = effort_of(thinking)
    if wanted is not None:
        sent = nearest(wanted, info.reasoning.efforts) if info.reasoning.efforts else wanted
        if wanted == "none" and sent is not None and sent != "none":
            losses.append(Loss("thinking", f"{info.id} always reasons: effort is {sent}"))
        elif sent is not None and sent != thinking.effort and thinking.effort is not None:
            losses.append(Loss("thinking.effort", f"{thinking.effort} becomes {sent}"))
        out["effort"] = sent or wanted
    if thinking.mode != "off" and thinking.show != "omitted":
        out["summary"] = "auto"
    if out:
        body["reasoning"] = out


def _text(request: Request, body: JsonObject) -> None:
    said = own_of(request.extras) or {}
    out: JsonObject = {}
    if request.output is not None:
        out["format"] = _format(request.output) | (said.get("#format") or {})
    if request.verbosity:
        out["verbosity"] = request.verbosity
    if out or said.get("#text") is not None:
        body["text"] = out | {k: v for k, v in (said.get("#text") or {}).items() if k not in out}


def _format(output: OutputFormat) -> JsonObject:
    if output.kind == "json_object":
        return {"type": "json_object"}
    out: JsonObject = {"type": "json_schema", "schema": output.schema or {"type": "object"}}
    out["name"] = output.name or "answer"
    if output.description:
        out["description"] = output.description
    if output.strict is not None:
        out["strict"] = output.strict
    return out


def _limits(request: Request, info: ModelInfo, body: JsonObject, losses: list[Loss]) -> None:
    own = own_of(request.extras) is not None
    if request.max_tokens is not None:
        most = info.max_output_tokens if info.known and not own else request.max_tokens
        least = request.max_tokens if own else _LEAST_OUTPUT_TOKENS
        sent = max(least, min(request.max_tokens, most))
        if sent != request.max_tokens:
            losses.append(Loss("max_tokens", f"{sent} instead of {request.max_tokens}, the nearest that is accepted"))
        body["max_output_tokens"] = sent
    sampling: list[tuple[str, str, Any]] = [
        ("temperature", "temperature", request.temperature),
        ("top_p", "top_p", request.top_p),
        ("top_logprobs", "top_logprobs", request.top_logprobs),
    ]
    for name, key, value in sampling:
        if value is None:
            continue
        if info.sampling:
            body[key] = value
        else:
            losses.append(Loss(name, f"{info.id} refuses it"))
    unknown = {
        "top_k": request.top_k,
        "seed": request.seed,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
    }
    losses += [Loss(name, "Responses has no such field") for name, value in unknown.items() if value]
    if request.logprobs and not own:
        if info.sampling:
            body["include"] = [LOGPROBS]
        else:
            losses.append(Loss("logprobs", f"{info.id} refuses them"))


def _rest(request: Request, target: Target, body: JsonObject, losses: list[Loss]) -> None:
    own = own_of(request.extras) is not None
    if request.stream:
        body["stream"] = True
    if request.cache_key:
        body["prompt_cache_key"] = request.cache_key if own else short(request.cache_key)
    if request.service_tier:
        tier = request.service_tier if own else _TIERS.get(request.service_tier)
        if tier is not None:
            body["service_tier"] = tier
        else:
            losses.append(Loss("service_tier", f"Responses has no tier {request.service_tier!r}"))
    if request.metadata is not None:
        if own or all(isinstance(value, str) for value in request.metadata.values()):
            if request.metadata or own:
                body["metadata"] = request.metadata
        else:
            losses.append(Loss("metadata", "Responses takes strings only"))
    if request.user and not own:
        body["safety_identifier" if target.kind == "openai" else "user"] = short(request.user)


def _foreign(request: Request, info: ModelInfo, body: JsonObject) -> None:
    """What a client of another format does not know to say."""
    body["store"] = False
    reasons = info.reasoning.mode != "none" if info.known else "reasoning" in body
    if reasons and request.include_proofs:
        body["include"] = [ENCRYPTED, *body.get("include", ())]
