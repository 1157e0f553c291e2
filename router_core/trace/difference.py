"""What a client sent against what each attempt sent to its provider, and which rule changed each field.

The rules' names come from the trace of the attempt, the values from the bodies that were kept. Where the format stayed,
both bodies are compared field by field. Where it did not, a comparison would only show two languages: then the fields
that rules changed are looked up in what was sent, and what could not be said in the other format stands beside them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from router_core.wire.changes import ROOT, changes
from router_core.wire.format import call_of

_STEP = re.compile(r'\.?([^.\[\]"]+)|\[(\d+)\]|\["((?:[^"]|"(?!\]))*)"\]')
_MISSING = object()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an attempt's body.

    Args:
        kind: `set`: of a translated body, where there is no value before.
        rules: who changed it; none for what no rule has told.
    """

    path: str
    kind: Literal["added", "removed", "changed", "set"]
    before: Any
    after: Any
    rules: tuple[str, ...]


@dataclass(slots=True)
class AttemptDifference:
    """One attempt.

    Args:
        format: in which the provider was asked.
        compared: `fields`: the bodies were compared; `same`: the client's own body was sent; `translated`: it was
            written anew in another format; `unknown`: a body was not kept, `why` says which.
        whole: rules that are about the whole body (an envelope, a dialect).
        answer: what rules did to the answer.
        idle: transformers that had nothing to do, and why.
        losses: (path, reason) of what could not be said; known of the last attempt only.
    """

    number: int
    provider: str
    model: str
    token: str
    outcome: str
    format: str
    compared: Literal["fields", "same", "translated", "unknown"] = "same"
    why: str = ""
    changes: list[FieldChange] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    answer: list[tuple[str, str]] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)
    losses: list[tuple[str, str]] = field(default_factory=list)


def difference(
    row: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], bodies: Sequence[Mapping[str, Any]]
) -> list[AttemptDifference]:
    """Each attempt of a request, as it was traced.

    Args:
        row: of `requests`. attempts: of `attempts`, `edits` read. bodies: of `bodies`, decompressed.
    """
    kept = {str(body["kind"]): body for body in bodies}
    return [_attempt(row, attempt, kept, is_last=attempt is attempts[-1]) for attempt in attempts]


def _attempt(
    row: Mapping[str, Any], attempt: Mapping[str, Any], kept: Mapping[str, Mapping[str, Any]], *, is_last: bool
) -> AttemptDifference:
    format = str(row["upstream_format"] or row["format"]) if is_last else _format_of_url(str(attempt["url"]))
    edits = [(str(path), str(rule)) for path, rule in attempt["edits"]]
    found = AttemptDifference(
        attempt["number"], attempt["provider"], attempt["model"], attempt["token"], attempt["outcome"], format
    )
    found.whole = [rule for path, rule in edits if path == ROOT]
    found.answer = [(path, rule) for path, rule in edits if path.startswith("answer")]
    found.idle = [rule for path, rule in edits if not path]
    fields = [(path, rule) for path, rule in edits if path and path != ROOT and not path.startswith("answer")]
    if is_last:
        found.losses = [(str(path), str(reason)) for path, reason in json.loads(row.get("losses") or "[]")]
    sent = kept.get("upstream-request" if is_last else f"attempt-{attempt['number']}-request")
    translated = format != row["format"]
    if sent is None and not translated and not fields and not found.whole:
        return found
    after, why = _json_of(sent, "what was sent")
    if translated:
        found.compared = "translated"
        found.why = why
        found.changes = [_looked_up(path, rules, after) for path, rules in _by_path(fields).items()]
        return found
    before, missing = _json_of(kept.get("request"), "the client's body")
    if before is None or after is None:
        found.compared, found.why = "unknown", missing or why
        found.changes = [_looked_up(path, rules, None) for path, rules in _by_path(fields).items()]
        return found
    if "envelope" in found.whole and isinstance(after.get("request"), dict):
        after = after["request"]
    found.compared = "fields"
    found.changes = [
        FieldChange(change.path, change.kind, change.before, change.after, _rules_of(change.path, fields, found.whole))
        for change in changes(before, after)
    ]
    return found


def _format_of_url(url: str) -> str:
    return call_of("anthropic", urlsplit(url).path).format


def _json_of(body: Mapping[str, Any] | None, what: str) -> tuple[Any, str]:
    """(the body, "") or (None, why it cannot be read)."""
    if body is None:
        return None, f"{what} was not kept"
    if body["truncated"]:
        return None, f"of {what} only the beginning was kept ({len(body['content'])} of {body['size']} bytes)"
    try:
        value = json.loads(body["content"])
    except ValueError:
        return None, f"{what} is not JSON"
    return (value, "") if isinstance(value, dict) else (None, f"{what} is no JSON object")


def _by_path(edits: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path, rule in edits:
        found[path] = (*found.get(path, ()), rule)
    return found


def _looked_up(path: str, rules: tuple[str, ...], body: Any) -> FieldChange:
    value = value_at(body, path) if body is not None else _MISSING
    if value is _MISSING:
        return FieldChange(path, "removed" if body is not None else "set", None, None, rules)
    return FieldChange(path, "set", None, value, rules)


def value_at(body: Any, path: str) -> Any:
    """What stands at a path of `wire/changes.py`."""
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            return _MISSING
        at = step.end()
        name, number, quoted = step.groups()
        if number is not None:
            if not isinstance(body, list) or int(number) >= len(body):
                return _MISSING
            body = body[int(number)]
        else:
            key = name if name is not None else quoted
            if not isinstance(body, dict) or key not in body:
                return _MISSING
            body = body[key]
    return body


def _rules_of(path: str, edits: Sequence[tuple[str, str]], whole: Sequence[str]) -> tuple[str, ...]:
    """The rules that name this field, what is in it, or what it is in; else those that changed anything beside it: a
    later rule may have moved the items of a list."""
    near = [rule for other, rule in edits if other == path or _within(other, path) or _within(path, other)]
    top = re.split(r"[.\[]", path, maxsplit=1)[0]
    near = near or [rule for other, rule in edits if re.split(r"[.\[]", other, maxsplit=1)[0] == top]
    return tuple(dict.fromkeys(near or whole))


def _within(inner: str, outer: str) -> bool:
    return inner.startswith(outer) and inner[len(outer) : len(outer) + 1] in (".", "[")
