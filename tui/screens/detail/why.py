"""Why it went where it went: each rule that was tried for the target, then why that token, for each attempt."""

from router_core.trace.words import estimate_text
from tui.screens.detail.facts import View, fact, heading, indented
from tui.screens.detail.timeline import ATTEMPT_LOOKS
from tui.widgets.cells import Piece
from tui.widgets.text_pane import Line

DECISION = "Decision"


def why(view: View, width: int) -> list[Line]:
    """The whole tab."""
    row, names = view.trace.request, view.sanitizer
    lines: list[Line] = []
    if row.asked_model and (row.asked_model != view.target or not row.provider):
        lines += fact("Asked for", row.asked_model, width)
    if row.provider:
        lines += fact("Went to", view.target, width, look="strong")
        lines += fact("Because", names.sentence(row.because), width)
    else:
        lines += fact("Went", "nowhere", width, look="strong")
        lines += fact("Because", names.sentence(row.error), width)
    for label, text in (
        ("Scenario", row.scenario),
        ("Tier", row.tier),
        ("Project", names.name(row.project)),
        ("Subagent", names.id(row.agent)),
        ("Estimate", estimate_text(row.estimated_input_tokens, row.prompt_tokens)),
    ):
        lines += fact(label, text, width) if text else []
    lines.append("")
    if row.decided:
        lines += decision(view, width)
    else:
        provider = row.path.split("/")[1] if row.path.count("/") > 1 else row.provider
        lines.append(heading(DECISION, "no rule was asked"))
        lines += fact(
            "", f"/{provider}/… goes to that provider as it is: rules place what comes to /v1/… only.", width, 2
        )
    lines += ["", heading("Tokens", "why that one, at each attempt")]
    for attempt in view.trace.attempts:
        sign, style = ATTEMPT_LOOKS.get(attempt.outcome, ("✗", "bad"))
        name = names.name(attempt.token) or "no token"
        outcome = f"{attempt.status or ''} {attempt.outcome or 'running'}".strip()
        lines.append(
            [
                Piece(f"{attempt.number} ", "dim"),
                Piece(f"{sign} ", style),
                Piece(name, "strong"),
                Piece(f"  {outcome}", style),
            ]
        )
        for label, text in (
            ("chosen", names.sentence(attempt.because)),
            ("session", names.sentence(attempt.affinity)),
            ("then", " · ".join(filter(None, (attempt.action, names.sentence(attempt.reason))))),
        ):
            lines += indented(fact(label, text, width - 2, 9)) if text else []
    if not view.trace.attempts:
        lines.append([Piece("No attempt is kept of it.", "dim")])
    if row.lost:
        lines += ["", *lost(view, width)]
    return lines


def decision(view: View, width: int) -> list[Line]:
    """The rules in the order they were tried: the last one decided."""
    decided = view.trace.request.decided
    beside = min(max(len(rule) for rule, _ in decided) + 3, width // 3)
    lines: list[Line] = [heading(DECISION, f"{len(decided)} rules tried")]
    for number, (rule, said) in enumerate(decided, 1):
        last = number == len(decided)
        look = "" if last else "dim"
        told = fact(rule, view.sanitizer.sentence(said), width - 2, beside, look, look)
        first, *rest = told
        lines += indented([first], "▸ " if last else "  ") + indented(rest)
    return lines


def lost(view: View, width: int) -> list[Line]:
    """What the client said and the provider's format cannot say."""
    found = view.trace.request.lost
    lines: list[Line] = [heading("Lost in translation", str(len(found)))]
    for path, reason in found:
        lines += indented(fact(path, reason, width - 2, min(28, width // 3)))
    return lines
