"""One model in the words of Codex's catalogue.

Codex decodes the whole catalogue strictly: one entry without a required field, or with an effort it has no name for,
and it silently drops them all. So every field that any version since 0.99 wants is given. Where the entry came from
Codex's own backend it is handed on, renamed: nobody else has its instructions and switches. (Contract read from
openai/codex rust-v0.153.4, 2026-11.)
"""

import functools
from importlib import resources
from typing import Any

import orjson

from router_core.models.alias import listed_id
from router_core.models.info import ModelInfo

Entry = dict[str, Any]

# Efforts that every version decodes; `max` is newer than some versions in use.
_EFFORTS = {
    "none": "Does not think first",
    "minimal": "Thinks as little as it can",
    "low": "Fast, with lighter reasoning",
    "medium": "Balances speed and depth",
    "high": "Thinks longer about hard problems",
    "xhigh": "Thinks longest",
}
_BUDGET_WORDS = ("low", "medium", "high")


def codex_entry(info: ModelInfo, priority: int) -> Entry:
    """The entry of Codex's own backend, or one made of what is known.

    Args:
        priority: its place in the list; Codex shows and chooses the lowest first.
    """
    if info.codex_entry:
        own: Entry = orjson.loads(info.codex_entry)
        own = {name: value for name, value in own.items() if value is not None or name not in _MADE}
        if not own.get("base_instructions") and not own.get("model_messages"):
            own["base_instructions"] = instructions()
        # the lite form of requests is for that backend alone, and a route may lead elsewhere
        ours = {"slug": listed_id(info), "priority": priority, "use_responses_lite": False}
        return {**_made(info, priority), **own, **ours}
    return _made(info, priority)


def _made(info: ModelInfo, priority: int) -> Entry:
    efforts = _BUDGET_WORDS if info.reasoning.mode == "budget" else info.reasoning.efforts
    offered = [effort for effort in efforts if effort in _EFFORTS]
    openai = info.vendor == "openai"
    return {
        "slug": listed_id(info),
        "display_name": f"{info.display_name} ({info.provider})",
        "description": f"{info.id} through {info.provider}",
        "default_reasoning_level": next((word for word in ("medium", "high", "low") if word in offered), None),
        "supported_reasoning_levels": [{"effort": effort, "description": _EFFORTS[effort]} for effort in offered],
        "shell_type": "shell_command",
        "visibility": "list",
        "minimal_client_version": "0.0.1",
        "supported_in_api": True,
        "priority": priority,
        "upgrade": None,
        "base_instructions": instructions(),
        "model_messages": None,
        "supports_reasoning_summaries": bool(offered) or info.reasoning.always,
        "default_reasoning_summary": "auto",
        "support_verbosity": openai,
        "default_verbosity": "low" if openai else None,
        # other vendors' models were not trained on the freeform tool: they patch through the shell, as in Codex's own
        # fallback for models that it does not know
        "apply_patch_tool_type": "freeform" if openai else None,
        "web_search_tool_type": "text",
        "truncation_policy": {"mode": "tokens", "limit": 10_000},
        "supports_parallel_tool_calls": info.tools,
        "supports_image_detail_original": False,
        "context_window": info.input_limit,
        "max_context_window": info.input_limit,
        "auto_compact_token_limit": None,
        "effective_context_window_percent": 95,
        "experimental_supported_tools": [],
        "input_modalities": [kind for kind in ("text", "image") if kind in info.input_modalities],
        "prefer_websockets": False,
        "use_responses_lite": False,
        "tool_mode": None,
        "multi_agent_version": None,
        "available_in_plans": ["free", "plus", "pro", "team", "business", "enterprise", "edu"],
        "availability_nux": None,
    }


_MADE = frozenset(
    (
        "display_name", "supported_reasoning_levels", "shell_type", "visibility", "supported_in_api",
        "support_verbosity", "truncation_policy", "experimental_supported_tools", "base_instructions",
        "supports_parallel_tool_calls",
    )
)  # fmt: skip
"""Fields that must not be null: a null of the provider's is replaced."""


@functools.cache
def instructions() -> str:
    """What a model is told that Codex has no instructions for. Our own text; an empty one voids the catalogue."""
    return resources.files("router_core.models").joinpath("codex_instructions.md").read_text(encoding="utf-8").strip()
