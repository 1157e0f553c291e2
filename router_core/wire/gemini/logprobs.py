"""`logprobsResult` ↔ log probabilities in OpenAI's form (Chat's `content` list), which the neutral model keeps."""

from collections.abc import Sequence
from typing import Any

from router_core.wire.model import JsonObject


def read_logprobs(result: Any) -> tuple[JsonObject, ...]:
    """One entry per token; what is malformed is left out."""
    if not isinstance(result, dict):
        return ()
    chosen, tops = result.get("chosenCandidates"), result.get("topCandidates")
    found = []
    for number, candidate in enumerate(chosen if isinstance(chosen, list) else ()):
        entry = _entry(candidate)
        if entry is None:
            continue
        others: Any = tops[number] if isinstance(tops, list) and number < len(tops) else None
        listed = others.get("candidates") if isinstance(others, dict) else None
        alternatives = [_entry(other) for other in (listed if isinstance(listed, list) else ())]
        found.append({**entry, "top_logprobs": [other for other in alternatives if other is not None]})
    return tuple(found)


def write_logprobs(entries: Sequence[JsonObject]) -> JsonObject:
    """Gemini's form again."""
    return {
        "chosenCandidates": [_candidate(entry) for entry in entries],
        "topCandidates": [
            {"candidates": [_candidate(other) for other in entry.get("top_logprobs") or ()]} for entry in entries
        ],
    }


def _entry(candidate: Any) -> JsonObject | None:
    if not isinstance(candidate, dict) or not isinstance(candidate.get("token"), str):
        return None
    value = candidate.get("logProbability", 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    token = candidate["token"]
    return {"token": token, "logprob": value, "bytes": list(token.encode("utf-8", "replace"))}


def _candidate(entry: JsonObject) -> JsonObject:
    return {"token": entry.get("token", ""), "logProbability": entry.get("logprob", 0)}
