"""The response object around an answer: strict clients require that it repeats fields of the request."""

from router_core.wire.codec import Answering, Loss
from router_core.wire.effort import effort_of
from router_core.wire.model import JsonObject, Request, StopReason
from router_core.wire.openai_responses.fields import own_of, wire_fields
from router_core.wire.openai_responses.tools import ToolWriter, encode_choice
from router_core.wire.tool_names import ToolNames

_ECHOED = (
    "previous_response_id", "truncation", "store", "background", "max_tool_calls", "safety_identifier", "user",
    "conversation", "prompt",
)  # fmt: skip
_TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast", "ultrafast"})
MALFORMED_CALL = "The model made a tool call that could not be read."


def response_object(answering: Answering, id: str, created_at: int) -> JsonObject:
    """A response that has not begun."""
    request = answering.request
    said = own_of(request.extras) or {}
    fields = wire_fields(said)
    losses: list[Loss] = []  # what a client said itself can be said to it
    writer = ToolWriter(ToolNames(max_length=1024, forbidden=r"(?!)", namespaces=True), namespaces=True, losses=losses)
    tools = writer.tools(request.tools)
    for tool in tools:
        if tool["type"] == "function":
            tool.setdefault("strict", True)  # what its absence means
            tool.setdefault("parameters", None)
    return {
        "id": id,
        "object": "response",
        "created_at": created_at,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": "\n\n".join(text.text for text in request.system) or None,
        "max_output_tokens": request.max_tokens,
        "model": answering.model,
        "output": [],
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "previous_response_id": None,
        "prompt_cache_key": request.cache_key,
        "reasoning": {"effort": effort_of(request.thinking), "summary": None} | (said.get("#reasoning") or {}),
        **answered_tier(request.service_tier or "auto"),
        "store": True,
        "temperature": 1.0 if request.temperature is None else request.temperature,
        "text": _text(request, said),
        "tool_choice": encode_choice(request.tool_choice, request.tools, writer, losses, request.extras) or "auto",
        "tools": tools,
        "top_logprobs": request.top_logprobs or 0,
        "top_p": 1.0 if request.top_p is None else request.top_p,
        "truncation": "disabled",
        "usage": None,
        "metadata": request.metadata or {},
    } | {name: fields[name] for name in _ECHOED if fields.get(name) is not None}


def answered_tier(tier: str | None) -> JsonObject:
    """`service_tier` as far as OpenAI has a word for what another provider calls it."""
    if tier is None:
        return {}
    return {"service_tier": tier if tier in _TIERS else "default"}


def _text(request: Request, said: JsonObject) -> JsonObject:
    format: JsonObject = {"type": "text"}
    if request.output is not None and request.output.kind == "json_object":
        format = {"type": "json_object"}
    elif request.output is not None:
        format = {
            "type": "json_schema",
            "name": request.output.name,
            "schema": request.output.schema or {},
            "strict": bool(request.output.strict),
        }
    return {"format": format, "verbosity": request.verbosity or "medium"} | (said.get("#text") or {})


def ending(stop: StopReason, *, refused_in_words: bool) -> JsonObject:
    """`status` and what explains it.

    Args:
        refused_in_words: the answer holds a refusal, so it is complete.
    """
    if stop in ("max_tokens", "context_window"):
        return {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    if stop == "refusal" and not refused_in_words:
        return {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}
    if stop == "malformed_call":  # a client that reads "completed" would take the turn for done
        return {"status": "failed", "error": {"code": "server_error", "message": MALFORMED_CALL}}
    return {"status": "completed"}
