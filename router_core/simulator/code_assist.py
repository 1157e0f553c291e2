"""The simulated Code Assist service (`cloudcode-pa.googleapis.com/v1internal:…`), as Gemini CLI and Antigravity use it.

It answers as the Gemini API does, with an envelope around request and answer. Without the envelope, the project, or
`alt=sse` nothing is served.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs

import orjson

from router_core.simulator import gemini
from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, Frame, Refusal, json_answer
from router_core.simulator.call import Call, Json
from router_core.simulator.code_assist_quota import (
    available_models,
    quota_buckets,
    quota_refusal,
    quota_summary,
    serves,
)
from router_core.simulator.code_assist_setup import load_code_assist, onboard_user, operation
from router_core.simulator.gemini_errors import bad_payload, gemini_error, refuse_gemini
from router_core.simulator.google_accounts import (
    authenticate_login,
    check_standing,
    code_assist_kinds,
    wrong_project,
)
from router_core.simulator.world import World

PREFIX = "/v1internal"
GENERATING = (f"{PREFIX}:generateContent", f"{PREFIX}:streamGenerateContent")

_FIELDS = frozenset({"model", "project", "user_prompt_id", "request", "enabled_credit_types"})
_ANTIGRAVITY_FIELDS = _FIELDS | {"userAgent", "requestType", "requestId"}
_REQUEST_TYPES = ("agent", "image_gen", "web_search", "checkpoint")
_SESSION = {"code-assist": "session_id", "antigravity": "sessionId"}
_REFUSED_OF_CLAUDE = frozenset({"minLength", "maxLength", "pattern", "minItems", "maxItems", "format", "default"})
_NUMBER = re.compile(r"-\d{1,19}")

type Method = Callable[[World, AccountState, Json], Answer]


def answer_code_assist(world: World, call: Call) -> Answer:
    """Answer one request as the service would."""
    try:
        return _route(world, call)
    except Refusal as refusal:
        return refusal.answer


def _route(world: World, call: Call) -> Answer:
    account = authenticate_login(world, call, code_assist_kinds(call))
    if call.method == "GET" and call.path.startswith(f"{PREFIX}/operations/"):
        return operation(world, account, call.path.removeprefix(f"{PREFIX}/"))
    method = call.path.removeprefix(f"{PREFIX}:")
    if call.method != "POST" or method == call.path:
        return gemini_error(404, "Requested entity was not found.")
    body = _body(call)
    simple: dict[str, Method] = {
        "loadCodeAssist": load_code_assist,
        "onboardUser": onboard_user,
        "retrieveUserQuota": quota_buckets,
        "retrieveUserQuotaSummary": quota_summary,
        "fetchAvailableModels": available_models,
    }
    if method in simple:
        return simple[method](world, account, body)
    check_standing(account)
    match method:
        case "generateContent" | "streamGenerateContent":
            return _generate(world, call, account, body)
        case "countTokens":
            return _count(call, account, body)
        case _:
            return gemini_error(404, f"Method not found: {method}")


def _body(call: Call) -> Json:
    if call.json is None:
        raise refuse_gemini(400, "Invalid JSON payload received. Root element must be a message.")
    return call.json


def _generate(world: World, call: Call, account: AccountState, body: Json) -> Answer:
    kind = account.spec.kind
    fields = _ANTIGRAVITY_FIELDS if kind == "antigravity" else _FIELDS
    _only(body, fields)
    model, request = body.get("model"), body.get("request")
    if not isinstance(request, dict):
        raise refuse_gemini(400, "Request contains an invalid argument.")
    if kind == "antigravity" and (
        body.get("userAgent") != "antigravity" or body.get("requestType") not in _REQUEST_TYPES
    ):
        raise refuse_gemini(400, "Request contains an invalid argument.")
    _check_project(account, body)
    if not isinstance(model, str) or not serves(account, model):
        raise refuse_gemini(404, "Requested entity was not found.")
    streams = call.path.endswith(":streamGenerateContent")
    if streams and parse_qs(call.query).get("alt") != ["sse"]:  # the array form is not what these clients ask for
        raise refuse_gemini(400, "Request contains an invalid argument.")
    request = dict(request)
    session = request.pop(_SESSION[kind], None) if kind in _SESSION else None
    if session is not None and kind == "antigravity" and not _NUMBER.fullmatch(str(session)):
        raise refuse_gemini(400, "Request contains an invalid argument.")
    if kind == "antigravity":
        _check_antigravity(request, model)
    if refusal := quota_refusal(world, account, model):
        raise refusal
    inner = _inner(call, model, "streamGenerateContent" if streams else "generateContent", request)
    try:
        answer = gemini.generate(world, inner, account, model)
    except Refusal as refusal:
        raise refusal if not model.startswith("claude") else _in_anthropics_words(refusal) from None
    call.planned = inner.planned
    return _wrapped(answer, call.digest.hex())


def _check_project(account: AccountState, body: Json) -> None:
    project = body.get("project")
    if not project:
        raise refuse_gemini(400, "Request contains an invalid argument.")
    if project != account.project:
        raise wrong_project(str(project))


def _check_antigravity(request: Json, model: str) -> None:
    """What that client never sends, and what Claude wants."""
    config = request.get("generationConfig") or {}
    claude = model.startswith("claude")
    thinking = config.get("thinkingConfig") or {}
    unfit = (
        "safetySettings" in request
        or not isinstance(request.get("systemInstruction", {}), dict)
        or ("maxOutputTokens" in config and not claude)
        or (claude and "thinkingLevel" in thinking)
        or (claude and thinking and thinking.get("thinkingBudget", 1024) < 1024 and thinking.get("includeThoughts"))
    )
    if unfit:
        raise refuse_gemini(400, "Request contains an invalid argument.")
    if claude:
        _check_schemas(request.get("tools") or [])
    mode = ((request.get("toolConfig") or {}).get("functionCallingConfig") or {}).get("mode")
    if claude and request.get("tools") and mode not in ("VALIDATED", "ANY", "NONE"):
        raise refuse_gemini(400, "Request contains an invalid argument.")


def _check_schemas(tools: list[Json]) -> None:
    """Claude's tools are checked ones there: a subset of JSON Schema, and every object has a property."""
    for number, declared in enumerate(item for tool in tools for item in tool.get("functionDeclarations") or []):
        where = f"tools.{number}.custom.input_schema"
        if "parameters" not in declared:
            raise _in_anthropics_words(refuse_gemini(400, f"{where}: Field required"))
        pending = [declared["parameters"]]
        while pending:
            schema = pending.pop()
            if refused := sorted(set(schema) & _REFUSED_OF_CLAUDE):
                raise _in_anthropics_words(refuse_gemini(400, f"{where}: {refused[0]} is not supported"))
            if str(schema.get("type", "")).lower() == "object" and not schema.get("properties"):
                raise _in_anthropics_words(refuse_gemini(400, f"{where}: an object needs properties"))
            inner = [*(schema.get("properties") or {}).values(), schema.get("items"), *(schema.get("anyOf") or [])]
            pending += [item for item in inner if isinstance(item, dict)]


