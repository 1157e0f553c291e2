"""The simulated Anthropic API: which path does what."""

import re
from dataclasses import replace
from hashlib import blake2b

import orjson

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, Refusal, json_answer, stream_answer
from router_core.simulator.anthropic_auth import authenticate, betas, check_claude_code
from router_core.simulator.anthropic_errors import ORGANIZATION_ID, anthropic_error, refuse
from router_core.simulator.anthropic_messages import (
    MIN_CACHED_TOKENS,
    content_of,
    estimate_input_tokens,
    message_frames,
    message_json,
    read_prompt,
    usage_of,
)
from router_core.simulator.anthropic_models import list_models, one_model, serves
from router_core.simulator.anthropic_quota import exhausted_answer, profile_answer, usage_answer
from router_core.simulator.anthropic_rules import generation, problem_in_count_request, problem_in_message_request
from router_core.simulator.call import Call, Headers, Json, UndecodableBody
from router_core.simulator.quota_headers import quota_headers
from router_core.simulator.replies import Reply
from router_core.simulator.world import World, thinking_proofs

MAX_BODY_BYTES = 32 * 1024 * 1024

_ONE_HOUR = re.compile(rb'"ttl":"1h"')
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


def answer_anthropic(world: World, call: Call) -> Answer:
    """Answer one request as Anthropic would."""
    if call.path == "/api/hello":
        return Answer(200, [("content-type", "application/json")], b"" if call.method == "HEAD" else b'{"ok":true}')
    if len(call.raw_body) > MAX_BODY_BYTES:
        return too_large()
    try:
        return _route(world, call)
    except Refusal as refusal:
        return refusal.answer


def too_large() -> Answer:
    """Made by the CDN edge, hence another envelope than all other errors."""
    error = {"type": "request_too_large", "message": "Request exceeds the maximum size"}
    return json_answer(413, {"error": error})


def _route(world: World, call: Call) -> Answer:
    match call.method, call.path:
        case "POST", "/v1/messages":
            return _messages(world, call, _entered(world, call))
        case "POST", "/v1/messages/count_tokens":
            return _count(world, call, _entered(world, call))
        case "GET", "/v1/models":
            return list_models(world, call, _entered(world, call))
        case "GET", path if path.startswith("/v1/models/"):
            return one_model(world, path.removeprefix("/v1/models/"), _entered(world, call))
        case "GET", "/api/oauth/usage":
            return usage_answer(world, call, authenticate(world, call))
        case "GET", "/api/oauth/profile":
            return profile_answer(world, authenticate(world, call))
        case _, "/v1/messages" | "/v1/messages/count_tokens" | "/v1/models":
            return anthropic_error(world, 405, "Method Not Allowed")
        case _:
            return anthropic_error(world, 404, "Not Found")


def _entered(world: World, call: Call) -> AccountState:
    account = authenticate(world, call)
    if not _DATE.match(call.header("anthropic-version")):
        raise refuse(world, 400, "anthropic-version: header is required")
    return account


def _body(world: World, call: Call) -> Json:
    try:
        decoded = call.body
    except UndecodableBody as error:
        raise refuse(world, 400, f"The request body could not be decoded: {error}") from error
    if len(decoded) > MAX_BODY_BYTES:
        raise Refusal(too_large())
    if call.json is None:
        raise refuse(world, 400, "The request body is not valid JSON")
    return call.json


def answer_for(world: World, call: Call, account: AccountState) -> Answer:
    """The same for an account that somebody else has let in: Claude on Google Cloud."""
    try:
        return (_count if call.path.endswith("/count_tokens") else _messages)(world, call, account)
    except Refusal as refusal:
        return refusal.answer


def _messages(world: World, call: Call, account: AccountState) -> Answer:
    body = _body(world, call)
    problem = problem_in_message_request(body, betas(call))
    if problem:
        raise refuse(world, 400, problem)
    model = body["model"]
    if not serves(account, model):
        raise refuse(world, 404, f"model: {model}")
    check_claude_code(world, call, account, body)
    _check_kept_thinking(world, body["messages"])
    tokens, window = estimate_input_tokens(body), _context_window(model, betas(call))
    if tokens > window:
        raise refuse(world, 400, f"prompt is too long: {tokens} tokens > {window} maximum")
    full = account.exhausted(model)
    if full:
        return exhausted_answer(world, account, tuple(state.spec.name for state in full))
    reply, ids = world.reply(call, account, read_prompt(body))
    if not reply.plans_cache:
        reply = _with_cache_use(call, account, body, reply)
    content = content_of(reply, ids, (body.get("thinking") or {}).get("display") != "omitted")
    world.remember_thinking(content)
    usage = usage_of(reply)
    message = message_json(reply, ids, model, content, usage)
    headers: Headers = [
        ("request-id", ids.make("req_")),
        ("anthropic-organization-id", ORGANIZATION_ID),
        *quota_headers(account, world.clock.now()),
    ]
    if body.get("stream"):
        return stream_answer(message_frames(reply, message), headers)
    return json_answer(200, message, headers)


def _check_kept_thinking(world: World, messages: list[Json]) -> None:
    """The turn that waits for results must come back with all of its thinking, or with none."""
    at = next((i for i in range(len(messages) - 1, -1, -1) if messages[i]["role"] == "assistant"), None)
    content = messages[at]["content"] if at is not None else None
    if at is None or at == len(messages) - 1 or not isinstance(content, list):
        return
    kept = thinking_proofs(content)
    for position, block in enumerate(content):
        known = world.thinking_of.get(block.get("id", ""))
        if block["type"] == "tool_use" and known is not None and kept and kept != known:
            text = (
                f"messages.{at}.content.{position}: `thinking` or `redacted_thinking` blocks in the latest assistant "
                "message cannot be modified. These blocks must remain as they were in the original response."
            )
            raise refuse(world, 400, text)


def _count(world: World, call: Call, account: AccountState) -> Answer:
    body = _body(world, call)
    problem = problem_in_count_request(body, betas(call))
    if problem:
        raise refuse(world, 400, problem)
    if not serves(account, body["model"]):
        raise refuse(world, 404, f"model: {body['model']}")
    return json_answer(200, {"input_tokens": estimate_input_tokens(body)}, [("request-id", world.refusal_id())])


def _context_window(model: str, flags: list[str]) -> int:
    wide = generation(model) >= (4, 6) or any(flag.startswith("context-1m-") for flag in flags)
    return 1_000_000 if wide else 200_000


def _with_cache_use(call: Call, account: AccountState, body: Json, reply: Reply) -> Reply:
    """With the tokens read from and written to the prompt cache: tools and system, when marked and long enough.

    The cache belongs to the account, so that a conversation that changes accounts shows it in its usage.
    """
    if b'"cache_control"' not in call.body:
        return reply
    prefix = orjson.dumps([body["model"], body.get("tools"), body.get("system")])
    tokens = min(len(prefix) // 4, reply.input_tokens - 1)
    if tokens < MIN_CACHED_TOKENS:
        return reply
    if account.is_cached(blake2b(prefix, digest_size=16).digest()):
        return replace(reply, cache_read_tokens=tokens)
    if _ONE_HOUR.search(prefix):
        return replace(reply, cache_write_1h_tokens=tokens)
    return replace(reply, cache_write_tokens=tokens)
