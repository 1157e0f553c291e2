"""What Gemini refuses in `generationConfig`, which differs from model to model. The body has been through `parse`."""

from collections.abc import Iterator

from router_core.simulator.call import Json
from router_core.simulator.gemini_models import OUTPUT_LIMIT, generation, thinking_of
from router_core.simulator.gemini_rules import schema_problems

MAX_STOP_SEQUENCES = 5
MAX_CANDIDATES = 8
JSON = "application/json"
_MIME_TYPES = ("", "text/plain", JSON, "text/x.enum")


def config_problem(body: Json, model: str) -> str | None:
    """The first answer that a body's `generationConfig` gets for this model, None when all is well."""
    config = body.get("generationConfig") or {}
    found = [f"* GenerateContentRequest.generation_config.{text}\n" for text in _validator(config)]
    if found:
        return "".join(found)
    return next(_limits(body, config, model), None) or next(_thinking(config.get("thinkingConfig") or {}, model), None)


def _validator(config: Json) -> Iterator[str]:
    if len(config.get("stopSequences") or []) > MAX_STOP_SEQUENCES:
        yield f"stop_sequences: the number of stop_sequences must not exceed {MAX_STOP_SEQUENCES}"
    if "" in (config.get("stopSequences") or []):
        yield "stop_sequences: stop sequences must not be empty"
    for name, shown, low, high in (("temperature", "temperature", 0, 2), ("topP", "top_p", 0, 1)):
        if name in config and not low <= config[name] <= high:
            yield f"{shown}: {shown} must be in the range [{low:.1f}, {high:.1f}]."
    if config.get("topK", 1) < 1:
        yield "top_k: top_k must be positive."
    if config.get("maxOutputTokens", 1) < 1:
        yield "max_output_tokens: max_output_tokens must be positive."
    if not 1 <= config.get("candidateCount", 1) <= MAX_CANDIDATES:
        yield f"candidate_count: candidate_count must be in the range [1, {MAX_CANDIDATES}]."
    mime = config.get("responseMimeType", "")
    if mime not in _MIME_TYPES:
        yield "response_mime_type: allowed mimetypes are `text/plain`, `application/json` and `text/x.enum`."
    for name, shown in (("responseSchema", "response_schema"), ("responseJsonSchema", "response_json_schema")):
        if name in config and mime not in (JSON, "text/x.enum"):
            yield f"{shown}: only allowed when response_mime_type is `application/json`."
    if "responseSchema" in config and "responseJsonSchema" in config:
        yield "response_schema: only one of response_schema and response_json_schema can be set."
    if "responseSchema" in config:
        yield from schema_problems(config["responseSchema"], "response_schema")


def _limits(body: Json, config: Json, model: str) -> Iterator[str]:
    wanted = config.get("maxOutputTokens", 1)
    if wanted > OUTPUT_LIMIT:
        yield (
            f"Unable to submit request because it has a maxOutputTokens value of {wanted} but the supported range is "
            f"from 1 (inclusive) to {OUTPUT_LIMIT + 1} (exclusive). Update the value and try again."
        )
    if config.get("candidateCount", 1) > 1 and generation(model) >= (3, 0):
        yield "Multiple candidates is not enabled for this model"
    if config.get("presencePenalty") or config.get("frequencyPenalty"):
        yield "Penalty is not enabled for this model"
    if config.get("responseLogprobs") or "logprobs" in config:
        yield f"Logprobs is not enabled for models/{model}"
    if set(config.get("responseModalities") or ["TEXT"]) != {"TEXT"}:
        yield "The requested combination of response modalities is not supported by the model."
    functions = any(tool.get("functionDeclarations") for tool in body.get("tools") or [])
    if functions and config.get("responseMimeType") == JSON and generation(model) < (3, 0):
        yield "Function calling with a response mime type: 'application/json' is unsupported"


def _thinking(config: Json, model: str) -> Iterator[str]:
    rules, budget, level = thinking_of(model), config.get("thinkingBudget"), config.get("thinkingLevel")
    if budget is not None and level is not None:
        yield "You can only set only one of thinking budget and thinking level."
    if level is not None and not rules.levels:
        yield "Thinking level is not supported for this model."
    if level is not None and level not in rules.levels:
        yield f"Thinking level {level} is not supported for this model."
    if budget is None:
        return
    if rules.budgets is None:
        yield "Thinking budget is not supported for this model. Please use thinking_level instead."
    elif budget == 0 and not rules.may_be_off:
        yield "Budget 0 is invalid. This model only works in thinking mode."
    elif budget not in (-1, 0) and not rules.budgets[0] <= budget <= rules.budgets[1]:
        low, high = rules.budgets
        yield f"The thinking budget {budget} is invalid. Please choose a value between {low} and {high}."
