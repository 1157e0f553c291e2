"""The simulated API of GitHub Copilot: three formats under one roof, each model at some of them only.

The login and its short-lived tokens are oauth_github.py's. Nothing is kept between requests: an id of an earlier
response is not known here (assumed; editors send the whole conversation).
"""

import orjson

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, Frame, Refusal, data_frame, json_answer, stream_answer
from router_core.simulator.anthropic_auth import betas
from router_core.simulator.anthropic_messages import content_of, message_frames, message_json, usage_of
from router_core.simulator.anthropic_messages import read_prompt as read_messages_prompt
from router_core.simulator.anthropic_rules import problem_in_message_request
from router_core.simulator.call import Call, Headers, Json
from router_core.simulator.chat_dialects import check_dialect
from router_core.simulator.copilot_models import CHAT, MESSAGES, RESPONSES, listed
from router_core.simulator.copilot_quota import charge_premium, copilot_headers, exhausted_answer, user_answer
from router_core.simulator.copilot_rules import authenticate, check, copilot_error, model_of, refuse
from router_core.simulator.ids import IdSource
from router_core.simulator.oauth_github import API_PREFIX
from router_core.simulator.openai_chat import completion_frames, completion_json
from router_core.simulator.openai_chat import read_prompt as read_chat_prompt
from router_core.simulator.openai_rules import is_model
from router_core.simulator.replies import Prompt, Reply
from router_core.simulator.responses_body_rules import responses_problem
from router_core.simulator.responses_prompt import input_items
from router_core.simulator.responses_prompt import read_prompt as read_responses_prompt
from router_core.simulator.responses_rules import check_items, owner_of_encrypted
from router_core.simulator.responses_stream import output_items, response_frames, response_json
from router_core.simulator.world import World

PREFIX = API_PREFIX
USER_PATH = "/copilot_internal/user"


def answer_copilot(world: World, call: Call) -> Answer:
    """Answer one request as Copilot would."""
    try:
        return _route(world, call)
    except Refusal as refusal:
        return refusal.answer


def _route(world: World, call: Call) -> Answer:
    if call.method == "GET" and call.path == USER_PATH:
        return user_answer(world, call)
    match call.method, call.path.removeprefix(PREFIX):
        case "GET", "/models":
            return json_answer(200, {"object": "list", "data": listed(authenticate(world, call))})
        case "POST", "/chat/completions":
            return _chat(world, call)
        case "POST", "/responses":
            return _responses(world, call)
        case "POST", "/v1/messages":
            return _messages(world, call)
        case _:
            return Answer(404, [("content-type", "text/plain; charset=utf-8")], b"404 page not found\n")


def _entered(world: World, call: Call, endpoint: str) -> tuple[AccountState, Json]:
    account = authenticate(world, call)
    body = call.json
    if body is None:
        raise refuse(world, 400, "failed to parse request", "invalid_request_body")
    model_of(world, account, body, endpoint)
    check(world, call, body, endpoint)
    return account, body


def _reply(world: World, call: Call, account: AccountState, body: Json, endpoint: str, prompt: Prompt) -> "_Replied":
    model = model_of(world, account, body, endpoint)
    if full := exhausted_answer(world, account, model):
        raise Refusal(full)
    reply, ids = world.reply(call, account, prompt)
    charge_premium(call, account, model)
    return reply, ids, [("x-github-request-id", ids.make("")), *copilot_headers(account)]


type _Replied = tuple[Reply, IdSource, Headers]


def _chat(world: World, call: Call) -> Answer:
    account, body = _entered(world, call, CHAT)
    judged = body if is_model(body["model"]) else {**body, "model": "simulated-other"}
    if problem := check_dialect(world, judged):
        return copilot_error(world, problem.status, problem.message, problem.code or "invalid_request_body")
    reply, ids, headers = _reply(world, call, account, body, CHAT, read_chat_prompt(call, body))
    created = int(world.clock.now())
    if body.get("stream"):
        return stream_answer(_split_frames(completion_frames(body, reply, ids, created)), headers)
    return json_answer(200, _split_choices(completion_json(body, reply, ids, created)), headers)


def _split_choices(completion: Json) -> Json:
    """Words and calls of one answer in two choices, both of index 0; and no `object`."""
    del completion["object"]
    choices: list[Json] = []
    for choice in completion["choices"]:
        calls = choice["message"].pop("tool_calls", None)
        if choice["message"].get("content") or not calls:
            choices.append(choice)
        if calls:
            choices.append({**choice, "message": {"role": "assistant", "content": None, "tool_calls": calls}})
    return {**completion, "choices": choices}


def _split_frames(frames: list[Frame]) -> list[Frame]:
    """The chunks as Copilot writes them: the first one empty but for its filter's results, calls as a second choice."""
    out: list[Frame] = []
    said = False
    for frame in frames:
        if frame.data.startswith(b"data: [DONE]"):
            out.append(frame)
            continue
        chunk = orjson.loads(frame.data.removeprefix(b"data: "))
        if not out:
            first = {"id": chunk["id"], "created": chunk["created"], "model": chunk["model"]}
            out.append(data_frame({**first, "choices": [], "prompt_filter_results": []}, "preamble"))
        del chunk["object"]
        choices = chunk["choices"]
        if choices and choices[0]["delta"].get("content"):
            said = True
        if choices and choices[0]["delta"].get("tool_calls") and said:
            chunk["choices"] = [{"index": 0, "delta": {"content": ""}, "finish_reason": None}, *choices]
        out.append(data_frame(chunk, frame.kind))
    return out


def _responses(world: World, call: Call) -> Answer:
    account, body = _entered(world, call, RESPONSES)
    if body.get("previous_response_id") is not None:
        text = "previous_response_id is not supported"
        return copilot_error(world, 400, text, "invalid_request_body")
    if problem := responses_problem(body):
        return copilot_error(world, problem.status, problem.message, problem.code or "invalid_request_body")
    items = input_items(body)
    check_items(world, items, account.token)
    reply, ids, headers = _reply(world, call, account, body, RESPONSES, read_responses_prompt(body, items))
    output = output_items(body, reply, ids, owner_of_encrypted(world, account.token))
    response = response_json(body, reply, ids, output, int(world.clock.now()))
    if body.get("stream"):
        return stream_answer(response_frames(response, reply, final_output=True), headers)
    return json_answer(200, response, headers)


def _messages(world: World, call: Call) -> Answer:
    account, body = _entered(world, call, MESSAGES)
    if not call.header("anthropic-version"):
        return copilot_error(world, 400, "anthropic-version: header is required", "invalid_request_body")
    if problem := problem_in_message_request(body, betas(call)):
        return copilot_error(world, 400, problem, "invalid_request_body")
    reply, ids, headers = _reply(world, call, account, body, MESSAGES, read_messages_prompt(body))
    content = content_of(reply, ids, (body.get("thinking") or {}).get("display") != "omitted")
    world.remember_thinking(content)
    message = message_json(reply, ids, body["model"], content, usage_of(reply))
    if body.get("stream"):
        return stream_answer(message_frames(reply, message), headers)
    return json_answer(200, message, headers)
