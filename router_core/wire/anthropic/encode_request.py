"""Neutral requests → `POST /v1/messages` bodies.

A request that came in this format goes back as it came, model rules and all: its client knows the model, and a foreign
proof is the only thing that is taken out. One that came in another format is put into Anthropic's order and the model's
limits; what that costs is a list of losses.
"""

from router_core.errors import WireError
from router_core.models.known import ModelInfo, model_info
from router_core.wire.anthropic.breakpoints import set_breakpoints
from router_core.wire.anthropic.conversation import bare_tool_turn, turns
from router_core.wire.anthropic.decode_request import encode_thinking
from router_core.wire.anthropic.encode_blocks import BlockEncoder
from router_core.wire.anthropic.generation import generation
from router_core.wire.anthropic.reading import FORMAT, Place, fields, own, written
from router_core.wire.anthropic.schema import answer_schema
from router_core.wire.anthropic.tools import encode_choice, encode_tools
from router_core.wire.codec import Encoded, Loss, Target
from router_core.wire.model import JsonObject, Message, OutputFormat, Request
from router_core.wire.system_text import joined_system
from router_core.wire.tool_names import ToolNames

_COUNTED = (
    "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control",
    "context_management", "mcp_servers", "speed",
)  # fmt: skip
_TIERS = {"auto": "auto", "priority": "auto", "default": "standard_only", "standard_only": "standard_only"}
_LONGEST_USER = 256


def encode_request(request: Request, target: Target) -> Encoded:
    """The body for a provider that speaks Anthropic's format.

    Raises:
        WireError: 400; several answers at once, a forced tool that cannot be offered, a file that only another
            provider knows, or nothing but media that Anthropic cannot read.
    """
    if request.n > 1:
        raise WireError("n: this provider gives one answer per request", "n")
    info = model_info(target.model, target.provider)
    ours = FORMAT in request.extras
    losses: list[Loss] = []
    names = ToolNames(max_length=128 if ours or target.host.endswith("anthropic.com") else 64)
    encoder = BlockEncoder(names, losses, ours, info.vendor == "anthropic")
    if ours:
        return _returned(request, target, encoder)
    return _translated(request, target, info, encoder)


def count_body(request: Request, target: Target) -> JsonObject:
    """The body for `POST /v1/messages/count_tokens`, which refuses fields that do not count."""
    body = encode_request(request, target).body
    return {key: body[key] for key in _COUNTED if key in body}


def _returned(request: Request, target: Target, encoder: BlockEncoder) -> Encoded:
    """The request of a client that speaks this format."""
    extras = own(request.extras)
    body: JsonObject = {"model": target.model}
    if request.max_tokens is not None:
        body["max_tokens"] = request.max_tokens
    body["messages"] = [
        encoded
        for index, message in enumerate(request.messages)
        if (encoded := _message(message, f"messages[{index}]", encoder)) is not None
    ]
    system = [encoder.text(text, f"system[{index}]") for index, text in enumerate(request.system)]
    if extras.get("#system") == "string" and len(system) == 1 and set(system[0] or ()) == {"type", "text"}:
        body["system"] = request.system[0].text
    elif system or extras.get("#system"):
        body["system"] = system
    tools = encode_tools(request, encoder.names, encoder.losses)
    if tools:
        body["tools"] = tools
    choice = encode_choice(request, tools, encoder.names, forced_ok=True, losses=encoder.losses)
    if choice is not None:
        body["tool_choice"] = choice
    _own_thinking(request, body)
    for key in ("temperature", "top_p", "top_k", "service_tier"):
        if (value := getattr(request, key)) is not None:
            body[key] = value
    if request.stop:
        body["stop_sequences"] = list(request.stop)
    if request.user is not None or "#metadata" in extras:
        body["metadata"] = extras.get("#metadata", {"user_id": request.user})
    body.update(fields(request.extras))
    for key in extras.get("#empty", ()):
        body.setdefault(key, [])
    if request.stream or "#stream" in extras:
        body["stream"] = request.stream
    _without_bare_turn(body, encoder)
    return _encoded(body, encoder)


def _without_bare_turn(body: JsonObject, encoder: BlockEncoder) -> None:
    """With a budget, a turn of tool calls must begin with thinking; one whose thoughts were foreign cannot."""
    thinking = body.get("thinking")
    enabled = isinstance(thinking, dict) and thinking.get("type") == "enabled"
    if enabled and encoder.losses and bare_tool_turn(body["messages"]):
        body["thinking"] = {"type": "disabled"}
        encoder.lose("thinking", "off until this turn's tool calls are done: another provider began the turn")


def _own_thinking(request: Request, body: JsonObject) -> None:
    extras, setting = own(request.extras), request.thinking
    if setting is not None:
        thinking = extras["#thinking"] if "#thinking" in extras else encode_thinking(setting)
        if thinking is not None:
            body["thinking"] = thinking
    config: JsonObject = {}
    if setting is not None and setting.effort is not None:
        config["effort"] = setting.effort
    if request.output is not None:
        format = {"type": "json_schema", "schema": request.output.schema, **extras.get("#format", {})}
        if extras.get("#output_format"):
            body["output_format"] = format
        else:
            config["format"] = format
    if config or "#output_config" in extras:
        body["output_config"] = {**config, **extras.get("#output_config", {})}