def _count(call: Call, account: AccountState, body: Json) -> Answer:
    _only(body, frozenset({"request"}))
    request = body.get("request")
    if not isinstance(request, dict):
        raise refuse_gemini(400, "Request contains an invalid argument.")
    _only(request, frozenset({"model", "contents"}))
    model = str(request.get("model", ""))
    name = model.removeprefix("models/")
    if name == model or not serves(account, name):
        raise refuse_gemini(404, "Requested entity was not found.")
    inner = _inner(call, name, "countTokens", {"contents": request.get("contents")})
    answer = gemini.count(inner, account, name)
    return json_answer(200, {"totalTokens": orjson.loads(answer.body)["totalTokens"]})


def _only(body: Json, known: frozenset[str]) -> None:
    unknown = [name for name in body if name not in known]
    if unknown:
        text = f'Invalid JSON payload received. Unknown name "{unknown[0]}": Cannot find field.'
        raise Refusal(bad_payload([("", text)]))


def _inner(call: Call, model: str, verb: str, request: Json) -> Call:
    """The Gemini request in the envelope, as the Gemini API would get it."""
    return call.behind(f"/v1beta/models/{model}:{verb}", "alt=sse", request)


def _in_anthropics_words(refusal: Refusal) -> Refusal:
    """What Anthropic's API says of a request to Claude comes as JSON text inside the message."""
    error = orjson.loads(refusal.answer.body)["error"]
    inner = {"type": "error", "error": {"type": "invalid_request_error", "message": error["message"]}}
    return refuse_gemini(error["code"], orjson.dumps({**inner, "request_id": "req_vrtx_sim"}).decode())


def _wrapped(answer: Answer, trace: str) -> Answer:
    if answer.status >= 400:
        return answer
    if answer.frames is None:
        return json_answer(answer.status, {"response": orjson.loads(answer.body), "traceId": trace})
    return replace(answer, frames=[_wrapped_frame(frame, trace) for frame in answer.frames])


def _wrapped_frame(frame: Frame, trace: str) -> Frame:
    payload = orjson.loads(frame.data.removeprefix(b"data: "))
    return Frame(b"data: %s\r\n\r\n" % orjson.dumps({"response": payload, "traceId": trace}), frame.kind)
