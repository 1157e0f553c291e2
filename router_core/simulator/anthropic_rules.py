"""What Anthropic refuses in a Messages body, in its own words.

Read from the provider's documentation and from answers recorded by users, 2026. Clients recover by matching these
texts, so a reworded one is a bug.
"""

import re
from collections.abc import Iterator
from typing import Any

from router_core.simulator.anthropic_blocks import block_problems, pairing_problems
from router_core.simulator.call import Json

_FIELDS_TEXT = (
    "model max_tokens messages system tools tool_choice thinking output_config cache_control stop_sequences "
    "stream temperature top_p top_k metadata service_tier inference_geo container diagnostics prefill"
)
FIELDS = frozenset(_FIELDS_TEXT.split())

# Fields that belong to a beta: the body field and the header flag travel together.
BETA_FIELDS = {
    "context_management": "context-management-",
    "mcp_servers": "mcp-client-",
    "speed": "fast-mode-",
    "fallbacks": "server-side-fallback-",
    "fallback_credit_token": "fallback-credit-",
    "safeguards": "dangerous-tool-use-",
    "output_format": "structured-outputs-",
    "compaction": "compact-",
    "thread": "",
    "billing_policy": "",
}

# Betas under which `role: "system"` may stand among the messages.
SYSTEM_TURN_BETAS = ("mid-conversation-", "per-turn-control-")

COUNT_FIELDS = FIELDS - {"max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences", "metadata"}

_TOOL_FIELDS_TEXT = (
    "type name description input_schema cache_control strict defer_loading eager_input_streaming allowed_callers "
    "input_examples"
)
TOOL_FIELDS = frozenset(_TOOL_FIELDS_TEXT.split())

_MUST_BE_CLOSED = "For 'object' type, 'additionalProperties' must be explicitly set to false"

_TOOL_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,128}$")
_VERSION = re.compile(r"claude-[a-z]+-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)|claude-(\d)(?:[-.](\d))?-")


def generation(model: str) -> tuple[int, int]:
    """`claude-opus-4-8` is (4, 8); a name without a number counts as current."""
    found = _VERSION.search(model)
    if not found:
        return (99, 0)
    major, minor = found.group(1) or found.group(3), found.group(2) or found.group(4) or "0"
    return int(major), int(minor)


def problem_in_message_request(body: Json, betas: list[str]) -> str | None:
    """The first thing wrong with a body for `/v1/messages`; None when it is fine."""
    return next(_problems(body, betas, FIELDS), None) or next(_sampling_problems(body), None)


def problem_in_count_request(body: Json, betas: list[str]) -> str | None:
    """The same for `/v1/messages/count_tokens`, which takes neither `max_tokens` nor `stream`."""
    return next(_problems(body, betas, COUNT_FIELDS), None)


def _problems(body: Json, betas: list[str], fields: frozenset[str]) -> Iterator[str]:
    for name in ("model", "max_tokens", "messages"):
        if name not in body and (name in fields):
            yield f"{name}: Field required"
    for name in body:
        flag = BETA_FIELDS.get(name)
        if name not in fields and not (flag is not None and any(beta.startswith(flag) for beta in betas)):
            yield f"{name}: Extra inputs are not permitted"
    if not isinstance(body["model"], str) or not body["model"]:
        yield "model: Input should be a valid string"
    limit = body.get("max_tokens", 1)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        yield "max_tokens: Input should be greater than or equal to 1"
    most = 64_000 if generation(body["model"]) <= (4, 5) else 128_000
    # Anthropic's own limits; what else speaks this format has its own
    if limit > most and body["model"].startswith("claude-"):
        model = body["model"]
        yield f"max_tokens: {limit} > {most}, which is the maximum allowed number of output tokens for {model}"
    yield from _message_problems(body["messages"], betas)
    yield from _tool_problems(body.get("tools") or [])
    yield from _choice_problems(body)
    yield from _cache_problems(body)
    yield from _thinking_problems(body)
    yield from _output_problems(body)
    for index, stop in enumerate(body.get("stop_sequences") or []):
        if not isinstance(stop, str):
            yield f"stop_sequences.{index}: Input should be a valid string"
        if not stop.strip():
            yield "stop_sequences: each stop sequence must contain non-whitespace"
    for name in body.get("metadata") or {}:
        if name != "user_id":
            yield f"metadata.{name}: Extra inputs are not permitted"
    if body.get("service_tier") not in (None, "auto", "standard_only"):
        yield "service_tier: Input should be 'auto' or 'standard_only'"
    last = body["messages"][-1]
    if last["role"] == "assistant" and generation(body["model"]) >= (4, 6):
        yield "This model does not support assistant message prefill. The conversation must end with a user message."
    if last["role"] == "assistant" and _last_text(last["content"]) != _last_text(last["content"]).rstrip():
        yield "messages: final assistant content cannot end with trailing whitespace"


