"""The Codex model catalogue, with every field whose absence makes the CLI drop the whole list."""

from hashlib import blake2b
from urllib.parse import parse_qs

import orjson

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.call import Call, Json

# slug: (display name, the first CLI version that may use it)
MODELS = {
    "gpt-6.1-sol": ("GPT-6.1 Sol", (0, 160, 0)),
    "gpt-6-sol": ("GPT-6 Sol", (0, 155, 0)),
    "gpt-5.5": ("GPT-5.5", (0, 99, 0)),
    "gpt-5.4-mini": ("GPT-5.4 Mini", (0, 99, 0)),
}

_EFFORTS = ("low", "medium", "high", "xhigh")


def list_models(call: Call, account: AccountState) -> Answer:
    """`GET …/codex/models?client_version=x.y.z`: what this version and this account may use."""
    version = _version(parse_qs(call.query).get("client_version", [""])[-1])
    entries = [
        _entry(slug, priority)
        for priority, slug in enumerate(MODELS)
        if version >= MODELS[slug][1] and account.serves(slug)
    ]
    etag = blake2b(orjson.dumps(entries), digest_size=8).hexdigest()
    return json_answer(200, {"models": entries}, [("etag", f'W/"{etag}"')])


def _entry(slug: str, priority: int) -> Json:
    name, since = MODELS[slug]
    return {
        "slug": slug,
        "display_name": name,
        "description": "A simulated model.",
        "default_reasoning_level": "medium",
        "supported_reasoning_levels": [{"effort": effort, "description": effort} for effort in _EFFORTS],
        "shell_type": "shell_command",
        "visibility": "list",
        "minimal_client_version": ".".join(map(str, since)),
        "supported_in_api": True,
        "priority": priority,
        "upgrade": None,
        "base_instructions": "You are Codex, a coding agent.",
        "model_messages": None,
        "supports_reasoning_summaries": True,
        "default_reasoning_summary": "auto",
        "support_verbosity": True,
        "default_verbosity": "low",
        "apply_patch_tool_type": "freeform",
        "web_search_tool_type": "text",
        "truncation_policy": {"mode": "tokens", "limit": 10_000},
        "supports_parallel_tool_calls": True,
        "supports_image_detail_original": False,
        "context_window": 272_000,
        "max_context_window": 272_000,
        "auto_compact_token_limit": None,
        "effective_context_window_percent": 95,
        "experimental_supported_tools": [],
        "input_modalities": ["text", "image"],
        "prefer_websockets": False,
        "use_responses_lite": False,
        "tool_mode": None,
        "multi_agent_version": None,
        "available_in_plans": ["plus", "pro", "business", "enterprise"],
        "availability_nux": None,
    }


def _version(text: str) -> tuple[int, ...]:
    parts = text.split("-")[0].split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else (0,)
