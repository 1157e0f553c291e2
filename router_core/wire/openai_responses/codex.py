"""The ChatGPT backend's dialect of a Responses body: what it refuses is taken out, what it demands is put in.

It streams only, stores nothing, takes `input` as a list, no system role, and answers 400 to any field it does not
know. The same edits serve a translated request and one that passes through; `previous_response_id` is left for whoever
knows the conversation. Nothing of the given body is changed: what differs is copied.

Source: openai/codex and several clients' sources and issue threads, 2026.
"""

from typing import Any

from router_core.wire.codec import Loss
from router_core.wire.model import JsonObject

REFUSED = (
    "max_output_tokens", "max_completion_tokens", "max_tokens", "temperature", "top_p", "top_logprobs", "metadata",
    "user", "safety_identifier", "truncation", "prompt_cache_retention", "prompt_cache_options",
    "context_management", "stream_options", "background", "max_tool_calls", "moderation", "prompt", "conversation",
)  # fmt: skip
_HOSTED = frozenset({"file_search", "code_interpreter", "computer_use", "computer_use_preview", "computer"})
_TIERS = ("priority", "default")
_SILENT = frozenset({None, False, "auto", "disabled"})
"""Values that say nothing, so that leaving them out loses nothing."""
_LOGPROBS = "message.output_text.logprobs"
_BREAKPOINT = "prompt_cache_breakpoint"
_ENCRYPTED = "reasoning.encrypted_content"


def codex_body(body: JsonObject) -> tuple[JsonObject, list[Loss]]:
    """The body as this backend takes it, and what it could not be told."""
    losses: list[Loss] = []
    out = {key: value for key, value in body.items() if key not in REFUSED}
    for key in REFUSED:
        value = body.get(key)
        if key in body and not (isinstance(value, str | bool | None) and value in _SILENT) and value != {}:
            losses.append(Loss(key, "the Codex backend refuses it"))
    out["stream"], out["store"] = True, False
    if not isinstance(out.get("instructions"), str):
        out["instructions"] = ""
    tier = out.get("service_tier")
    if "service_tier" in out and tier not in _TIERS:
        del out["service_tier"]
        if tier not in (None, "auto"):
            losses.append(Loss("service_tier", f"the Codex backend refuses {tier!r}"))
    _include(out)
    _tools(out, losses)
    given = out.get("input")
    if isinstance(given, str):
        out["input"] = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": given}]}]
    elif isinstance(given, list):
        out["input"] = _items(given, losses)
    elif given is None:
        out["input"] = []
    return out, losses


def _include(out: JsonObject) -> None:
    """Nothing is stored, so reasoning must travel with the client, or it is lost from turn to turn."""
    said = out.get("include")
    kept = [value for value in said if value != _LOGPROBS] if isinstance(said, list) else []
    if _ENCRYPTED not in kept and "reasoning" in out:
        kept.append(_ENCRYPTED)
    if kept:
        out["include"] = kept
    else:
        out.pop("include", None)


def _tools(out: JsonObject, losses: list[Loss]) -> None:
    tools = out.get("tools")
    if not isinstance(tools, list):
        return
    kept: list[Any] = []
    for i, tool in enumerate(tools):
        type = tool.get("type") if isinstance(tool, dict) else None
        if isinstance(type, str) and type in _HOSTED:
            losses.append(Loss(f"tools[{i}]", f"the Codex backend has no {type}"))
        elif isinstance(type, str) and type.startswith("web_search_preview"):
            kept.append({**tool, "type": "web_search"})
        else:
            kept.append(tool)
    out["tools"] = kept
    choice = out.get("tool_choice")
    if isinstance(choice, dict) and (str(choice.get("type")) in _HOSTED or not kept):
        out["tool_choice"] = "auto"
        losses.append(Loss("tool_choice", "the tool it names is not available on the Codex backend"))
    elif isinstance(choice, dict) and str(choice.get("type")).startswith("web_search_preview"):
        out["tool_choice"] = {**choice, "type": "web_search"}


def _items(items: list[Any], losses: list[Loss]) -> list[Any]:
    out: list[Any] = []
    for i, item in enumerate(items):
        if not isinstance(item, dict):
            out.append(item)  # the backend says best what is wrong with it
            continue
        type = item.get("type")
        if type == "item_reference" or (type is None and "role" not in item and "id" in item):
            losses.append(Loss(f"input[{i}]", "the Codex backend stores nothing that could be referred to"))
            continue
        if type == "reasoning" and not any(item.get(key) for key in ("encrypted_content", "content", "summary")):
            continue
        out.append(_item(item))
    return out


def _item(item: JsonObject) -> JsonObject:
    out = {key: value for key, value in item.items() if key != "id"}
    if out.get("type", "message") != "message":
        return out
    out["type"] = "message"
    if out.get("role") == "system":
        out["role"] = "developer"
    if isinstance(out.get("content"), str):
        type = "output_text" if out.get("role") == "assistant" else "input_text"
        out["content"] = [{"type": type, "text": out["content"]}]
    elif isinstance(out.get("content"), list):
        out["content"] = [
            {key: value for key, value in part.items() if key != _BREAKPOINT}
            if isinstance(part, dict) and _BREAKPOINT in part
            else part
            for part in out["content"]
        ]
    return out
