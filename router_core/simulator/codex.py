"""The simulated ChatGPT Codex backend: which path does what."""

from hashlib import blake2b

from router_core.simulator.accounts import AccountState, WindowState
from router_core.simulator.answers import Answer, Refusal, json_answer, stream_answer
from router_core.simulator.call import Call, Headers, Json, UndecodableBody
from router_core.simulator.codex_models import list_models
from router_core.simulator.codex_rules import authenticate, check_body, check_compact_body
from router_core.simulator.jwt import account_id_of, read_claims
from router_core.simulator.openai import with_cached
from router_core.simulator.openai_errors import detail_answer, refuse_detail
from router_core.simulator.quota_headers import codex_headers
from router_core.simulator.responses_compact import compact_answer
from router_core.simulator.responses_prompt import input_items, read_prompt
from router_core.simulator.responses_rules import check_items, owner_of_encrypted
from router_core.simulator.responses_stream import output_items, response_frames, response_json
from router_core.simulator.world import World


def answer_codex(world: World, call: Call) -> Answer:
    """Answer one request as the Codex backend would."""
    try:
        return _route(world, call)
    except Refusal as refusal:
        return refusal.answer


def _route(world: World, call: Call) -> Answer:
    match call.method, call.path:
        case "POST", "/backend-api/codex/responses":
            return _responses(world, call)
        case "POST", "/backend-api/codex/responses/compact":
            return _compact(world, call)
        case "GET", "/backend-api/codex/responses" if call.header("upgrade").lower() == "websocket":
            return detail_answer(world, 426, "Upgrade Required")  # the CLI falls back to HTTP at once
        case "GET", "/backend-api/codex/models":
            return list_models(call, authenticate(world, call))
        case "GET", "/backend-api/wham/usage":
            return _usage(world, call, authenticate(world, call))
        case _, "/backend-api/codex/responses" | "/backend-api/codex/models" | "/backend-api/wham/usage":
            return detail_answer(world, 405, "Method Not Allowed")
        case _:
            return detail_answer(world, 404, "Not Found")


def _responses(world: World, call: Call) -> Answer:
    account = authenticate(world, call)
    try:
        body = call.json if call.body else None
    except UndecodableBody as error:
        raise refuse_detail(world, 400, f"Invalid body: {error}") from error
    if body is None:
        raise refuse_detail(world, 400, "Invalid JSON")
    check_body(world, account, body)
    items = input_items(body)
    check_items(world, items, account.token)
    full = account.exhausted(body["model"])
    if full:
        return usage_limit_reached(world, account, max(state.reset_at for state in full))
    reply, ids = world.reply(call, account, read_prompt(body, items))
    output = output_items(body, reply, ids, owner_of_encrypted(world, account.token))
    reply = with_cached(reply, account, body, [body.get("instructions"), body["input"][:1]])
    response = response_json(body, reply, ids, output, int(world.clock.now()))
    headers: Headers = [
        ("x-request-id", ids.make("req_")),
        ("openai-model", body["model"]),
        ("x-codex-turn-state", turn_state(account)),
        *codex_headers(account),
    ]
    return stream_answer(response_frames(response, reply, final_output=False), headers)


def _compact(world: World, call: Call) -> Answer:
    account = authenticate(world, call)
    body = call.json
    if body is None:
        raise refuse_detail(world, 400, "Invalid JSON")
    check_compact_body(world, account, body)
    full = account.exhausted(body["model"])
    if full:
        return usage_limit_reached(world, account, max(state.reset_at for state in full))
    answer = compact_answer(world, call, account, body, input_items(body))
    answer.headers += codex_headers(account)
    return answer


def turn_state(account: AccountState) -> str:
    """The sticky routing token of a turn; bound to the account."""
    return f"sim-{blake2b(account.token.encode(), digest_size=12).hexdigest()}"


def usage_limit_reached(
    world: World, account: AccountState | None, reset_at: float, error_type: str = "usage_limit_reached"
) -> Answer:
    """The 429 of a ChatGPT plan whose window is full."""
    error: Json = {
        "type": error_type,
        "message": "The usage limit has been reached",
        "plan_type": account.plan if account else "plus",
        "resets_at": round(reset_at),
        "resets_in_seconds": max(1, round(reset_at - world.clock.now())),
    }
    headers: Headers = [("x-request-id", world.refusal_id()), *(codex_headers(account) if account else [])]
    return json_answer(429, {"error": error}, headers)


def _usage(world: World, call: Call, account: AccountState) -> Answer:
    """`GET /backend-api/wham/usage`."""
    now = world.clock.now()
    claims = read_claims(account.token) or {}
    windows: list[WindowState | None] = [*account.windows[:2], None, None][:2]
    reached = any(window is not None and window.exhausted for window in windows)
    payload: Json = {
        "user_id": f"user-{account_id_of(claims)}",
        "account_id": account_id_of(claims),
        "email": claims.get("email"),
        "plan_type": account.plan,
        "rate_limit": {
            "allowed": not reached,
            "limit_reached": reached,
            "primary_window": _window(windows[0], now),
            "secondary_window": _window(windows[1], now),
        },
        "code_review_rate_limit": None,
        "additional_rate_limits": [],
        "credits": {"has_credits": False, "unlimited": False, "overage_limit_reached": False, "balance": "0"},
        "spend_control": {"reached": False},
        "rate_limit_reached_type": None,
        "rate_limit_reset_credits": {"available_count": 0},
        "promo": None,
    }
    return json_answer(200, payload, [("x-request-id", world.refusal_id())])


def _window(window: WindowState | None, now: float) -> Json | None:
    if window is None:
        return None
    return {
        "used_percent": round(min(window.used, 1.0) * 100, 1),
        "limit_window_seconds": round(window.spec.length_s),
        "reset_after_seconds": max(0, round(window.reset_at - now)),
        "reset_at": round(window.reset_at),
    }
