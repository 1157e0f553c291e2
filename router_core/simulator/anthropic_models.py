"""Anthropic's model list, and which names an account may use."""

from urllib.parse import parse_qs

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.anthropic_errors import anthropic_error
from router_core.simulator.anthropic_rules import generation
from router_core.simulator.call import Call, Json
from router_core.simulator.world import World

MODELS = {
    "claude-opus-5-5": ("Claude Opus 5.5", "2026-09-30T00:00:00Z"),
    "claude-sonnet-5-5": ("Claude Sonnet 5.5", "2026-09-30T00:00:00Z"),
    "claude-fable-5": ("Claude Fable 5", "2026-06-10T00:00:00Z"),
    "claude-opus-5": ("Claude Opus 5", "2026-05-20T00:00:00Z"),
    "claude-sonnet-5": ("Claude Sonnet 5", "2026-05-20T00:00:00Z"),
    "claude-opus-4-8": ("Claude Opus 4.8", "2026-03-12T00:00:00Z"),
    "claude-sonnet-4-6": ("Claude Sonnet 4.6", "2026-02-10T00:00:00Z"),
    "claude-opus-4-5-20251101": ("Claude Opus 4.5", "2025-11-01T00:00:00Z"),
    "claude-haiku-4-5-20251001": ("Claude Haiku 4.5", "2025-10-01T00:00:00Z"),
    "claude-sonnet-4-5-20250929": ("Claude Sonnet 4.5", "2025-09-29T00:00:00Z"),
}


def serves(account: AccountState, model: str) -> bool:
    """Any name of the family unless the account lists its own: new models must not need a new simulator."""
    return account.serves(model) and (bool(account.spec.models) or model.startswith("claude-"))


def list_models(world: World, call: Call, account: AccountState) -> Answer:
    """`GET /v1/models`, with `limit`, `after_id` and `before_id`."""
    query = {name: values[-1] for name, values in parse_qs(call.query).items()}
    limit = query.get("limit", "20")
    if not limit.isdecimal() or not 1 <= int(limit) <= 1000:
        return anthropic_error(world, 400, "limit: Input should be between 1 and 1000")
    ids = account.spec.models or list(MODELS)
    if query.get("after_id") in ids:
        ids = ids[ids.index(query["after_id"]) + 1 :]
    if query.get("before_id") in ids:
        ids = ids[: ids.index(query["before_id"])]
    page = ids[: int(limit)]
    payload = {
        "data": [_entry(model) for model in page],
        "has_more": len(page) < len(ids),
        "first_id": page[0] if page else None,
        "last_id": page[-1] if page else None,
    }
    return json_answer(200, payload, [("request-id", world.refusal_id())])


def one_model(world: World, model: str, account: AccountState) -> Answer:
    """`GET /v1/models/{id}`."""
    if model not in (account.spec.models or MODELS):
        return anthropic_error(world, 404, f"model: {model}")
    return json_answer(200, _entry(model), [("request-id", world.refusal_id())])


def _entry(model: str) -> Json:
    name, created_at = MODELS.get(model, (model, "2026-01-01T00:00:00Z"))
    old = generation(model) <= (4, 5)
    return {
        "type": "model",
        "id": model,
        "display_name": name,
        "created_at": created_at,
        "max_input_tokens": 200_000 if old else 1_000_000,
        "max_tokens": 64_000 if old else 128_000,
        "capabilities": _capabilities(generation(model)),
    }


def _capabilities(version: tuple[int, int]) -> Json:
    def has(supported: bool) -> Json:
        return {"supported": supported}

    efforts = {name: has(version >= (4, 6)) for name in ("low", "medium", "high", "xhigh", "max")}
    edits = ("clear_thinking_20251015", "clear_tool_uses_20250919", "compact_20260112")
    thinking = {"adaptive": has(version >= (4, 6)), "enabled": has(version <= (4, 6))}
    return {
        **{name: has(True) for name in ("batch", "citations", "code_execution", "image_input", "pdf_input")},
        "context_management": {**has(True), **{name: has(True) for name in edits}},
        "effort": {**has(version >= (4, 6)), **efforts},
        "structured_outputs": has(version >= (4, 5)),
        "thinking": {**has(True), "types": thinking},
    }
