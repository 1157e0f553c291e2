"""What is known of a model by its name alone, however a client, a reseller or a cloud spells it.

First the exact name, then the name without what others add to it (vendor prefix, date, `[1m]`, `:free`, `@version`),
then the family. A name that fits nowhere gets cautious defaults and `known == False`: nothing is to be refused because
of them.
"""

import dataclasses
import datetime
import functools
import re
from fnmatch import fnmatchcase
from typing import Any

from router_core.models.catalogue import catalogue, info_of
from router_core.models.info import Basis, Effort, Endpoint, Modality, ModelInfo, ReasoningInfo

__all__ = [
    "Basis",
    "Effort",
    "Endpoint",
    "Modality",
    "ModelInfo",
    "ReasoningInfo",
    "is_same_model",
    "known_models",
    "model_info",
]

LONGEST_NAME = 256
MILLION = 1_000_000

_RESOLD = re.compile(r"(?!models/|publishers/|projects/|tunedModels/)[^/]+/")  # `vendor/model`: OpenRouter and its like
_PATH = re.compile(r"^.*/")
_OLD_CLAUDE = re.compile(r"claude-(?P<version>4(?:-\d)?)-(?P<tier>opus|sonnet|haiku)")
_WINDOW = re.compile(r"\[1m\]$")
_DATE = re.compile(r"[-@](?P<year>20\d\d)-?(?P<month>0[1-9]|1[0-2])-?(?P<day>0[1-9]|[12]\d|3[01])(?:-v\d+)?$")
_ADDED = re.compile(
    r"(?::[a-z0-9.-]+|@[a-z0-9.-]+|-v\d+|-latest|-thinking|-preview(?:-\d\d-(?:20)?\d\d)?|-exp(?:-\d\d-\d\d)?|-customtools)$"
)
_CLOUD_PREFIX = re.compile(r"^(?:[a-z]{2,6}\.)?(?:anthropic|openai|deepseek|mistral|qwen|minimax)\.")


def model_info(model: str, provider: str = "") -> ModelInfo:
    """What is known of a model.

    Args:
        model: its name in any spelling: `claude-opus-5-5`, `claude-sonnet-4-5[1m]`, `models/gemini-3.8-flash`,
            `anthropic/claude-opus-4.8:thinking`, `us.anthropic.claude-haiku-4-5-20251001-v1:0`.
        provider: the provider's name in the config, when it matters (the ChatGPT backend allows less input).

    Returns:
        Never an error: unknown names get cautious defaults. `id` is the name as given.
    """
    if len(model) > LONGEST_NAME:  # names come from clients: nothing of that size is kept in the cache
        return _unknown(model, provider)
    return _cached(model, provider)


def known_models(provider: str = "", vendor: str = "") -> list[ModelInfo]:
    """Every model that has a row of its own, newest first within a vendor; only one vendor's when that is named."""
    rows = {row["id"]: row for row in catalogue().models.values()}.values()
    return [model_info(row["id"], provider) for row in rows if not vendor or row["vendor"] == vendor]


def is_same_model(one: str, other: str) -> bool:
    """Two spellings of one model; only of those that have a row of their own."""
    a, b = model_info(one), model_info(other)
    both_known = a.basis in ("exact", "alias") and b.basis in ("exact", "alias")
    return both_known and (a.vendor, a.display_name) == (b.vendor, b.display_name)


@functools.lru_cache(maxsize=2048)
def _cached(model: str, provider: str) -> ModelInfo:
    names = spellings(model)
    row = next((row for name in names if (row := catalogue().models.get(name))), None)
    if row is not None:
        basis: Basis = "exact" if names[0] == row["id"].lower() else "alias"
        found = dataclasses.replace(info_of(row, model, provider, row["name"]), basis=basis)
    elif row := _family_row(names[-1]):
        found = dataclasses.replace(info_of(row, model, provider, model), basis="family")
    else:
        found = _unknown(model, provider)
    if _RESOLD.match(model):
        found = dataclasses.replace(found, endpoints=("openai-chat",), responses_only=False)
    if _WINDOW.search(model):
        found = dataclasses.replace(found, context_window=max(found.context_window, MILLION))
    return _narrowed(dataclasses.replace(found, created=_released(model)), provider)


def _family_row(name: str) -> dict[str, Any] | None:
    families = catalogue().families
    return next((family.row for family in families if any(fnmatchcase(name, glob) for glob in family.patterns)), None)


def _narrowed(info: ModelInfo, provider: str) -> ModelInfo:
    """The model as this provider offers it."""
    less = catalogue().providers.get(provider)
    if less is None:
        return info
    window = min(info.context_window, less["context"]) if info.known else less["context"]
    return dataclasses.replace(
        info,
        context_window=window,
        max_input_tokens=min(info.input_limit, less["input"]) if info.known else less["input"],
        endpoints=tuple(less["endpoints"]),
        responses_only=less["responses_only"],
    )


def _unknown(model: str, provider: str) -> ModelInfo:
    return ModelInfo(id=model, provider=provider, display_name=model)


def spellings(model: str) -> list[str]:
    """The name as given, then with less and less of what others add to it; the last is the barest."""
    name = model.strip().lower()
    names = [name]
    for pattern in (_PATH, _WINDOW, _CLOUD_PREFIX):
        name = pattern.sub("", name)
        names.append(name)
    for _ in range(4):  # `…-20251001-v1:0`, `…-preview-09-2025:free`: one addition after the other
        name = _DATE.sub("", _ADDED.sub("", name))
        names += [name, f"{name}-preview"]  # gemini-3-flash is listed as gemini-3-flash-preview
    if name.startswith("claude-"):
        name = name.replace(".", "-")  # resellers write claude-opus-4.8
        if old := _OLD_CLAUDE.fullmatch(name):
            name = f"claude-{old['tier']}-{old['version']}"
    return [*names, name]


def _released(model: str) -> int | None:
    """The date in a name such as `claude-haiku-4-5-20251001`."""
    found = _DATE.search(_ADDED.sub("", _WINDOW.sub("", model.lower())))
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups())
    try:
        return int(datetime.datetime(year, month, day, tzinfo=datetime.UTC).timestamp())
    except ValueError:  # 31 February
        return None