def _message(message: Message, path: str, encoder: BlockEncoder) -> JsonObject | None:
    """One message as it came; None when nothing but foreign proofs was in it."""
    content = [encoder.encode(block, f"{path}.content[{index}]") for index, block in enumerate(message.blocks)]
    kept = [block for block in content if block is not None]
    if message.blocks and not kept:
        return None
    out: JsonObject = {"role": "system" if message.role == "developer" else message.role, "content": kept}
    if own(message.extras).get("#content") == "string" and len(kept) == 1 and set(kept[0]) == {"type", "text"}:
        out["content"] = kept[0]["text"]
    out.update(fields(message.extras))
    return out


def _translated(request: Request, target: Target, info: ModelInfo, encoder: BlockEncoder) -> Encoded:
    """The request of a client that speaks another format."""
    losses = encoder.losses
    texts, conversation = joined_system(request)
    system = [block for index, text in enumerate(texts) if (block := encoder.text(text, f"system[{index}]"))]
    tools = encode_tools(request, encoder.names, losses)
    messages = turns(conversation, encoder)
    model = generation(request, info, bare_tool_turn=bare_tool_turn(messages), losses=losses)
    body: JsonObject = {"model": target.model, "max_tokens": model.max_tokens, "messages": messages}
    config: JsonObject = {"effort": model.effort} if model.effort else {}
    if request.output is not None:
        schema = _structured(request.output, info, losses)
        if schema is not None:
            config["format"] = {"type": "json_schema", "schema": schema}
        else:
            system.append({"type": "text", "text": _asked_in_words(request.output)})
    if system:
        body["system"] = system
    if tools:
        body["tools"] = tools
    choice = encode_choice(request, tools, encoder.names, forced_ok=model.forced_ok, losses=losses)
    if choice is not None:
        body["tool_choice"] = choice
    if model.thinking is not None:
        body["thinking"] = model.thinking
    if config:
        body["output_config"] = config
    body.update(model.sampling)
    stop = [sequence for sequence in request.stop if sequence.strip()]
    if len(stop) < len(request.stop):
        losses.append(Loss("stop", "blank stop sequences are refused"))
    if stop:
        body["stop_sequences"] = stop
    _who_and_how(request, body, losses)
    _unsayable(request, losses)
    if request.stream:
        body["stream"] = True
    set_breakpoints(body, losses)
    return _encoded(body, encoder)


def _structured(output: OutputFormat, info: ModelInfo, losses: list[Loss]) -> JsonObject | None:
    """The schema to enforce; None when it can only be asked for in words."""
    if output.kind == "json_object" or output.schema is None:
        losses.append(Loss("output", "JSON of any shape is asked for in the system prompt, not enforced"))
        return None
    if not info.structured_output:
        losses.append(Loss("output", "this model enforces no schema; it is asked for in the system prompt"))
        return None
    return answer_schema(output.schema, losses)


def _asked_in_words(output: OutputFormat) -> str:
    words = "Answer with one JSON object and nothing else: no words around it, no code fence."
    if output.schema is None:
        return words
    schema = written(output.schema, Place("output.schema"))
    return f"{words} It must be valid against this JSON Schema:\n{schema}"


def _who_and_how(request: Request, body: JsonObject, losses: list[Loss]) -> None:
    if request.user:
        if len(request.user) <= _LONGEST_USER:
            body["metadata"] = {"user_id": request.user}
        else:
            losses.append(Loss("user", f"longer than {_LONGEST_USER} characters"))
    if request.service_tier is not None:
        tier = _TIERS.get(request.service_tier)
        if tier is None:
            losses.append(Loss("service_tier", f"{request.service_tier!r} is not offered here"))
        elif tier != "auto":
            body["service_tier"] = tier


def _unsayable(request: Request, losses: list[Loss]) -> None:
    """What Anthropic has no field for."""
    unsaid = {
        "seed": request.seed is not None,
        "presence_penalty": bool(request.presence_penalty),
        "frequency_penalty": bool(request.frequency_penalty),
        "logprobs": request.logprobs or bool(request.top_logprobs),
        "verbosity": request.verbosity not in (None, "medium"),
        "metadata": bool(request.metadata),
    }
    losses.extend(Loss(name, "there is no such field here") for name, said in unsaid.items() if said)
    for format, extras in request.extras.items():
        if format != FORMAT:
            losses.extend(
                Loss(name, f"known to {format} only")
                for name, value in extras.items()
                if value not in (None, {}, []) and name[:1].isalpha()  # the others are notes of that codec
            )


def _encoded(body: JsonObject, encoder: BlockEncoder) -> Encoded:
    """`betas` in a body is a habit of SDKs: the API reads them from the header."""
    headers: tuple[tuple[str, str], ...] = ()
    betas = body.pop("betas", None)
    if isinstance(betas, list) and betas:
        headers = (("anthropic-beta", ",".join(str(beta) for beta in betas)),)
    return Encoded(body, tuple(encoder.losses), encoder.names.restore, (), headers)
