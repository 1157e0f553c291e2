"""Neutral settings → `generationConfig`, by the generation of the model.

What a Gemini client said in Gemini's own words (kept in the extras by the decoder) is said again as it stood; the rest
is derived. Google refuses several settings on current models (penalties, log probabilities, several candidates): from
a client of another format they are left out with a loss.
"""

from collections.abc import Callable
from typing import Any

from router_core.errors import WireError
from router_core.models.known import ModelInfo
from router_core.wire.effort import budget_of, effort_of, nearest
from router_core.wire.gemini.fields import dump, kept
from router_core.wire.gemini.generation import LEVELS_ONLY, WITH_JSON_SCHEMA, WITH_SIGNATURES, Generation
from router_core.wire.gemini.schema import to_openapi
from router_core.wire.model import JsonObject, Request, ThinkingSetting

MAX_STOP_SEQUENCES = 5
MAX_TEMPERATURE = 2.0
SEED_LIMIT = 2**31

type Lose = Callable[[str, str], None]


def generation_config(
    request: Request, generation: Generation, info: ModelInfo, lose: Lose, *, functions: bool
) -> JsonObject:
    """The `generationConfig` of a request.

    Args:
        lose: told what cannot be said: (path, reason).
        functions: the request declares functions.

    Raises:
        WireError: 400; several answers are asked for, and the client's format cannot have them from here.
    """
    said: JsonObject = kept(request.extras, "generationConfig")
    raw_thinking, raw_schema = said.pop("thinkingConfig", None), said.pop("responseSchema", None)
    out: JsonObject = {}
    _sampling(request, info, lose, out)
    if request.max_tokens is not None:
        limit = info.max_output_tokens
        if info.known and request.max_tokens > limit:
            lose("max_tokens", f"{request.max_tokens} is more than the model's {limit}")
        out["maxOutputTokens"] = min(request.max_tokens, limit) if info.known else request.max_tokens
    if stop := [word for word in request.stop if word][:MAX_STOP_SEQUENCES]:
        out["stopSequences"] = stop
    _refused_on_current(request, said, lose)
    _output(request, raw_schema, generation, lose, out, functions=functions)
    thinking = _thinking(request, raw_thinking, generation, info, lose)
    if thinking:
        out["thinkingConfig"] = thinking
    return {**out, **said}


def _sampling(request: Request, info: ModelInfo, lose: Lose, out: JsonObject) -> None:
    values: tuple[tuple[str, str, Any], ...] = (
        ("temperature", "temperature", request.temperature),
        ("top_p", "topP", request.top_p),
        ("top_k", "topK", request.top_k),
    )
    for path, name, value in values:
        if value is None:
            continue
        if not info.sampling:
            lose(path, "the model refuses sampling settings")
        elif path == "temperature" and value > MAX_TEMPERATURE:
            lose(path, f"at most {MAX_TEMPERATURE:g}")
            out[name] = MAX_TEMPERATURE
        elif path == "top_k" and value < 1:
            lose(path, "at least 1")
        else:
            out[name] = value
    if request.seed is not None:
        if -SEED_LIMIT <= request.seed < SEED_LIMIT:
            out["seed"] = request.seed
        else:  # the same number each time: what a seed is for
            out["seed"] = request.seed % SEED_LIMIT
            lose("seed", "a seed of 32 bits: shortened")


def _refused_on_current(request: Request, said: JsonObject, lose: Lose) -> None:
    if request.n > 1 and "candidateCount" not in said:
        raise WireError("'n': Gemini's answers are translated one at a time; ask with n = 1.", "n")
    for path, name, asked in (
        ("presence_penalty", "presencePenalty", bool(request.presence_penalty)),
        ("frequency_penalty", "frequencyPenalty", bool(request.frequency_penalty)),
        ("logprobs", "responseLogprobs", request.logprobs),
    ):
        if asked and name not in said:
            lose(path, "Gemini's current models refuse it")


def _output(
    request: Request, raw_schema: Any, generation: Generation, lose: Lose, out: JsonObject, *, functions: bool
) -> None:
    output = request.output
    if output is None:
        if raw_schema is not None:
            out["responseSchema"] = raw_schema
        return
    if functions and generation < WITH_SIGNATURES and not kept(request.extras, "generationConfig"):
        lose("output", "models before Gemini 3 take no response format beside functions: asked for in words")
        return
    out["responseMimeType"] = "application/json"
    if raw_schema is not None:
        out["responseSchema"] = raw_schema
    elif output.schema is not None:
        if generation >= WITH_JSON_SCHEMA:
            out["responseJsonSchema"] = output.schema
        else:
            out["responseSchema"] = to_openapi(output.schema)


def format_in_words(request: Request, config: JsonObject) -> str:
    """The instruction that stands for a response format which the model cannot be given; "" when it has been."""
    if request.output is None or "responseMimeType" in config:
        return ""
    if request.output.schema is None:
        return "Your final answer must be one JSON value and nothing else."
    schema = dump(request.output.schema, "output.schema")
    return f"Your final answer must be one JSON value and nothing else, and match this JSON Schema: {schema}"


def _thinking(request: Request, raw: Any, generation: Generation, info: ModelInfo, lose: Lose) -> JsonObject:
    setting = request.thinking
    if setting is None:
        return {}
    if isinstance(raw, dict) and _fits(raw, generation):
        return raw
    reasoning = info.reasoning
    if reasoning.mode == "none" and info.known:
        if setting.mode != "off":
            lose("thinking", "the model does not think")
        return {}
    out: JsonObject = {}
    by_level = reasoning.mode == "level" if info.known else generation >= WITH_SIGNATURES
    if by_level:
        _level(setting, info, lose, out)
    else:
        _budget(setting, request.max_tokens, info, lose, out)
    if setting.mode != "off" and setting.show != "omitted":
        out["includeThoughts"] = True
    return out


def _fits(raw: JsonObject, generation: Generation) -> bool:
    """Whether a Gemini client's own words are right for this model."""
    if generation >= LEVELS_ONLY:
        return "thinkingBudget" not in raw
    return generation >= WITH_SIGNATURES or "thinkingLevel" not in raw


def _level(setting: ThinkingSetting, info: ModelInfo, lose: Lose, out: JsonObject) -> None:
    wanted = effort_of(setting)
    if wanted is None:
        return
    efforts = info.reasoning.efforts or ("low", "medium", "high")
    level = nearest(wanted, efforts)
    if setting.mode == "off" and level != "none":
        lose("thinking", f"the model always thinks: level {level}")
    elif level != wanted and setting.effort is not None:
        lose("thinking.effort", f"{wanted} is not among its levels: {level}")
    out["thinkingLevel"] = level


def _budget(setting: ThinkingSetting, max_tokens: int | None, info: ModelInfo, lose: Lose, out: JsonObject) -> None:
    budget = budget_of(setting)
    if budget is None:
        out["thinkingBudget"] = -1
        return
    low, high = info.reasoning.budget_min or 0, info.reasoning.budget_max or budget
    if budget == 0 and not info.reasoning.always:
        out["thinkingBudget"] = 0
        return
    if setting.budget is None and max_tokens is not None:  # a word for it must not use up the whole answer
        budget = min(budget, max_tokens // 2)
    fitting = max(low, min(budget, high))
    if budget == 0:
        lose("thinking", f"the model always thinks: {fitting} tokens")
    elif fitting != budget and setting.budget is not None:
        lose("thinking.budget", f"{budget} is out of its range: {fitting}")
    out["thinkingBudget"] = fitting
