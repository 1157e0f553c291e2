"""Python files that a configuration names run with the router's rights: a preset neither takes them along nor brings
them."""

from collections.abc import Mapping
from typing import Any


def without_code(config: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    """The tables without such files, and without what refers to them.

    Args:
        notes: gets a line for each thing that was left out.
    """
    kept = dict(config)
    own = kept.pop("transformers", None)
    if own:
        notes.append("[transformers] names Python files, which would run with the router's rights: left out.")
    routing = kept.get("routing")
    if isinstance(routing, dict) and "custom" in routing:
        kept["routing"] = {key: value for key, value in routing.items() if key != "custom"}
        notes.append("routing.custom names a Python file, which would run with the router's rights: left out.")
    providers = kept.get("providers")
    if isinstance(own, dict) and isinstance(providers, dict):
        kept["providers"] = {name: _without(one, own) for name, one in providers.items()}
    return {name: one for name, one in kept.items() if one}


def _without(settings: Any, own: Mapping[str, Any]) -> Any:
    """A provider that does not use the transformers of these names."""
    if not isinstance(settings, dict):
        return settings
    kept = dict(settings)
    if isinstance(kept.get("transformers"), list):
        kept["transformers"] = [one for one in kept["transformers"] if _name(one) not in own]
    by_model = kept.get("model_transformers")
    if isinstance(by_model, dict):
        kept["model_transformers"] = {
            model: [one for one in uses if _name(one) not in own] if isinstance(uses, list) else uses
            for model, uses in by_model.items()
        }
    return kept


def _name(use: Any) -> Any:
    return use[0] if isinstance(use, list) and use else use if isinstance(use, str) else ""
