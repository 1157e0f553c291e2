"""The answer to `GET /v1/models` and its relatives: a list, one model, or "no such model", in the asking client's form.

Models are listed as `provider/model`, the way targets are written; a bare name finds the first provider that has it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs, unquote

from router_core.errors import WireError
from router_core.models.alias import listed_id, resolve_alias
from router_core.models.asking import ListFormat, asking_format, is_claude_code
from router_core.models.codex_entry import codex_entry
from router_core.models.entries import anthropic_entry, gemini_entry, openai_entry
from router_core.models.info import ModelInfo
from router_core.routing.auto.names import auto_of
from router_core.wire.json_bytes import json_bytes

__all__ = ["asking_format", "find_model", "list_etag", "models_answer", "render_list", "render_one", "resolve_alias"]

Json = dict[str, Any]
type Placed = Callable[[str], ModelInfo | None]
ANTHROPIC_PAGE, GEMINI_PAGE, LARGEST_PAGE = 20, 50, 1000


def models_answer(
    models: Sequence[ModelInfo],
    path: str,
    query: str,
    headers: Mapping[str, str],
    providers: Collection[str] = (),
    placed: Placed | None = None,
) -> tuple[int, Json]:
    """Status and body for `GET PATH?QUERY`, where PATH ends in `/models` or `/models/{id}`.

    Args:
        models: everything reachable, best first.
        path: as the client wrote it, percent-encoding included, without query.
        providers: their names in the config (see `resolve_alias`).
        placed: a name → the model that answers for it because a rule says so; None where it answers itself.
    """
    asking = asking_format(path, query, headers)
    for_claude_code = is_claude_code(headers)
    wanted = unquote(path.partition("/models")[2]).strip("/")
    if wanted:
        bare = wanted.removeprefix("models/")
        info = (placed(bare) if placed is not None else None) or find_model(models, wanted, providers)
        if info is None and models and auto_of(bare) is not None:
            info = auto_info(models, bare)
        if info is None:
            return 404, not_found(asking, wanted)
        return 200, render_one(info, asking, for_claude_code=for_claude_code)
    if asking == "openai" and models:  # where people choose from the list; Codex takes the first, Claude Code its own
        models = [*models, auto_info(models)]
    try:
        return 200, render_list(models, asking, query, for_claude_code=for_claude_code)
    except WireError as error:
        return error.status, _bad_request(asking, error)


def auto_info(models: Sequence[ModelInfo], name: str = "auto") -> ModelInfo:
    """`auto` as one of the models: what the largest can take, since it goes where there is room."""
    return ModelInfo(
        name,
        "",
        "Auto",
        "mitmrouter",
        context_window=max(info.context_window for info in models),
        max_output_tokens=max(info.max_output_tokens for info in models),
        input_modalities=tuple(sorted({modality for info in models for modality in info.input_modalities})),
        structured_output=any(info.structured_output for info in models),
    )


def find_model(models: Sequence[ModelInfo], name: str, providers: Collection[str] = ()) -> ModelInfo | None:
    """The model of this name: `provider/model`, an alias, or a bare model name (the first provider that has it)."""
    name = name.removeprefix("models/")
    name = resolve_alias(name, providers) or name
    return next((info for info in models if listed_id(info) == name), None) or next(
        (info for info in models if info.id == name), None
    )


def render_list(
    models: Sequence[ModelInfo], asking: ListFormat, query: str = "", *, for_claude_code: bool = False
) -> Json:
    """All models, or the page of them that the query asks for, in one client's form.

    Raises:
        WireError: 400, the query asks for a page that there cannot be.
    """
    asked = {name: values[-1] for name, values in parse_qs(query).items()}
    match asking:
        case "anthropic":
            return _anthropic_page(models, asked, for_claude_code)
        case "gemini":
            return _gemini_page(models, asked)
        case "openai":
            return {"object": "list", "data": [openai_entry(info) for info in models]}
        case "codex":  # `data` beside it: other programs that send a client_version read that
            # Where nobody has named a model Codex takes the first: it is to be one that it was made for.
            usual_first = sorted(models, key=lambda info: info.vendor != "openai")
            return {
                "models": [codex_entry(info, priority) for priority, info in enumerate(usual_first)],
                "object": "list",
                "data": [openai_entry(info) for info in usual_first],
            }


def render_one(info: ModelInfo, asking: ListFormat, *, for_claude_code: bool = False) -> Json:
    """One model in one client's form."""
    match asking:
        case "anthropic":
            return anthropic_entry(info, for_claude_code=for_claude_code)
        case "gemini":
            return gemini_entry(info)
        case "openai" | "codex":
            return openai_entry(info)


