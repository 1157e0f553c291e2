"""What Anthropic refuses in a Messages body, in its own words.

Read from the provider's documentation and from answers recorded by users, 2026. Clients recover by matching these
texts, so a reworded one is a bug.
"""

import re
from collections.abc import Iterator
from typing import Any

from router_core.simulator.anthropic_messages import mint_signature
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
    if limit > most:
        model = body["model"]
        yield f"max_tokens: {limit} > {most}, which is the maximum allowed number of output tokens for {model}"
    yield from _message_problems(body["messages"], betas)
    yield from _tool_problems(body.get("tools") or [])
    marks = sum(_count_marks(body.get(part)) for part in ("tools", "system", "messages"))
    if marks > 4:
        yield f"A maximum of 4 blocks with cache_control may be provided. Found {marks}."
    yield from _thinking_problems(body)
    if body["messages"][-1]["role"] == "assistant" and generation(body["model"]) >= (4, 6):
        yield "This model does not support assistant message prefill. The conversation must end with a user message."


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
        yield from _block_problems(message["content"], where, role)
    yield from _pairing_problems([message for message in messages if message["role"] != "system"])


def _block_problems(content: Any, where: str, role: Any) -> Iterator[str]:
    for index, block in enumerate(content if isinstance(content, list) else []):
        here = f"{where}.content.{index}"
        if not isinstance(block, dict) or "type" not in block:
            yield f"{here}.type: Field required"
        match block["type"]:
            case "text" if not block.get("text") and role == "user":
                yield "messages: text content blocks must be non-empty"
            case "thinking":
                signature = block.get("signature")
                if not isinstance(signature, str) or not signature:
                    yield f"{here}.thinking.signature: Field required"
                if signature != mint_signature(str(block.get("thinking", ""))):
                    yield f"{here}: Invalid `signature` in `thinking` block"
            case "tool_result" if "tool_use_id" not in block:
                yield f"{here}.tool_result.tool_use_id: Field required"
            case "tool_use" if not isinstance(block.get("input"), dict):
                yield f"{here}.tool_use.input: Input should be a valid dictionary"
            case _:
                continue


def _pairing_problems(turns: list[Json]) -> Iterator[str]:
    """Every tool call is answered in the very next turn, and nothing else is answered there."""
    pending: list[str] = []
    for index, message in enumerate(turns):
        blocks = message["content"] if isinstance(message["content"], list) else []
        answered = [str(block["tool_use_id"]) for block in blocks if block["type"] == "tool_result"]
        missing = [call for call in pending if call not in answered]
        if missing:
            yield _unanswered(index - 1, missing)
        for position, block in enumerate(blocks):
            if block["type"] == "tool_result" and str(block["tool_use_id"]) not in pending:
                yield (
                    f"messages.{index}.content.{position}: unexpected `tool_use_id` found in `tool_result` blocks: "
                    f"{block['tool_use_id']}. Each `tool_result` block must have a corresponding `tool_use` block in "
                    "the previous message."
                )
        calls = [str(block.get("id")) for block in blocks if block["type"] == "tool_use"]
        pending = calls if message["role"] == "assistant" else []
    if pending:
        yield _unanswered(len(turns) - 1, pending)


def _unanswered(index: int, calls: list[str]) -> str:
    return (
        f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(calls)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )


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
    if kind in ("enabled", "adaptive") and (body.get("tool_choice") or {}).get("type") in ("any", "tool"):
        yield "Thinking may not be enabled when tool_choice forces tool use."


def _sampling_problems(body: Json) -> Iterator[str]:
    temperature, top_p = body.get("temperature"), body.get("top_p")
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


def _count_marks(part: Any) -> int:
    if isinstance(part, list):
        return sum(_count_marks(item) for item in part)
    if isinstance(part, dict):
        return ("cache_control" in part) + _count_marks(part.get("content"))
    return 0
