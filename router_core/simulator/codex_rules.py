"""What the ChatGPT Codex backend refuses: who may call, and what may stand in a body.

It is stricter than the platform: no sampling settings, no stored state, always a stream; and it says so in
`{"detail": …}`. Read from several clients' sources and issue threads, 2026.
"""

from router_core.simulator.accounts import AccountState
from router_core.simulator.call import Call, Json
from router_core.simulator.jwt import account_id_of, read_claims
from router_core.simulator.openai_errors import refuse_detail, refuse_openai
from router_core.simulator.responses_body_rules import shared_problems
from router_core.simulator.responses_prompt import item_type
from router_core.simulator.world import World

_FIELDS_TEXT = (
    "model instructions input tools tool_choice parallel_tool_calls reasoning store stream include "
    "prompt_cache_key text service_tier client_metadata"
)
FIELDS = frozenset(_FIELDS_TEXT.split())

# `…/responses/compact` is asked once, not streamed, and keeps nothing: the fields that say so are not taken there.
NOT_FOR_COMPACTION = frozenset({"store", "stream", "text", "tool_choice", "client_metadata", "include"})

HOSTED_TOOLS = frozenset({"file_search", "code_interpreter", "computer_use", "computer_use_preview"})

ID_PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "custom_tool_call": "ctc",
    "web_search_call": "ws",
}


def authenticate(world: World, call: Call) -> AccountState:
    """Find the account behind a ChatGPT login, or raise the backend's 401 or 403."""
    token = call.bearer
    if not token:
        raise refuse_detail(world, 401, "Unauthorized")
    claims = read_claims(token)
    if claims is None:
        text = "Could not parse your authentication token. Please try signing in again."
        raise refuse_detail(world, 401, text)
    account = world.accounts.find(token, ("codex",), world.clock.now())
    if account is None:
        raise refuse_openai(world, 401, "Your authentication token is not known.", code="token_invalidated")
    if account.spec.revoked:
        text = "Your authentication token has been invalidated. Please try signing in again."
        raise refuse_openai(world, 401, text, code="token_invalidated")
    expires = claims.get("exp")
    if account.spec.expired or (isinstance(expires, int | float) and expires <= world.clock.now()):
        text = "Provided authentication token is expired. Please try signing in again."
        raise refuse_openai(world, 401, text, code="token_expired")
    named, owner = call.header("chatgpt-account-id"), account_id_of(claims)
    if not named:
        raise refuse_detail(world, 401, "Missing ChatGPT-Account-Id header")
    if named != owner:
        raise refuse_detail(world, 403, "ChatGPT-Account-Id does not belong to this token")
    return account


def check_body(world: World, account: AccountState, body: Json) -> None:
    """Refuse what the backend would refuse."""
    problem = _problem(account, body)
    if problem:
        raise refuse_detail(world, 400, problem)
    wrong = next(shared_problems(body), None)
    if wrong:
        raise refuse_openai(world, 400, wrong.message, code=wrong.code, param=wrong.param)
    for index, item in enumerate(body["input"]):
        prefix, item_id = ID_PREFIXES.get(item_type(item)), item.get("id")
        where = f"input[{index}].id"
        if prefix and isinstance(item_id, str) and not item_id.startswith(prefix):
            text = f"Invalid '{where}': '{item_id[:64]}'. Expected an ID that begins with '{prefix}'."
            raise refuse_openai(world, 400, text, code="invalid_value", param=where)
        if item.get("type") == "item_reference":
            text = f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false."
            raise refuse_openai(world, 404, text, param="input")


def check_compact_body(world: World, account: AccountState, body: Json) -> None:
    """The same for a request to compact a conversation."""
    for name in body:
        if name in NOT_FOR_COMPACTION:
            raise refuse_detail(world, 400, f"Unsupported parameter: {name}")
    check_body(world, account, {**body, "store": False, "stream": True})


def _problem(account: AccountState, body: Json) -> str | None:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        return "Model is required"
    for name in body:
        if name not in FIELDS:
            return f"Unsupported parameter: {name}"
    if not isinstance(body.get("input"), list):
        return "Input must be a list"
    items = [item for item in body["input"] if isinstance(item, dict)]
    if len(items) != len(body["input"]):
        return "Input items must be objects"
    # since 0.16x the CLI sends its instructions as developer messages and leaves the field out
    developer = any(item.get("role") == "developer" for item in items)
    if not isinstance(body.get("instructions"), str) and not developer:
        return "Instructions are required"
    if body.get("store") is not False:
        return "Store must be set to false"
    if body.get("stream") is not True:
        return "Stream must be set to true"
    if any(item.get("role") == "system" for item in items):
        return "System messages are not allowed"
    if body.get("service_tier") not in (None, "auto", "default", "priority", "fast"):
        return f"Unsupported service_tier: {body['service_tier']}"
    for tool in body.get("tools") or []:
        if tool.get("type") in HOSTED_TOOLS:
            return f"Unsupported tool type: {tool['type']}"
    if not account.serves(model) or not model.startswith(("gpt-", "codex-")):
        return f"The '{model}' model is not supported when using Codex with a ChatGPT account."
    return None
