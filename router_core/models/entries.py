"""One model in the words of Anthropic's, OpenAI's and Google's model lists (Codex's: codex_entry.py).

Fields and types as the vendors' official Python SDKs of 2026-11 declare them; a contract test parses each with its SDK.
What a non-Claude model can do is told in Anthropic's terms as the router translates them: whoever takes an effort also
takes `adaptive` and a budget from a client, because the codec turns one into the other.
"""

import datetime
from typing import Any

from router_core.models.alias import listed_id
from router_core.models.info import ModelInfo

Entry = dict[str, Any]


def anthropic_entry(info: ModelInfo, *, for_claude_code: bool) -> Entry:
    """As in `GET /v1/models`; `description` is what Claude Code shows below the name."""
    name = info.display_name if info.display_name != info.id else info.id.rpartition("/")[2]
    return {
        "type": "model",
        "id": listed_id(info, for_claude_code=for_claude_code),
        "display_name": f"{name} ({info.provider})",
        "description": f"{info.id} through {info.provider}",
        "created_at": _rfc3339(info.created),
        "max_input_tokens": info.input_limit,
        "max_tokens": info.max_output_tokens,
        "capabilities": _capabilities(info),
        "lifecycle": "active",
        "line": None,
        "deprecated_at": None,
        "retires_at": None,
    }


def openai_entry(info: ModelInfo) -> Entry:
    """As in `GET /v1/models`, with what OpenAI's own entries leave out (`context_length` is OpenRouter's name)."""
    return {
        "id": listed_id(info),
        "object": "model",
        "created": info.created or 0,
        "owned_by": info.vendor or info.provider,
        "name": info.display_name,
        "context_window": info.context_window,
        "context_length": info.context_window,
        "max_input_tokens": info.input_limit,
        "max_output_tokens": info.max_output_tokens,
        "input_modalities": list(info.input_modalities),
        "tools": info.tools,
        "structured_output": info.structured_output,
        "reasoning": {
            "mode": info.reasoning.mode,
            "always": info.reasoning.always,
            "efforts": list(info.reasoning.efforts),
            "budget_min": info.reasoning.budget_min,
            "budget_max": info.reasoning.budget_max,
        },
    }


def gemini_entry(info: ModelInfo) -> Entry:
    """As in `GET /v1beta/models`."""
    return {
        "name": f"models/{listed_id(info)}",
        "baseModelId": listed_id(info),
        "version": "001",
        "displayName": info.display_name,
        "description": f"{info.id} through {info.provider}",
        "inputTokenLimit": info.input_limit,
        "outputTokenLimit": info.max_output_tokens,
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
        "thinking": info.reasoning.mode != "none" or info.reasoning.always,
    }


def _capabilities(info: ModelInfo) -> Entry:
    reasoning, genuine = info.reasoning, info.vendor == "anthropic"
    told = reasoning.mode != "none"
    efforts = {word: _can(word in reasoning.efforts) for word in ("low", "medium", "high", "xhigh", "max")}
    return {
        "batch": _can(False),
        "citations": _can(genuine),
        "code_execution": _can(False),
        "context_management": {
            "supported": genuine,
            "clear_thinking_20251015": _can(genuine),
            "clear_tool_uses_20250919": _can(genuine),
            "compact_20260112": _can(genuine and reasoning.mode == "adaptive"),
        },
        "effort": {"supported": bool(reasoning.efforts), **efforts},
        "image_input": _can("image" in info.input_modalities),
        "pdf_input": _can("pdf" in info.input_modalities),
        "server_tools": {"supported": genuine, "web_search": _can(genuine), "code_execution": _can(genuine)},
        "structured_outputs": _can(info.structured_output),
        "thinking": {
            "supported": told or reasoning.always,
            "types": {
                "adaptive": _can(reasoning.mode == "adaptive" if genuine else told),
                "enabled": _can(reasoning.budget_min is not None if genuine else told),
                "disabled": _can(not reasoning.always),
                "between_tools": _can(False),
            },
        },
    }


def _can(supported: bool) -> Entry:
    return {"supported": supported}


def _rfc3339(created: int | None) -> str:
    """The epoch where the release is unknown, as the vendor documents."""
    moment = datetime.datetime.fromtimestamp(created or 0, tz=datetime.UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
