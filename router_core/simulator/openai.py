"""The simulated OpenAI platform: which path does what."""

import math
from dataclasses import replace
from hashlib import blake2b

import orjson

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, Refusal, json_answer, stream_answer
from router_core.simulator.call import Call, Headers, Json, UndecodableBody
from router_core.simulator.chat_dialects import check_dialect, is_resold
from router_core.simulator.ids import IdSource
from router_core.simulator.openai_auth import authenticate
from router_core.simulator.openai_chat import charge, completion_frames, completion_json
from router_core.simulator.openai_chat import read_prompt as read_chat_prompt
from router_core.simulator.openai_errors import openai_error, refuse_openai
from router_core.simulator.openai_rules import Problem
from router_core.simulator.quota_headers import openai_headers
from router_core.simulator.replies import Reply
from router_core.simulator.responses_body_rules import responses_problem
from router_core.simulator.responses_compact import compact_answer
from router_core.simulator.responses_prompt import estimate_input_tokens, input_items, read_prompt
from router_core.simulator.responses_rules import check_items, owner_of_encrypted
from router_core.simulator.responses_stream import output_items, response_frames, response_json
from router_core.simulator.world import World

MODELS = ("gpt-6.2", "gpt-6.1-sol", "gpt-6-sol", "gpt-5.5", "gpt-5.4-mini", "gpt-5", "gpt-4.1", "gpt-4o-mini")

MIN_CACHED_TOKENS = 1024
BEFORE_USD = 1.25
"""What OpenRouter's account had used before."""


def answer_openai(world: World, call: Call) -> Answer:
    """Answer one request as the OpenAI platform would."""
    try:
        return _route(world, call)
    except Refusal as refusal:
        return refusal.answer


def _route(world: World, call: Call) -> Answer:
    match call.method, call.path:
        case "POST", "/v1/chat/completions":
            return _chat(world, call)
        case "POST", "/v1/responses":
            return _responses(world, call)
        case "POST", "/v1/responses/input_tokens":
            account, body = _entered(world, call)
            _check(world, account, body, responses_problem(body))
            counted = estimate_input_tokens(body, [*_history(world, body), *input_items(body)])
            return json_answer(200, {"object": "response.input_tokens", "input_tokens": counted})
        case "POST", "/v1/responses/compact":
            account, body = _entered(world, call)
            _check(world, account, body, responses_problem(body))
            return compact_answer(world, call, account, body, [*_history(world, body), *input_items(body)])
        case "GET", "/v1/responses" if call.header("upgrade").lower() == "websocket":
            return openai_error(world, 426, "WebSocket is not available here; use HTTP.", headers=[("upgrade", "h2c")])
        case "GET", "/v1/models":
            account = authenticate(world, call)
            return json_answer(200, {"object": "list", "data": [_model(m) for m in account.spec.models or MODELS]})
        case "GET", "/v1/key" | "/v1/credits":
            return _money(authenticate(world, call), call.path)
        case "GET", path if path.startswith("/v1/models/"):
            account, name = authenticate(world, call), path.removeprefix("/v1/models/")
            if name not in (account.spec.models or MODELS):
                raise refuse_openai(world, 404, f"The model '{name}' does not exist", code="model_not_found")
            return json_answer(200, _model(name))
        case method, path:
            return openai_error(world, 404, f"Invalid URL ({method} {path})")


def _entered(world: World, call: Call) -> tuple[AccountState, Json]:
    account = authenticate(world, call)
    try:
        body = call.json if call.body else None
    except UndecodableBody as error:
        raise refuse_openai(world, 400, f"The body could not be decoded: {error}") from error
    if body is None:
        raise refuse_openai(world, 400, "We could not parse the JSON body of your request.")
    return account, body


def _check(world: World, account: AccountState, body: Json, problem: Problem | None) -> None:
    if problem:
        raise refuse_openai(world, problem.status, problem.message, code=problem.code, param=problem.param)
    model = body["model"]
    if not account.serves(model):
        text = f"The model `{model}` does not exist or you do not have access to it."
        raise refuse_openai(world, 404, text, code="model_not_found")
    full = account.exhausted(model)
    if full:
        raise Refusal(rate_limited(world, account, full[0].spec.name, full[0].reset_at - world.clock.now(), model))


