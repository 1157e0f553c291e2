"""claude-code-router's transformers, `{"use": ["name", ["name", {options}]], "model": {"use": […]}}`, in our config."""

from collections.abc import Mapping, Sequence
from typing import Any

from router_core.config.edit import literal
from router_core.config.schema import Kind
from router_core.migrating.draft import Draft
from router_core.text import printable

SAME = frozenset(
    {
        "deepseek", "openrouter", "groq", "maxtoken", "maxcompletiontokens", "tooluse", "reasoning", "forcereasoning",
        "sampling", "enhancetool", "cleancache", "customparams", "streamoptions",
    }
)  # fmt: skip
"""They exist here under the same name."""
KINDS: dict[str, Kind] = {
    "anthropic": "anthropic",
    "gemini": "gemini",
    "openai-responses": "openai-responses",
    "vertex-gemini": "vertex",
    "vertex-claude": "vertex",
}
"""They say what the service speaks, which is the provider's kind here."""


def kind_of(transformer: Any) -> Kind | None:
    """What a provider's transformers say that it speaks."""
    return next((KINDS[name] for name, _ in _uses(transformer) if name in KINDS), None)


def take_transformers(draft: Draft, source: str, provider: str, transformer: Any, models: Sequence[str]) -> None:
    """Those of a provider and of each of its models."""
    if uses := _taken(draft, source, _uses(transformer)):
        draft.put(f"{source} transformer", ("providers", provider, "transformers"), uses)
    if not isinstance(transformer, Mapping):
        return
    for model, own in transformer.items():
        if model != "use" and (uses := _taken(draft, f"{source} {model}", _uses(own))):
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
        name, options = (
            (one, None) if isinstance(one, str) else (*one, None, None)[:2] if isinstance(one, list) else ("", None)
        )
        if isinstance(name, str) and name:
            uses.append((name.lower(), options if isinstance(options, dict) else {}))
    return uses


def _taken(draft: Draft, source: str, uses: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
    taken: list[Any] = []
    for name, options in uses:
        if name in SAME:
            options = {key: _escaped(value) for key, value in options.items() if value is not None}
            taken.append([name, options] if options else name)
        elif name in KINDS:
            draft.note(f"{source} transformer {name}", "kind", "What the service speaks is the provider's kind here.")
        else:
            draft.leave(f"{source} transformer {printable(name, 60)}", "There is none of this name here.")
    return taken


def _escaped(value: Any) -> Any:
    """A `$` in an option is one, and names no variable."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    if isinstance(value, dict):
        return {key: _escaped(one) for key, one in value.items()}
    return value
