"""A provider's own model list, in whichever of the eight shapes it comes, as ModelInfo.

What the provider says of its models wins over what we know of them; what it leaves out comes from known.py. Shapes are
told apart by what an entry holds, not by the provider's kind: compatible servers answer in one another's shapes. A
broken entry is skipped, a broken answer is an error.

Shapes (read 2026-11): Anthropic `GET /v1/models`, OpenAI `GET /models`, Codex `{"models":[{"slug":…}]}`, Copilot
`/models`, Gemini `{"models":[{"name":"models/…"}]}`, OpenRouter (OpenAI's with `architecture`), Ollama `/api/tags`,
Code Assist `fetchAvailableModels`.
"""

import dataclasses
import datetime
import re
from collections.abc import Callable
from typing import Any

import orjson

from router_core.errors import WireError
from router_core.models.info import Effort, Endpoint, Modality, ModelInfo, ReasoningInfo
from router_core.models.known import LONGEST_NAME, model_info

MOST_MODELS = 5000
EFFORTS: tuple[Effort, ...] = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

# Models that no conversation can be held with.
_OTHER_TRADE = re.compile(
    r"embed|moderation|whisper|dall-e|^tts-|-tts\b|transcribe|realtime|^(chatgpt|gpt)-image|^sora|^babbage|^davinci"
    r"|^imagen|^veo|rerank|^text-|^aqa$"
)
_MODALITIES: dict[str, Modality] = {
    "text": "text",
    "image": "image",
    "file": "pdf",
    "pdf": "pdf",
    "audio": "audio",
    "video": "video",
}
_ENDPOINTS: dict[str, Endpoint] = {
    "/responses": "openai-responses",
    "/chat/completions": "openai-chat",
    "/v1/messages": "anthropic",
    "/messages": "anthropic",
}

_NOT_OPENAI_SHAPED = ("anthropic", "google")  # their own lists look different: here somebody else serves their models

Entry = dict[str, Any]


def parse_models(answer: object, provider: str) -> list[ModelInfo]:
    """The models that a provider lists, in its order, without those that cannot hold a conversation.

    Args:
        answer: its answer, parsed.
        provider: its name in the config.

    Raises:
        WireError: 502, the answer is no list of models.
    """
    found: dict[str, ModelInfo] = {}
    for entry in _entries(answer)[:MOST_MODELS]:
        info = _parse(entry, provider) if isinstance(entry, dict) else None
        if info is not None:
            found.setdefault(info.id, info)
    return list(found.values())


def _entries(answer: object) -> list[Any]:
    if isinstance(answer, list):  # some compatible servers
        return answer
    if isinstance(answer, dict):
        for key in ("models", "data"):  # an answer with both is Codex's, and `models` says more
            if isinstance(answer.get(key), list):
                entries: list[Any] = answer[key]
                return entries
    raise WireError("The provider's answer is no list of models.", status=502)


def _parse(entry: Entry, provider: str) -> ModelInfo | None:
    parse: Callable[[Entry, str], ModelInfo | None]
    if "slug" in entry:
        parse = _codex
    elif "id" not in entry and str(entry.get("name", "")).startswith(("models/", "publishers/", "tunedModels/")):
        parse = _gemini
    elif "maxTokens" in entry or "quotaInfo" in entry:
        parse = _code_assist
    elif entry.get("type") == "model" or "max_input_tokens" in entry:
        parse = _anthropic
    elif isinstance(entry.get("capabilities"), dict):
        parse = _copilot
    else:
        parse = _openai
    return parse(entry, provider)


def _known(name: object, provider: str) -> ModelInfo | None:
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or " " in name:
        return None
    if _OTHER_TRADE.search(name.lower().rpartition("/")[2]):
        return None
    return model_info(name, provider)


def _merged(info: ModelInfo, **own: Any) -> ModelInfo:
    """What the provider says wins; what it does not say (None, empty) stays as known."""
    said = {name: value for name, value in own.items() if value not in (None, "", ())}
    merged = dataclasses.replace(info, **said, basis="provider" if said else info.basis)
    # a host with a small window has our figure of a great output limit, and it cannot be both
    return dataclasses.replace(merged, max_output_tokens=min(merged.max_output_tokens, merged.context_window))


