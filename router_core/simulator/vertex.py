"""The simulated Vertex AI (`aiplatform.googleapis.com/v1/…`): Gemini in its own format, Claude in Anthropic's.

The path names project, region, publisher and model. An API key (express mode) brings its project along and is for
Google's models only.
"""

import re
from dataclasses import replace
from urllib.parse import parse_qs

from router_core.simulator import anthropic, gemini
from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, Refusal, json_answer
from router_core.simulator.anthropic_errors import anthropic_error
from router_core.simulator.anthropic_models import MODELS as CLAUDE_MODELS
from router_core.simulator.call import Call, Json
from router_core.simulator.gemini_auth import authenticate
from router_core.simulator.gemini_errors import gemini_error, refuse_gemini
from router_core.simulator.gemini_models import MODELS as GEMINI_MODELS
from router_core.simulator.world import World

VERSION = "vertex-2023-10-16"
BETAS = ("interleaved-thinking-", "context-1m-", "context-management-", "computer-use-", "web-search-", "claude-code-",
         "tool-search-tool-", "token-efficient-tools-", "output-128k-", "compact-")  # fmt: skip

_CALL = re.compile(
    r"/v1(?:beta1)?/(?:projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/)?"
    r"publishers/(?P<publisher>google|anthropic)/models/(?P<model>[^/:]+):(?P<verb>\w+)"
)
_LIST = re.compile(r"/v1beta1/publishers/(google|anthropic)/models")
_CLAUDE = re.compile(r"(claude-[a-z0-9-]+?)(?:@(20\d{6}|default|latest))?")
_DATE = re.compile(r"-20\d{6}$")
_REGIONS = re.compile(r"global|us|eu|[a-z]+-[a-z]+\d+")


def is_vertex(path: str) -> bool:
    """A path of this service."""
    return path.startswith(("/v1/projects/", "/v1/publishers/", "/v1beta1/projects/", "/v1beta1/publishers/"))


def answer_vertex(world: World, call: Call) -> Answer:
    """Answer one request as Vertex AI would."""
    try:
        return _route(world, call)
    except Refusal as refusal:
        return gemini.in_array(call, refusal.answer)


def _route(world: World, call: Call) -> Answer:
    account = authenticate(world, call, ("vertex",))
    if call.method == "GET" and (listed := _LIST.fullmatch(call.path)):
        return _models(call, listed[1])
    found = _CALL.fullmatch(call.path)
    if found is None or call.method != "POST":
        return gemini_error(404, "Requested entity was not found.")
    _check_place(call, account, found)
    model, verb = found["model"], found["verb"]
    match found["publisher"], verb:
        case "google", "generateContent" | "streamGenerateContent":
            inner = _google(call, model, verb)
            answer = gemini.generate(world, inner, account, model)
            call.planned = inner.planned
            return answer
        case "google", "countTokens":
            if "generateContentRequest" in (call.json or {}):
                text = 'Invalid JSON payload received. Unknown name "generateContentRequest": Cannot find field.'
                raise refuse_gemini(400, text)
            return gemini.count(_google(call, model, verb), account, model)
        case "anthropic", "rawPredict" if model == "count-tokens":
            return _claude(world, call, account, "")
        case "anthropic", "rawPredict" | "streamRawPredict":
            return _claude(world, call, account, model)
        case _:
            return gemini_error(404, "Requested entity was not found.")


def _check_place(call: Call, account: AccountState, found: re.Match[str]) -> None:
    if found["project"] is None:
        if call.bearer or found["publisher"] == "anthropic":  # only an API key knows its project by itself
            raise refuse_gemini(404, "Requested entity was not found.")
        return
    if not call.bearer:
        text = "API keys are not supported by this API. Expected OAuth2 access token or other authentication"
        raise refuse_gemini(401, f"{text} credentials that assert a principal.")
    if not _REGIONS.fullmatch(found["location"]):
        raise refuse_gemini(400, f"Unsupported region for Vertex AI: {found['location']}")
    if found["project"] != account.project:
        resource = f"//aiplatform.googleapis.com/projects/{found['project']}/locations/{found['location']}"
        text = f"Permission 'aiplatform.endpoints.predict' denied on resource '{resource}' (or it may not exist)."
        raise refuse_gemini(403, text)


def _google(call: Call, model: str, verb: str) -> Call:
    if call.json is None:
        raise refuse_gemini(400, "Invalid JSON payload received. Unexpected token.")
    return call.behind(f"/v1beta/models/{model}:{verb}", call.query, call.json)


def _claude(world: World, call: Call, account: AccountState, model: str) -> Answer:
    """Anthropic's API behind Google's paths: version and betas stand in the body, the model in the path."""
    body = dict(call.json or {})
    counts = not model
    if counts:
        model = str(body.get("model") or "")
    elif "model" in body:
        raise _anthropic_refusal(world, "model: Extra inputs are not permitted")
    named = _CLAUDE.fullmatch(model)
    if named is None or _DATE.search(model):
        text = f"Publisher Model `publishers/anthropic/models/{model}` was not found or your project does not have"
        raise refuse_gemini(404, f"{text} access to it. Please ensure you are using a valid model version.")
    version = body.pop("anthropic_version", None)
    if version != VERSION and not counts:
        text = "anthropic_version: Field required" if version is None else f"anthropic_version: '{version}' is unknown"
        raise _anthropic_refusal(world, text)
    betas = body.pop("anthropic_beta", [])
    if not isinstance(betas, list):
        raise _anthropic_refusal(world, "anthropic_beta: Input should be a valid list")
    for beta in [*betas, *[value for value in call.header("anthropic-beta").split(",") if value]]:
        if not str(beta).startswith(BETAS):
            text = f"Unexpected value(s) `{beta}` for the `anthropic-beta` header. Please consult our documentation at"
            raise _anthropic_refusal(world, f"{text} docs.anthropic.com or try again without the header.")
    streams = call.path.endswith(":streamRawPredict")
    if bool(body.get("stream")) != streams and not counts:
        raise _anthropic_refusal(world, "stream: does not fit the method of the URL")
    name = f"{named[1]}-{named[2]}" if named[2] and named[2].isdecimal() else named[1]
    headers = [("anthropic-version", "2023-06-01"), ("anthropic-beta", ",".join(betas)), *_kept(call)]
    path = "/v1/messages/count_tokens" if counts else "/v1/messages"
    inner = call.behind(path, "", {**body, "model": name}, headers)
    answer = anthropic.answer_for(world, inner, account)
    call.planned = inner.planned
    own = [(key, value) for key, value in answer.headers if not key.startswith("anthropic-")]
    return replace(answer, headers=own)


def _kept(call: Call) -> list[tuple[str, str]]:
    return [pair for pair in call.headers if pair[0].lower() in ("user-agent", "authorization")]


def _anthropic_refusal(world: World, message: str) -> Refusal:
    return Refusal(anthropic_error(world, 400, message))


def _models(call: Call, publisher: str) -> Answer:
    """`GET /v1beta1/publishers/{publisher}/models`, paged."""
    names = [*CLAUDE_MODELS] if publisher == "anthropic" else [*GEMINI_MODELS]
    size = int(parse_qs(call.query).get("pageSize", ["100"])[-1])
    rows: list[Json] = [
        {"name": f"publishers/{publisher}/models/{_DATE.sub('', name)}", "versionId": "default", "launchStage": "GA"}
        for name in names[:size]
    ]
    return json_answer(200, {"publisherModels": rows})
