"""Gemini models: which names exist, what each may do, and how the list is paged.

Limits are those of the public model list of autumn 2026. A name of the right form whose generation is still served
exists even when it is not in the table: new models must not need a new simulator.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.call import Call, Json
from router_core.simulator.gemini_errors import gemini_error, unknown_model

INPUT_LIMIT = 1_048_576
OUTPUT_LIMIT = 65_536
OLDEST_SERVED = (2, 5)

MODELS = {
    "gemini-2.5-pro": "Gemini 2.5 Pro",
    "gemini-2.5-flash": "Gemini 2.5 Flash",
    "gemini-2.5-flash-lite": "Gemini 2.5 Flash-Lite",
    "gemini-3-flash-preview": "Gemini 3 Flash Preview",
    "gemini-3.1-pro-preview": "Gemini 3.1 Pro Preview",
    "gemini-3.1-flash-lite": "Gemini 3.1 Flash-Lite",
    "gemini-3.5-flash": "Gemini 3.5 Flash",
    "gemini-3.5-flash-lite": "Gemini 3.5 Flash-Lite",
    "gemini-3.6-flash": "Gemini 3.6 Flash",
    "gemini-3.7-flash": "Gemini 3.7 Flash",
    "gemini-3.8-flash": "Gemini 3.8 Flash",
    "gemini-4-argon": "Gemini 4 Argon",
}

METHODS = ("generateContent", "streamGenerateContent", "countTokens")

_NAME = re.compile(r"^gemini-(\d+)(?:\.(\d+))?-[a-z0-9.-]+$")
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Thinking:
    """What `thinkingConfig` may say for a model."""

    budgets: tuple[int, int] | None
    """Least and most `thinkingBudget` in tokens (-1, automatic, is always allowed); None: no budget at all."""
    may_be_off: bool
    """Budget 0."""
    levels: tuple[str, ...]
    """Values of `thinkingLevel`; empty: none."""


def generation(model: str) -> tuple[int, int]:
    """`(2, 5)` for `gemini-2.5-flash`; the newest one for names that do not say."""
    match = _NAME.match(model)
    return (int(match[1]), int(match[2] or 0)) if match else (4, 0)


def thinking_of(model: str) -> Thinking:
    """The thinking switches of a model."""
    if model.startswith("claude"):  # behind Antigravity
        return Thinking((1024, 63_999), True, ())
    number = generation(model)
    if number >= (4, 0):
        return Thinking(None, False, ("LOW", "MEDIUM", "HIGH"))
    if number >= (3, 0):
        low, high = (128, 32_768) if "pro" in model else (0, 24_576)
        if "pro" in model:
            return Thinking((low, high), False, ("LOW", "MEDIUM", "HIGH") if number >= (3, 1) else ("LOW", "HIGH"))
        least = () if number == (3, 7) else ("MINIMAL",)
        return Thinking((low, high), True, (*least, "LOW", "MEDIUM", "HIGH"))
    if "pro" in model:
        return Thinking((128, 32_768), False, ())
    return Thinking((512 if "lite" in model else 1, 24_576), True, ())


def serves(account: AccountState, model: str) -> bool:
    """Any current name of the family unless the account lists its own."""
    if account.spec.models:
        return model in account.spec.models
    if account.spec.kind == "antigravity":  # Claude and others behind Gemini's format; checked by whoever asks
        return True
    return bool(_NAME.match(model)) and generation(model) >= OLDEST_SERVED


def list_models(call: Call, account: AccountState) -> Answer:
    """`GET /v1beta/models`, with `pageSize` and `pageToken`."""
    query = {name: values[-1] for name, values in parse_qs(call.query).items()}
    size = query.get("pageSize", query.get("page_size", str(_PAGE)))
    if not size.isdecimal() or not size.isascii():
        return gemini_error(400, f"Invalid value at 'page_size' (TYPE_INT32), \"{size}\"")
    names = account.spec.models or list(MODELS)
    token = query.get("pageToken", query.get("page_token", ""))
    if token and token not in names:
        return gemini_error(400, "Page token is invalid.")
    start = names.index(token) if token else 0
    end = start + (min(int(size), 1000) or _PAGE)
    payload: Json = {"models": [entry(name) for name in names[start:end]]}
    if end < len(names):
        payload["nextPageToken"] = names[end]
    return json_answer(200, payload)


def one_model(model: str, account: AccountState) -> Answer:
    """`GET /v1beta/models/{model}`."""
    if not serves(account, model):
        return unknown_model(model, "getModel")
    return json_answer(200, entry(model))


def entry(model: str) -> Json:
    """One row of the list."""
    return {
        "name": f"models/{model}",
        "version": "-".join(model.split("-")[1:2]) or "001",
        "displayName": MODELS.get(model, model),
        "description": f"Simulated {MODELS.get(model, model)}",
        "inputTokenLimit": INPUT_LIMIT,
        "outputTokenLimit": OUTPUT_LIMIT,
        "supportedGenerationMethods": ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"],
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
        "thinking": True,
    }