def not_found(asking: ListFormat, name: str) -> Json:
    """The body of a 404 for a model that nobody offers."""
    match asking:
        case "anthropic":
            return {"type": "error", "error": {"type": "not_found_error", "message": f"model: {name}"}}
        case "gemini":
            message = f"models/{name.removeprefix('models/')} is not found. List the models to see what is available."
            return {"error": {"code": 404, "message": message, "status": "NOT_FOUND"}}
        case "openai" | "codex":
            message = f"The model '{name}' does not exist or you do not have access to it."
            error = {"message": message, "type": "invalid_request_error", "param": "model", "code": "model_not_found"}
            return {"error": error}


def list_etag(body: Json) -> str:
    """A weak ETag: Codex keeps the catalogue as long as it stays the same."""
    return f'W/"{blake2b(json_bytes(body), digest_size=8).hexdigest()}"'


def _anthropic_page(models: Sequence[ModelInfo], asked: Mapping[str, str], for_claude_code: bool) -> Json:
    limit = _page_size(asked, "limit", ANTHROPIC_PAGE)
    if limit > LARGEST_PAGE:
        raise WireError("limit: Input should be between 1 and 1000", "limit")
    ids = [listed_id(info, for_claude_code=for_claude_code) for info in models]
    start, end = 0, len(ids)
    if after := asked.get("after_id"):
        start = _place(ids, after, "after_id") + 1
    if before := asked.get("before_id"):
        end = _place(ids, before, "before_id")
        start = max(start, end - limit)
        more = start > 0
    else:
        more = end - start > limit
        end = min(end, start + limit)
    entries = [anthropic_entry(info, for_claude_code=for_claude_code) for info in models[start:end]]
    return {
        "data": entries,
        "has_more": more,
        "first_id": entries[0]["id"] if entries else None,
        "last_id": entries[-1]["id"] if entries else None,
    }


def _place(ids: list[str], name: str, param: str) -> int:
    try:
        return ids.index(name)
    except ValueError:  # starting over instead would send a paging client round in circles
        raise WireError(f"{param}: no such model in the list: {name}", param) from None


def _gemini_page(models: Sequence[ModelInfo], asked: Mapping[str, str]) -> Json:
    size = min(_page_size(asked, "pageSize", GEMINI_PAGE), LARGEST_PAGE)
    token = asked.get("pageToken", "0")
    if not token.isdecimal() or len(token) > 9:
        raise WireError("Page token is not valid.", "pageToken")
    start = int(token)
    page: Json = {"models": [gemini_entry(info) for info in models[start : start + size]]}
    if start + size < len(models):
        page["nextPageToken"] = str(start + size)
    return page


def _page_size(asked: Mapping[str, str], param: str, default: int) -> int:
    text = asked.get(param, "")
    if not text or (param == "pageSize" and text == "0"):  # protobuf's zero is "not given"
        return default
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise WireError(f"{param}: Input should be between 1 and {LARGEST_PAGE}", param)
    return int(text)


def _bad_request(asking: ListFormat, error: WireError) -> Json:
    match asking:
        case "anthropic":
            return {"type": "error", "error": {"type": "invalid_request_error", "message": error.message}}
        case "gemini":
            return {"error": {"code": 400, "message": error.message, "status": "INVALID_ARGUMENT"}}
        case "openai" | "codex":
            refusal = {"message": error.message, "type": "invalid_request_error", "param": error.param, "code": None}
            return {"error": refusal}
