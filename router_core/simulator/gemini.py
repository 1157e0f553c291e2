"""The simulated Gemini API (`generativelanguage.googleapis.com/v1beta`): which path does what."""

import re
from urllib.parse import parse_qs

import orjson

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, Refusal, json_answer, stream_answer
from router_core.simulator.call import Call, Json, UndecodableBody
from router_core.simulator.gemini_auth import authenticate
from router_core.simulator.gemini_config_rules import config_problem
from router_core.simulator.gemini_errors import (
    bad_payload,
    gemini_error,
    quota_exceeded,
    refuse_gemini,
    shown_delay_s,
    unknown_model,
)
from router_core.simulator.gemini_fields import parse
from router_core.simulator.gemini_models import INPUT_LIMIT, list_models, one_model, serves
from router_core.simulator.gemini_prompt import count_input, read_prompt, shows_thoughts
from router_core.simulator.gemini_reply import Outline, response_frames, response_json
from router_core.simulator.gemini_rules import content_problem
from router_core.simulator.gemini_signatures import mint, signature_problem
from router_core.simulator.openai import with_cached
from router_core.simulator.world import World

MAX_PAYLOAD_BYTES = 100 * 1024 * 1024

_METHOD = re.compile(r"/v1beta/models/([^/:]+):(\w+)")
_MODELS = "/v1beta/models"


def answer_gemini(world: World, call: Call) -> Answer:
    """Answer one request as the Gemini API would."""
    try:
        return _route(world, call)
    except Refusal as refusal:
        return in_array(call, refusal.answer)


def in_array(call: Call, answer: Answer) -> Answer:
    """An error as it is sent: a stream that is a JSON array has its error in one, too."""
    array = call.path.endswith(":streamGenerateContent") and not _is_sse(call)
    if array and answer.status >= 400 and answer.body.startswith(b"{"):
        answer.body = b"[" + answer.body + b"\n]\n"
    return answer


def _route(world: World, call: Call) -> Answer:
    account = authenticate(world, call)
    named = _METHOD.fullmatch(call.path)
    match call.method, named[2] if named else call.path:
        case "POST", "generateContent" | "streamGenerateContent" if named:
            return generate(world, call, account, named[1])
        case "POST", "countTokens" if named:
            return count(call, account, named[1])
        case "POST", method if named:
            raise Refusal(unknown_model(named[1], method))
        case "GET", path if path == _MODELS:
            return list_models(call, account)
        case "GET", path if path.startswith(f"{_MODELS}/") and not named:
            return one_model(path.removeprefix(f"{_MODELS}/"), account)
        case _:
            return gemini_error(404, "Requested entity was not found.")


def _body(call: Call, message: str) -> Json:
    """The body, parsed. Raises Refusal."""
    if len(call.raw_body) > MAX_PAYLOAD_BYTES:
        raise refuse_gemini(400, f"Request payload size exceeds the limit: {MAX_PAYLOAD_BYTES} bytes.")
    try:
        value = orjson.loads(call.body) if call.body.strip() else {}
    except (orjson.JSONDecodeError, UndecodableBody) as error:
        raise refuse_gemini(400, f"Invalid JSON payload received. Unexpected token.\n{error}") from error
    if not isinstance(value, dict):
        raise refuse_gemini(400, "Invalid JSON payload received. Root element must be a message.")
    body, problems = parse(value, message)
    if problems:
        raise Refusal(bad_payload(problems))
    return body


def _check(body: Json, model: str) -> None:
    problem = content_problem(body, model) or config_problem(body, model)
    if problem:
        raise refuse_gemini(400, problem)


def generate(world: World, call: Call, account: AccountState, model: str) -> Answer:
    """`generateContent` and `streamGenerateContent` of a model that the path names."""
    streams = call.path.endswith(":streamGenerateContent")
    body = _body(call, "GenerateContentRequest")
    if not serves(account, model):
        raise Refusal(unknown_model(model, "streamGenerateContent" if streams else "generateContent"))
    _check(body, model)
    if problem := signature_problem(world, account.token, model, body["contents"]):
        raise refuse_gemini(400, problem)
    if body.get("cachedContent"):
        raise refuse_gemini(403, "CachedContent not found (or permission denied)")
    full = account.exhausted(model)
    if full:
        name, wait_s = full[0].spec.name, full[0].reset_at - world.clock.now()
        raise Refusal(quota_exceeded(name, model, shown_delay_s(name, wait_s), full[0].spec.capacity_tokens or None))
    prompt = read_prompt(body, model)
    if prompt.input_tokens > INPUT_LIMIT:
        text = f"The input token count ({prompt.input_tokens}) exceeds the maximum number of tokens allowed"
        raise refuse_gemini(400, f"{text} ({INPUT_LIMIT}).")
    reply, ids = world.reply(call, account, prompt)
    opening = [body.get("systemInstruction"), body["contents"][:1]]
    reply = with_cached(reply, account, {"model": model, "tools": body.get("tools")}, opening)
    outline = Outline(
        model,
        ids,
        mint(world, account.token, model, ids.seed),
        shows_thoughts(body, model),
        (body.get("generationConfig") or {}).get("candidateCount", 1),
    )
    if not streams:
        return json_answer(200, response_json(reply, outline))
    if _is_sse(call):
        return stream_answer(response_frames(reply, outline, sse=True), [])
    head = [("content-type", "application/json; charset=UTF-8")]
    return Answer(200, head, frames=response_frames(reply, outline, sse=False))


def count(call: Call, account: AccountState, model: str) -> Answer:
    """`countTokens`."""
    body = _body(call, "CountTokensRequest")
    if not serves(account, model):
        raise Refusal(unknown_model(model, "countTokens"))
    whole = body.get("generateContentRequest")
    if whole is not None and body.get("contents"):
        raise refuse_gemini(400, "Only one of contents and generate_content_request can be set.")
    counted = body if whole is None else whole
    _check(counted, model)
    tokens = count_input(counted)
    details = [{"modality": "TEXT", "tokenCount": tokens}]
    return json_answer(200, {"totalTokens": tokens, "promptTokensDetails": details})


def _is_sse(call: Call) -> bool:
    query = parse_qs(call.query)
    return "sse" in query.get("alt", []) or "sse" in query.get("$alt", [])