def _message_problems(messages: Any, betas: list[str]) -> Iterator[str]:
    if not isinstance(messages, list):
        yield "messages: Input should be a valid list"
    if not messages:
        yield "messages: at least one message is required"
    system_allowed = any(beta.startswith(SYSTEM_TURN_BETAS) for beta in betas)
    for index, message in enumerate(messages):
        where = f"messages.{index}"
        if not isinstance(message, dict):
            yield f"{where}: Input should be an object"
        role = message.get("role")
        if role not in ("user", "assistant") and not (role == "system" and system_allowed):
            yield f"{where}.role: Input should be 'user' or 'assistant'"
        if "content" not in message:
            yield f"{where}.content: Field required"
        allowed = {"role", "content", "output_config"} if role == "system" else {"role", "content"}
        for extra in [name for name in message if name not in allowed]:
            yield f"{where}.{extra}: Extra inputs are not permitted"
        if not isinstance(message["content"], str | list):
            yield f"{where}.content: Input should be a valid list"
        if role == "user" and not message["content"]:
            yield f"{where}: user messages must have non-empty content"
        yield from block_problems(message["content"], where, role)
    turns = [message for message in messages if message["role"] != "system"]
    if turns and turns[0]["role"] != "user":
        yield 'messages: first message must use the "user" role'
    yield from pairing_problems(turns)


def _tool_problems(tools: Any) -> Iterator[str]:
    if not isinstance(tools, list):
        yield "tools: Input should be a valid list"
    names: set[str] = set()
    for index, tool in enumerate(tools):
        where = f"tools.{index}"
        if not isinstance(tool, dict):
            yield f"{where}: Input should be an object"
        if tool.get("type", "custom") != "custom":
            continue  # a server tool: its own rules are not simulated
        name = tool.get("name")
        if not isinstance(name, str) or not _TOOL_NAME.match(name):
            yield f"{where}.custom.name: String should match pattern '{_TOOL_NAME.pattern}'"
        if name in names:
            yield "tools: Tool names must be unique."
        names.add(str(name))
        if not isinstance(tool.get("input_schema"), dict):
            yield f"{where}.custom.input_schema: Field required"
        if tool["input_schema"].get("type") != "object":
            yield f"{where}.custom.input_schema.type: Input should be 'object'"
        if any(key in tool["input_schema"] for key in ("anyOf", "oneOf", "allOf")):
            yield f"{where}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
        for extra in [name for name in tool if name not in TOOL_FIELDS]:
            yield f"{where}.custom.{extra}: Extra inputs are not permitted"
        if tool.get("strict") and not _is_closed(tool["input_schema"]):
            yield f"{where}.custom.input_schema: {_MUST_BE_CLOSED}"


def _choice_problems(body: Json) -> Iterator[str]:
    choice = body.get("tool_choice")
    if choice is None:
        return
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind not in ("auto", "any", "tool", "none"):
        yield (
            f"tool_choice: Input tag '{kind}' found using 'type' does not match any of the expected tags: "
            "'any', 'auto', 'none', 'tool'"
        )
    if not body.get("tools"):
        yield "tool_choice: tool_choice may only be specified while providing tools."
    if kind == "tool" and choice.get("name") not in [tool.get("name") for tool in body["tools"]]:
        yield f"Tool '{choice.get('name')}' not found in provided tools"
    if kind == "none" and "disable_parallel_tool_use" in choice:
        yield "tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted"


def _cache_problems(body: Json) -> Iterator[str]:
    marks = [mark for part in ("tools", "system", "messages") for mark in _marks(body.get(part))]
    automatic = body.get("cache_control")
    total = len(marks) + (automatic is not None)
    if total > 4:
        yield f"A maximum of 4 blocks with cache_control may be provided. Found {total}."
    short = False
    for mark in [*marks, *([automatic] if automatic is not None else [])]:
        if not isinstance(mark, dict) or mark.get("type") != "ephemeral":
            yield "cache_control.type: Input should be 'ephemeral'"
        if mark.get("ttl", "5m") not in ("5m", "1h"):
            yield "cache_control.ephemeral.ttl: Input should be '5m' or '1h'"
        if mark.get("ttl") == "1h" and short:
            yield (
                "cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
                "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
            )
        short = short or mark.get("ttl", "5m") == "5m"