def _anthropic(entry: Entry, provider: str) -> ModelInfo | None:
    info = _known(entry.get("id"), provider)
    if info is None:
        return None
    able = _table(entry.get("capabilities"))
    inputs: list[Modality] = ["text"]
    inputs += ["image"] if _supported(able.get("image_input")) else []
    inputs += ["pdf"] if _supported(able.get("pdf_input")) else []
    window = _number(entry.get("max_input_tokens"))
    return _merged(
        info,
        display_name=_text(entry.get("display_name")),
        created=_epoch(entry.get("created_at")),
        context_window=window,
        max_input_tokens=window,
        max_output_tokens=_number(entry.get("max_tokens")),
        input_modalities=tuple(inputs) if able else (),
        structured_output=_supported(able.get("structured_outputs")) if able else None,
        reasoning=_anthropic_reasoning(able, info) if able else None,
    )


def _anthropic_reasoning(able: Entry, info: ModelInfo) -> ReasoningInfo:
    thinking, effort = _table(able.get("thinking")), _table(able.get("effort"))
    types = _table(thinking.get("types"))
    efforts = tuple(word for word in EFFORTS if _supported(effort.get(word)))
    adaptive, enabled = _supported(types.get("adaptive")), _supported(types.get("enabled"))
    if not _supported(thinking):
        return ReasoningInfo(efforts=efforts)
    return ReasoningInfo(
        mode="adaptive" if adaptive else "budget",
        always=not _supported(types["disabled"]) if "disabled" in types else info.reasoning.always,
        efforts=efforts,
        budget_min=(info.reasoning.budget_min or 1024) if enabled else None,
        budget_max=info.reasoning.budget_max if enabled else None,
    )


def _openai(entry: Entry, provider: str) -> ModelInfo | None:
    """OpenAI and everybody compatible, OpenRouter and Ollama among them: they add fields of their own."""
    info = _known(entry.get("id") or entry.get("name") or entry.get("model"), provider)
    if info is None:
        return None
    top, shape = _table(entry.get("top_provider")), _table(entry.get("architecture"))
    takes = shape.get("input_modalities") or entry.get("input_modalities")
    gives = shape.get("output_modalities")
    if isinstance(gives, list) and "text" not in gives:
        return None
    parameters = _words(entry.get("supported_parameters"))
    reasoning: ReasoningInfo | None = None
    if parameters and "reasoning" in parameters and info.reasoning.mode == "none":
        reasoning = ReasoningInfo("effort", efforts=("minimal", "low", "medium", "high"))
    window = _number(
        top.get("context_length"), entry.get("context_length"), entry.get("context_window"), entry.get("max_model_len")
    )
    return _merged(
        info,
        display_name=_text(entry.get("display_name")) or (_text(entry.get("name")) if "id" in entry else None),
        created=_epoch(entry.get("created")),
        context_window=window,
        max_input_tokens=None if window is None else min(info.input_limit, window) if info.known else window,
        max_output_tokens=_number(top.get("max_completion_tokens"), entry.get("max_output_tokens")),
        input_modalities=_modalities(takes),
        tools="tools" in parameters if parameters else None,
        structured_output="structured_outputs" in parameters if parameters else None,
        reasoning=reasoning,
        endpoints=("openai-chat",) if info.vendor in _NOT_OPENAI_SHAPED else None,
    )


def _codex(entry: Entry, provider: str) -> ModelInfo | None:
    info = _known(entry.get("slug"), provider)
    if info is None or entry.get("visibility") == "hide":
        return None
    levels = entry.get("supported_reasoning_levels")
    words = _words([_table(level).get("effort") for level in levels] if isinstance(levels, list) else None)
    efforts = tuple(word for word in EFFORTS if word in words)
    window = _number(entry.get("context_window"), entry.get("max_context_window"))
    return _merged(
        info,
        display_name=_text(entry.get("display_name")),
        context_window=window,
        max_input_tokens=window,
        input_modalities=_modalities(entry.get("input_modalities")),
        reasoning=ReasoningInfo("effort", always="none" not in efforts, efforts=efforts) if efforts else None,
        endpoints=("openai-responses",),
        responses_only=True,
        codex_entry=_codex_entry(entry),
    )


