"""LiteLLM's names, aliases, fallbacks and settings in our `[routing]`, `[failover]` and `[timeouts]`."""

from collections.abc import Iterator
from typing import Any

from router_core.importing.documents import objects
from router_core.migrating.draft import Draft, targets
from router_core.text import printable
from router_core.vendors.fields import part

_TOLD = {
    "master_key": "Clients present this router's own token: see `activate` and `code`.",
    "database_url": "Tokens and traces are files in this router's own folder.",
    "context_window_fallbacks": "long_context in [routing] chooses by the length of the input, before it is sent.",
    "content_policy_fallbacks": "A refused prompt is the client's to change.",
    "routing_strategy": "See strategy in [selection]: which token of a provider pays.",
    "success_callback": "See the traces, and /metrics.",
    "failure_callback": "See the traces, and /metrics.",
    "callbacks": "See the traces, and /metrics.",
    "drop_params": "What the other format cannot say is left out, and written into the trace.",
}


def take_settings(draft: Draft, whole: dict[str, Any], groups: dict[str, list[str]]) -> None:
    """
    Args:
        groups: model name → targets of its entries, in order.
    """
    router, settings = part(whole, "router_settings"), part(whole, "litellm_settings")
    fallbacks = dict(_entries([*objects(settings.get("fallbacks")), *objects(router.get("fallbacks"))]))
    for name, entries in groups.items():
        others = [*entries[1:], *(t for other in fallbacks.pop(name, []) for t in _of(draft, name, other, groups))]
        others = list(dict.fromkeys(text for text in others if text != entries[0]))
        why = "Its entries are tried one after the other; they do not share the load." if len(set(entries)) > 1 else ""
        keys = ("routing", "models", name)
        draft.put(f"model_name {printable(name, 60)}", keys, targets(entries[0], others), why)
    for name in fallbacks:
        draft.leave(f"fallbacks of {printable(name, 60)}", "No model of this name could be taken over.")
    _aliases(draft, part(router, "model_group_alias"), groups)
    _default_fallbacks(draft, settings.get("default_fallbacks") or router.get("default_fallbacks"), groups)
    _numbers(draft, {**settings, **router})
    for where in ("litellm_settings", "router_settings", "general_settings"):
        for key in part(whole, where):
            if key not in (
                "fallbacks",
                "default_fallbacks",
                "model_group_alias",
                "num_retries",
                "request_timeout",
                "timeout",
            ):
                draft.leave(f"{where}.{printable(str(key), 60)}", _TOLD.get(str(key), "It means nothing here."))
    known = ("model_list", "router_settings", "litellm_settings", "general_settings", "environment_variables")
    draft.leave_unknown(whole, known)


def _entries(listed: list[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """`[{name: [names]}]` as pairs."""
    for one in listed:
        for name, others in one.items():
            yield str(name), [text for text in others if isinstance(text, str)] if isinstance(others, list) else []


def _of(draft: Draft, name: str, other: str, groups: dict[str, list[str]]) -> list[str]:
    """The targets that a name in a list of fallbacks means: a model of the list, else `provider/model`."""
    if other in groups:
        return groups[other]
    provider, _, model = other.partition("/")
    target = draft.target(provider, model) if model else None
    if target is None:
        draft.leave(f"fallbacks of {printable(name, 60)}", f"No model is called {printable(other, 60)!r}.")
        return []
    return [target]


def _aliases(draft: Draft, aliases: dict[str, Any], groups: dict[str, list[str]]) -> None:
    for alias, meant in aliases.items():
        name = meant.get("model") if isinstance(meant, dict) else meant
        entries = groups.get(name) if isinstance(name, str) else None
        if not entries:
            draft.leave(
                f"model_group_alias {printable(str(alias), 60)}", f"No model is called {printable(str(name), 60)!r}."
            )
            continue
        draft.put(
            f"model_group_alias {printable(str(alias), 60)}",
            ("routing", "models", str(alias)),
            draft.changes.get(("routing", "models", str(name)), entries[0]),
        )


def _default_fallbacks(draft: Draft, listed: Any, groups: dict[str, list[str]]) -> None:
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    others = [target for name in names for target in _of(draft, "every model", name, groups)]
    if others:
        draft.put("default_fallbacks", ("routing", "fallbacks"), list(dict.fromkeys(others)))


def _numbers(draft: Draft, settings: dict[str, Any]) -> None:
    retries = settings.get("num_retries")
    if isinstance(retries, int) and not isinstance(retries, bool) and retries >= 0:
        draft.put("num_retries", ("failover", "max_attempts"), retries + 1, "The first attempt counts, too.")
    for key in ("request_timeout", "timeout"):
        seconds = settings.get(key)
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0:
            draft.put(key, ("timeouts", "total_s"), float(seconds))
            return