def _marks(part: Any) -> list[Any]:
    """The cache marks in order."""
    if isinstance(part, list):
        return [mark for item in part for mark in _marks(item)]
    if isinstance(part, dict):
        own = [part["cache_control"]] if part.get("cache_control") is not None else []
        return [*_marks(part.get("content")), *own]
    return []


def _output_problems(body: Json) -> Iterator[str]:
    wanted = body.get("output_config") or {}
    if wanted.get("effort") not in (None, "low", "medium", "high", "xhigh", "max"):
        yield "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
    for name in wanted:
        if name not in ("effort", "format", "task_budget"):
            yield f"output_config.{name}: Extra inputs are not permitted"
    form = wanted.get("format")
    if form is None:
        return
    if form.get("type") != "json_schema":
        yield "output_config.format.type: Input should be 'json_schema'"
    if not isinstance(form.get("schema"), dict):
        yield "output_config.format.schema: Field required"
    if not _is_closed(form["schema"]):
        yield f"output_config.format.schema: {_MUST_BE_CLOSED}"


def _is_closed(schema: Any) -> bool:
    """Every object in it says `additionalProperties: false`."""
    if isinstance(schema, list):
        return all(_is_closed(item) for item in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return False
    return all(_is_closed(value) for name, value in schema.items() if name not in ("enum", "const", "default"))


def _last_text(content: Any) -> str:
    if isinstance(content, list) and content and content[-1].get("type") == "text":
        return str(content[-1].get("text"))
    return content if isinstance(content, str) else ""


def _thinking_problems(body: Json) -> Iterator[str]:
    thinking = body.get("thinking")
    if thinking is None:
        return
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    version, model = generation(body["model"]), body["model"]
    if kind not in ("enabled", "adaptive", "disabled"):
        yield "thinking.type: Input should be 'enabled', 'disabled' or 'adaptive'"
    if kind == "adaptive" and version <= (4, 5):
        yield "adaptive thinking is not supported on this model"
    if kind == "disabled" and (version >= (5, 5) or "fable" in model) and version != (99, 0):
        yield '"thinking.type.disabled" is not supported for this model.'
    if kind == "enabled":
        if version >= (4, 7) and version != (99, 0):
            yield (
                '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
                '"output_config.effort" to control thinking behavior.'
            )
        budget = thinking.get("budget_tokens")
        if not isinstance(budget, int):
            yield "thinking.enabled.budget_tokens: Field required"
        if budget < 1024:
            yield "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
        if budget >= body.get("max_tokens", budget + 1):
            yield "`max_tokens` must be greater than `thinking.budget_tokens`."
        yield from _opening_problems(body["messages"])
    if kind in ("enabled", "adaptive") and (body.get("tool_choice") or {}).get("type") in ("any", "tool"):
        yield "Thinking may not be enabled when tool_choice forces tool use."


def _opening_problems(messages: list[Json]) -> Iterator[str]:
    """With a thinking budget, the turn that waits for tool results must begin with what was thought."""
    start: int | None = None
    for index in range(len(messages) - 1, 0, -1):
        message, content = messages[index], messages[index]["content"]
        if message["role"] == "assistant":
            start = index
        elif message["role"] == "user":
            results = isinstance(content, list) and any(block["type"] == "tool_result" for block in content)
            if not results:
                break
    blocks = messages[start]["content"] if start is not None else []
    if start is None or start == len(messages) - 1 or not isinstance(blocks, list) or not blocks:
        return
    kind = blocks[0]["type"]
    if kind not in ("thinking", "redacted_thinking") and any(block["type"] == "tool_use" for block in blocks):
        yield (
            f"messages.{start}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{kind}`. When "
            "`thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the "
            "lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from "
            "previous turns. To avoid this requirement, disable `thinking`."
        )


def _sampling_problems(body: Json) -> Iterator[str]:
    temperature, top_p = body.get("temperature"), body.get("top_p")
    if (5, 5) <= generation(body["model"]) < (99, 0):
        for name in ("temperature", "top_p", "top_k"):
            if body.get(name) not in (None, 1):
                yield f"`{name}` is deprecated for this model."
    if (body.get("thinking") or {}).get("type") in ("enabled", "adaptive"):
        if temperature not in (None, 1, 1.0):
            yield "`temperature` may only be set to 1 when thinking is enabled."
        if top_p is not None and top_p < 0.95:
            yield "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled."
        if body.get("top_k") is not None:
            yield "`top_k` must be unset when thinking is enabled."
    if temperature is not None and not 0 <= temperature <= 1:
        yield "temperature: range: 0..1"
    if temperature is not None and top_p is not None and generation(body["model"]) >= (4, 5):
        yield "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