def _codex_entry(entry: Entry) -> bytes | None:
    try:
        return orjson.dumps(entry)
    except orjson.JSONEncodeError:  # a number beyond 64 bits, or nesting beyond reason
        return None


def _copilot(entry: Entry, provider: str) -> ModelInfo | None:
    info = _known(entry.get("id"), provider)
    able = _table(entry.get("capabilities"))
    policy = _table(entry.get("policy"))
    if info is None or able.get("type", "chat") != "chat" or policy.get("state", "enabled") != "enabled":
        return None  # a model whose terms were not accepted answers 400 `model_not_supported`
    limits, supports = _table(able.get("limits")), _table(able.get("supports"))
    endpoints = tuple(_ENDPOINTS[path] for path in _words(entry.get("supported_endpoints")) if path in _ENDPOINTS)
    vision = supports.get("vision")
    merged = _merged(
        info,
        display_name=_text(entry.get("name")),
        context_window=_number(limits.get("max_context_window_tokens")),
        max_input_tokens=_number(limits.get("max_prompt_tokens"), limits.get("max_context_window_tokens")),
        max_output_tokens=_number(limits.get("max_output_tokens")),
        input_modalities=(("text", "image") if vision else ("text",)) if isinstance(vision, bool) else None,
        tools=supports.get("tool_calls") if isinstance(supports.get("tool_calls"), bool) else None,
        structured_output=supports.get("structured_outputs")
        if isinstance(supports.get("structured_outputs"), bool)
        else None,
        responses_only=endpoints == ("openai-responses",) if endpoints else None,
    )
    return dataclasses.replace(merged, endpoints=endpoints)  # what the list does not say, a refusal will


def _code_assist(entry: Entry, provider: str) -> ModelInfo | None:
    """`fetchAvailableModels`: whatever it is, it is spoken to in Gemini's format."""
    info = _known(entry.get("id"), provider)
    if info is None or entry.get("isInternal") is True:
        return None
    limit = _number(entry.get("maxTokens"))
    images = entry.get("supportsImages")
    return _merged(
        info,
        display_name=_text(entry.get("displayName")),
        context_window=limit,
        max_input_tokens=limit,
        max_output_tokens=_number(entry.get("maxOutputTokens")),
        input_modalities=("text",) if images is False else None,
        endpoints=("gemini",),
    )


def _gemini(entry: Entry, provider: str) -> ModelInfo | None:
    name = entry["name"].rpartition("/")[2] if isinstance(entry["name"], str) else None
    info = _known(name, provider)
    methods = entry.get("supportedGenerationMethods")
    if info is None or (isinstance(methods, list) and "generateContent" not in methods):
        return None
    limit = _number(entry.get("inputTokenLimit"))
    return _merged(
        info,
        display_name=_text(entry.get("displayName")),
        context_window=limit,
        max_input_tokens=limit,
        max_output_tokens=_number(entry.get("outputTokenLimit")),
        reasoning=ReasoningInfo() if entry.get("thinking") is False else None,
        endpoints=("anthropic",) if name is not None and name.startswith("claude") else ("gemini",),  # of Vertex
    )


def _table(value: object) -> Entry:
    return value if isinstance(value, dict) else {}


def _supported(value: object) -> bool:
    return _table(value).get("supported") is True


def _words(value: object) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _modalities(value: object) -> tuple[Modality, ...]:
    return tuple(dict.fromkeys(_MODALITIES[word] for word in _words(value) if word in _MODALITIES))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable() else None


def _number(*values: object) -> int | None:
    """The first that is a sensible number of tokens."""
    fitting = (int(value) for value in values if isinstance(value, int | float) and 0 < value < 1e9)
    return next((value for value in fitting if value), None)


def _epoch(value: object) -> int | None:
    if isinstance(value, str):
        try:
            moment = datetime.datetime.fromisoformat(value)
        except ValueError:
            return None
        value = (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e11:
        return None
    return int(value)
