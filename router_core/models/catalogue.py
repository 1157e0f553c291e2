"""Reads known.toml: rows of models, families of names, and what a provider changes."""

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from router_core.models.info import ModelInfo, ReasoningInfo


@dataclass(frozen=True, slots=True)
class Family:
    """Names without a row that are taken to be like a kind."""

    patterns: tuple[str, ...]
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """known.toml, every row complete (what its kind says is copied into it). Keys are lower case."""

    models: dict[str, dict[str, Any]]
    """By id and by alias."""
    families: tuple[Family, ...]
    providers: dict[str, dict[str, Any]]


@functools.cache
def catalogue() -> Catalogue:
    """The catalogue, read once (a few ms) and only when somebody asks for a model."""
    source = resources.files("router_core.models").joinpath("known.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(source)
    kinds: dict[str, dict[str, Any]] = {}
    for name, kind in tables["kinds"].items():  # in the file's order: a kind stands below the one it is like
        kinds[name] = {**kinds.get(kind.pop("like", ""), {}), **kind}
    models: dict[str, dict[str, Any]] = {}
    for model, row in tables["models"].items():
        complete = {**kinds[row["kind"]], **row, "id": model}
        models[model.lower()] = complete
        for alias in row.get("aliases", ()):
            models[alias.lower()] = complete
    families = tuple(Family(tuple(family["match"]), kinds[family["kind"]]) for family in tables["families"])
    return Catalogue(models, families, tables["providers"])


def info_of(row: dict[str, Any], model: str, provider: str, name: str) -> ModelInfo:
    """A row as ModelInfo."""
    least, most = row.get("budget") or (None, None)
    reasoning = ReasoningInfo(
        mode=row.get("think", "none"),
        always=row.get("always", False),
        efforts=tuple(row.get("efforts", ())),
        budget_min=least,
        budget_max=most or None,
    )
    return ModelInfo(
        id=model,
        provider=provider or row["vendor"],
        vendor=row["vendor"],
        display_name=name,
        context_window=row["context"],
        max_input_tokens=row.get("input"),
        max_output_tokens=row["output"],
        input_modalities=tuple(row.get("takes", ("text",))),
        tools=row.get("tools", True),
        reasoning=reasoning,
        endpoints=tuple(row["endpoints"]),
        sampling=row.get("sampling", True),
        responses_only=row.get("responses_only", False),
        forced_tool_ok=row.get("forced_tool", True),
        structured_output=row.get("schema", False),
        as_of=row.get("as_of", ""),
    )
