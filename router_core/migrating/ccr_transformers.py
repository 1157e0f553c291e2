"""claude-code-router's transformers, `{"use": ["name", ["name", {options}]], "model": {"use": […]}}`, in our config.

Some say what the service speaks, which is a provider's kind here; most exist here under the same name.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from router_core.config.edit import literals
from router_core.config.schema import Kind
from router_core.config.transformers import OPTIONS
from router_core.migrating.draft import Draft
from router_core.text import printable

KINDS: dict[str, Kind] = {"anthropic": "anthropic", "gemini": "gemini", "openai-responses": "openai-responses"}


def kind_of(transformer: Any) -> Kind | None:
    """What a provider's transformers say that it speaks."""
    return next((KINDS[name] for name, _ in _uses(transformer) if name in KINDS), None)


def take_transformers(draft: Draft, source: str, provider: str, transformer: Any, models: Sequence[str]) -> None:
    """Those of a provider and of each of its models."""
    kinds = {*KINDS, "vertex-gemini", "vertex-claude"} if draft.kind(provider) == "vertex" else set(KINDS)
    if uses := _taken(draft, source, _uses(transformer), kinds):
        draft.put(f"{source} transformer", ("providers", provider, "transformers"), uses)
    if not isinstance(transformer, Mapping):
        return
    for model, own in transformer.items():
        # a single model may be asked in Anthropic's format, where its provider speaks another
        if model != "use" and (uses := _taken(draft, f"{source} {model}", _uses(own), kinds - {"anthropic"})):
            draft.put(
                f"{source} transformer of {printable(model, 80)}",
                ("providers", provider, "model_transformers", model),
                uses,
                "" if model in models else "The model is not on its list.",
            )


def _uses(transformer: Any) -> list[tuple[str, dict[str, Any]]]:
    """Names with their options; the name in our spelling."""
    listed = transformer.get("use") if isinstance(transformer, Mapping) else transformer
    uses = []
    for one in listed if isinstance(listed, list) else ():
        name, options = [*one, None, None][:2] if isinstance(one, list) else (one, None)
        if isinstance(name, str) and name:
            uses.append((name.lower(), options if isinstance(options, dict) else {}))
    return uses


def _taken(draft: Draft, source: str, uses: Sequence[tuple[str, dict[str, Any]]], kinds: set[str]) -> list[Any]:
    """Those of a list that exist here.

    Args:
        kinds: names that say nothing beside the provider's kind.
    """
    taken: list[Any] = []
    for name, options in uses:
        place = f"{source} transformer {printable(name, 60)}"
        if name in kinds:
            draft.note(place, "kind", "What the service speaks is the provider's kind here.")
        elif name not in OPTIONS:
            draft.leave(place, "There is none of this name here.")
        elif (known := _known(draft, place, name, options)) is not None:
            taken.append([name, known] if known else name)
    return taken


def _known(draft: Draft, place: str, name: str, options: dict[str, Any]) -> dict[str, Any] | None:
    """The options that ours has, too; None when it cannot do without the others."""
    section = OPTIONS[name]
    free = section.model_config.get("extra") == "allow"
    kept = {key: value for key, value in options.items() if value is not None and (free or key in section.model_fields)}
    if dropped := [key for key in options if key not in kept]:
        draft.leave(f"{place} {', '.join(printable(str(key), 40) for key in dropped)}", "It has no such option here.")
    try:
        section.model_validate(kept)
    except ValidationError as error:
        said = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in said["loc"])
        draft.leave(place, f"Its options cannot be used here: {printable(f'{where}: {said["msg"]}', 200)}.")
        return None
    return {key: literals(value) for key, value in kept.items()}