def rate_limited(world: World, account: AccountState | None, bucket: str, wait_s: float, model: str) -> Answer:
    """The 429 of a full per-minute bucket."""
    text = f"Rate limit reached for {model} on {bucket} per min. Please try again in {wait_s:.3g}s."
    headers: Headers = [("retry-after", str(max(1, math.ceil(wait_s)))), ("retry-after-ms", str(round(wait_s * 1000)))]
    if account is not None:
        headers += openai_headers(account, world.clock.now())
    return openai_error(world, 429, text, code="rate_limit_exceeded", error_type=bucket, headers=headers)


def _money(account: AccountState, path: str) -> Answer:
    """OpenRouter: what the key has cost, and the account, which has been used before."""
    spent = account.charged_usd
    if path == "/v1/credits":
        return json_answer(200, {"data": {"total_credits": 100, "total_usage": BEFORE_USD + spent}})
    told = {"label": "simulated", "limit": None, "limit_remaining": None, "usage": spent, "usage_daily": spent,
            "usage_weekly": spent, "usage_monthly": spent, "is_free_tier": False}  # fmt: skip
    return json_answer(200, {"data": told})


def _chat(world: World, call: Call) -> Answer:
    account, body = _entered(world, call)
    _check(world, account, body, check_dialect(world, body))
    reply, ids = world.reply(call, account, read_chat_prompt(call, body))
    reply, created = with_cached(reply, account, body, body["messages"][:1]), int(world.clock.now())
    headers = _headers(world, account, ids)
    if is_resold(body["model"]):
        account.charged_usd += charge(reply)
    if body.get("stream"):
        return stream_answer(completion_frames(body, reply, ids, created), headers)
    return json_answer(200, completion_json(body, reply, ids, created), headers)


def _responses(world: World, call: Call) -> Answer:
    account, body = _entered(world, call)
    _check(world, account, body, responses_problem(body))
    items = [*_history(world, body), *input_items(body)]
    check_items(world, items, account.token)
    reply, ids = world.reply(call, account, read_prompt(body, items))
    output = output_items(body, reply, ids, owner_of_encrypted(world, account.token))
    reply = with_cached(reply, account, body, body.get("instructions"))
    response = response_json(body, reply, ids, output, int(world.clock.now()))
    if body.get("store", True) is not False:
        world.store_response(response["id"], [*items, *output])
    if body.get("stream"):
        return stream_answer(response_frames(response, reply, final_output=True), _headers(world, account, ids))
    return json_answer(200, response, _headers(world, account, ids))


def _history(world: World, body: Json) -> list[Json]:
    previous = body.get("previous_response_id")
    if previous is None:
        return []
    items = world.stored_responses.get(previous)
    if items is None:
        text = f"Previous response with id '{previous}' not found."
        raise refuse_openai(world, 400, text, code="previous_response_not_found", param="previous_response_id")
    return items


def _headers(world: World, account: AccountState, ids: IdSource) -> Headers:
    now = world.clock.now()
    head = [("x-request-id", ids.make("req_")), ("openai-version", "2020-10-01"), ("openai-organization", "simulated")]
    return [*head, *openai_headers(account, now)]


def with_cached(reply: Reply, account: AccountState, body: Json, opening: object) -> Reply:
    """With its cached prompt tokens, unless planned: automatic for a repeated opening that is long enough."""
    prefix = orjson.dumps([body["model"], body.get("tools"), opening])
    tokens = min(len(prefix) // 4, reply.input_tokens - 1) // 128 * 128
    if reply.plans_cache or tokens < MIN_CACHED_TOKENS:
        return reply
    return replace(reply, cache_read_tokens=tokens) if account.is_cached(_digest(prefix)) else reply


def _digest(prefix: bytes) -> bytes:
    return blake2b(prefix, digest_size=16).digest()


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": 1_760_000_000, "owned_by": "system"}
