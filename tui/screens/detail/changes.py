"""What the client sent against what each attempt sent: each field that differs, its values, the rule that did it."""

from collections.abc import Callable
from dataclasses import asdict

from router_core.cli.trace_diff import short
from router_core.text import plain
from router_core.trace.difference import AttemptDifference, FieldChange, difference
from tui.screens.detail.facts import View, fact, heading, indented
from tui.screens.detail.why import lost
from tui.widgets.breaking import wrapped
from tui.widgets.cells import Piece
from tui.widgets.text_pane import Line

_SIGNS = {"added": ("+", "good"), "removed": ("-", "bad"), "changed": ("~", "warn"), "set": ("=", "warn")}


def changes(view: View, width: int) -> list[Line]:
    """The whole tab."""
    row = asdict(view.trace.request)
    attempts = [asdict(attempt) for attempt in view.trace.attempts]
    found = difference(row, attempts, [asdict(body) for body in view.trace.bodies])
    lines: list[Line] = []
    for attempt in found:
        lines += [*_attempt(view, attempt, width), ""]
    if not found:
        lines += [[Piece("Nothing was sent: no attempt was made, or the attempts are not kept any more.", "dim")], ""]
    if view.trace.request.lost and not any(attempt.losses for attempt in found):
        lines += lost(view, width)
    return lines


def _attempt(view: View, attempt: AttemptDifference, width: int) -> list[Line]:
    target = "/".join(part for part in (attempt.provider, attempt.model) if part)
    token = view.sanitizer.name(attempt.token) or "no token"
    lines: list[Line] = [heading(f"Attempt {attempt.number}", f"{target}, {token}, {attempt.outcome or 'running'}")]
    lines += fact("", _summary(view, attempt), width, 2)
    hidden: Callable[[str], str] = view.sanitizer.text
    for change in attempt.changes:
        lines += _change(change, width, hidden, has_values=not attempt.why)
    for rule in attempt.whole:
        lines.append([Piece("  * ", "warn"), Piece("the whole body"), Piece(f"  [{rule}]", "dim")])
    for path, reason in attempt.losses:
        lines += indented(
            fact(f"! {plain(path)}", f"is lost: {plain(reason)}", width - 2, min(34, width // 3), "", "bad")
        )
    for path, rule in attempt.answer:
        where = "the answer is read and written anew" if path == "answer" else path
        lines += indented(fact(f"< {where}", f"[{rule}]", width - 2, min(42, width // 2), "dim", ""))
    for rule in attempt.idle:
        lines += indented(fact("·", rule, width - 2, 2, "dim"))
    return lines


def _summary(view: View, attempt: AttemptDifference) -> str:
    match attempt.compared:
        case "same":
            return "The body was sent as the client's, byte for byte."
        case "translated":
            values = f" (no values: {attempt.why})" if attempt.why and attempt.changes else ""
            own = view.trace.request.format
            return f"Translated from {own} to {attempt.format}: the whole body was written anew.{values}"
        case "unknown":
            return f"The bodies cannot be compared: {attempt.why}. See bodies and body_limit_bytes in [trace]."
        case "fields":
            count = len(attempt.changes)
            if not count:
                return "No field differs. Spaces or the order of fields do."
            return (
                f"{count} field{'s' if count > 1 else ''} differ{'' if count > 1 else 's'} from what the client sent."
            )


def _change(change: FieldChange, width: int, hidden: Callable[[str], str], *, has_values: bool) -> list[Line]:
    sign, look = _SIGNS[change.kind]
    rules = ", ".join(plain(rule) for rule in change.rules) or "no rule has told"
    first: Line = [Piece(f"  {sign} ", look), Piece(plain(change.path), look), Piece(f"  [{rules}]", "dim")]
    if not has_values:
        return [first]
    before, after = hidden(short(change.before)), hidden(short(change.after))
    match change.kind:
        case "changed":
            values = [("was", before), ("now", after)]
        case "removed":
            values = [("was", before if change.before is not None else "taken out")]
        case _:
            values = [("now", after)]
    lines: list[Line] = [first]
    for label, text in values:
        parts = wrapped(text, width - 12)
        lines += [
            [Piece(f"      {name:<4}", "dim"), Piece(part)]
            for name, part in zip([label, *[""] * len(parts)], parts, strict=False)
        ]
    return lines
