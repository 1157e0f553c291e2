"""The simulated Ollama: no key, only the models that were pulled, Chat Completions in the plain dialect.

It has one account, which nobody pays for: any credential, or none, is taken.
"""

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, Refusal, json_answer, stream_answer
from router_core.simulator.call import Call, Json
from router_core.simulator.chat_dialects import check_dialect
from router_core.simulator.openai_chat import completion_frames, completion_json, read_prompt
from router_core.simulator.script import Account
from router_core.simulator.world import World

PREFIX = "/ollama"
"""Stands for port 11434."""
PULLED = ("llama3.3", "qwen3-coder")


def answer_ollama(world: World, call: Call) -> Answer:
    """Answer one request as Ollama's OpenAI-compatible layer would."""
    try:
        match call.method, call.path.removeprefix(PREFIX):
            case "GET", "/v1/models":
                data = [{"id": name, "object": "model", "created": 1, "owned_by": "library"} for name in PULLED]
                return json_answer(200, {"object": "list", "data": data})
            case "POST", "/v1/chat/completions":
                return _chat(world, call)
            case _:
                return Answer(404, [("content-type", "text/plain")], b"404 page not found")
    except Refusal as refusal:
        return refusal.answer


def _chat(world: World, call: Call) -> Answer:
    body = call.json
    if body is None:
        return _error(400, "invalid request body", "invalid_request_error")
    name = body.get("model")
    if name not in PULLED:
        return _error(404, f'model "{name}" not found, try pulling it first', "api_error")
    if problem := check_dialect(world, {**body, "model": "simulated-local"}):
        return _error(problem.status, problem.message, "invalid_request_error")
    account = AccountState(Account(token="none", kind="openai"), [])  # noqa: S106 - it is the absence of one
    reply, ids = world.reply(call, account, read_prompt(call, body))
    if body.get("stream"):
        return stream_answer(completion_frames(body, reply, ids, int(world.clock.now())), [])
    return json_answer(200, completion_json(body, reply, ids, int(world.clock.now())))


def _error(status: int, message: str, error_type: str) -> Answer:
    payload: Json = {"message": message, "type": error_type, "param": None, "code": None}
    return json_answer(status, {"error": payload})
