"""Log probabilities as a provider sent them → those that OpenAI's form knows, which the neutral model keeps.

Both of OpenAI's formats have the same entries; compatible services add to them. What is no entry is left out, because
every client's decoder reads `token` and `logprob` without asking.
"""

from typing import Any

from router_core.wire.model import JsonObject


def clean_logprobs(value: Any) -> tuple[JsonObject, ...]:
    """The entries of a list that name a token and its probability, with only such alternatives."""
    if not isinstance(value, list):
        return ()
    return tuple(_with_alternatives(entry) for entry in value if _is_entry(entry))


def _with_alternatives(entry: JsonObject) -> JsonObject:
    others = entry.get("top_logprobs")
    if others is None or (isinstance(others, list) and all(_is_entry(other) for other in others)):
        return entry
    kept = [other for other in others if _is_entry(other)] if isinstance(others, list) else []
    return {**entry, "top_logprobs": kept}


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("token"), str):
        return False
    value, bytes_ = entry.get("logprob"), entry.get("bytes")
    if bytes_ is not None and not (isinstance(bytes_, list) and all(type(one) is int for one in bytes_)):
        return False
    return isinstance(value, int | float) and not isinstance(value, bool)
