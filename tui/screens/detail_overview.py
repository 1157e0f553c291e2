"""One request on one page: what it was, what it became, and each attempt on the way as a bar on the same time line."""

import textwrap

from router_core.clock import Clock
from router_core.spend.cost_text import cost_text
from router_core.trace.words import cache_text, edits_text, estimate_text
from tui.figures import elapsed, moment
from tui.records import AttemptRow, RequestRow, Trace
from tui.widgets.cells import Piece, fitted
from tui.widgets.request_table import LOOKS
from tui.widgets.text_pane import Line

LABEL = 12
DECISION = "Decision"
ATTEMPT_LOOKS = {"answered": ("✓", "good"), "": ("⠿", "busy"), "client_closed": ("↩", "warn")}


def overview(trace: Trace, clock: Clock, why: bool, width: int) -> list[Line]:
    """All but headers and bodies.

    Args:
        why: with what each rule said that was tried for the target; else only how many there were.
    """
    decided = trace.request.decided
    lines = _summary(trace.request, "" if why else _tried(decided), clock, width)
    if why and decided:
        lines += _decision(decided, width)
    if lost := trace.request.lost:
        lines += ["", [Piece("Lost in translation", "strong"), Piece(f"  {len(lost)}", "dim")]]
        for path, reason in lost:
            lines += [[Piece("  "), *line] for line in _field(path, reason, width - 2, min(28, width // 3), "dim")]
    lines += ["", [Piece("Attempts", "strong"), Piece(f"  {len(trace.attempts)}", "dim")]]
    if not trace.attempts:
        lines.append([Piece("None: it was answered, or refused, before any provider was asked.", "dim")])
    span = _span_ms(trace, clock)
    for attempt in trace.attempts:
        lines += ["", *_attempt(attempt, trace.request.started_at, span, clock, width)]
    return lines


def headers(trace: Trace, width: int) -> list[Line]:
    """What each attempt sent and got; secrets were taken out before they were written."""
    lines: list[Line] = []
    for attempt in trace.attempts:
        sections = (("sent", attempt.request_headers), ("received", attempt.response_headers))
        for word, pairs in sections:
            lines += [
                [Piece(f"Attempt {attempt.number}", "strong"), Piece(f"  {attempt.token}: headers {word}", "dim")]
            ]
            longest = max((len(name) for name, _ in pairs), default=0)
            for name, value in pairs:
                lines += _field(name, value, width, min(longest + 2, width // 2), "key")
            lines += [""] if pairs else [[Piece("none", "dim")], ""]
    return lines or [[Piece("No attempt was made, so no headers were kept.", "dim")]]


def _summary(row: RequestRow, tried: str, clock: Clock, width: int) -> list[Line]:
    sign, style, word = LOOKS.get(row.state, ("·", "", row.state))
    status = f" {row.status}" if row.status else ""
    took = row.total_ms if row.finished_at else clock.now() * 1000 - row.started_at
    first = f"{elapsed(row.ttft_ms)} to the first content, " if row.ttft_ms is not None else ""
    pairs: list[tuple[str, str, str]] = [
        ("State", f"{sign} {word}{status}{f', stopped by {row.stop_reason}' if row.stop_reason else ''}", style),
        ("Started", moment(row.started_at), ""),
        ("Took", f"{first}{elapsed(took)} in all" if row.finished_at else f"{first}{elapsed(took)} so far", ""),
        ("Client", " · ".join(part for part in (row.client, row.user_agent) if part), ""),
        ("Session", row.session, ""),
        ("Asked", f"{row.method} {row.path}  ({row.format}{', streamed' if row.streamed else ''})", ""),
        ("Answered by" if row.token else "Meant for", _answered_by(row), ""),
        ("Asked for", row.asked_model if row.asked_model != _target(row) else "", ""),
        ("Translated", f"{row.format} to {row.upstream_format} and back" if row.upstream_format else "", ""),
        ("Because", row.because, ""),
        ("Tried", tried, ""),
        ("Scenario", row.scenario, ""),
        ("Tier", row.tier, ""),
        ("Project", row.project, ""),
        ("Subagent", row.agent, ""),
        ("Client key", row.client_key, ""),
        ("Tokens", _tokens(row), ""),
        ("Estimate", estimate_text(row.estimated_input_tokens, row.prompt_tokens), ""),
        ("Cost", cost_text(row.cost_nano_usd, row.cost_basis, row.billing), ""),
        ("Error", row.error, "bad"),
        ("Id", row.id, "dim"),
    ]
    return [line for label, text, look in pairs if text for line in _field(label, text, width, LABEL, "dim", look)]


def _tried(decided: list[tuple[str, str]]) -> str:
    return f"{len(decided)} rules, the last was: {decided[-1][0]}; w shows all" if decided else ""


def _decision(decided: list[tuple[str, str]], width: int) -> list[Line]:
    """The rules in the order they were tried: the last one decided."""
    beside = min(max(len(rule) for rule, _ in decided) + 3, width // 3)
    lines: list[Line] = ["", [Piece(DECISION, "strong"), Piece(f"  {len(decided)} rules tried", "dim")]]
    for number, (rule, said) in enumerate(decided, 1):
        look = "" if number == len(decided) else "dim"
        mark = Piece("▸ ", "hint") if number == len(decided) else Piece("  ")
        first, *rest = _field(rule, said, width - 2, beside, look, look)
        lines += [[mark, *first], *([Piece("  "), *line] for line in rest)]
    return lines


def _target(row: RequestRow) -> str:
    return "/".join(part for part in (row.provider, row.model) if part)


def _answered_by(row: RequestRow) -> str:
    target = _target(row)
    return f"{target} with token {row.token}" if row.token else target


def _tokens(row: RequestRow) -> str:
    if row.prompt_tokens is None and row.output_tokens is None:
        return ""
    cached = [
        f"{number:,} {word}"
        for number, word in (
            (row.cache_read_tokens, "from cache"),
            (row.cache_write_tokens, "to cache"),
            (row.cache_write_1h_tokens, "to cache for 1 h"),
        )
        if number
    ]
    sent = f"{row.prompt_tokens or 0:,} in" + (f" ({', '.join(cached)})" if cached else "")
    reasoning = f" ({row.reasoning_tokens:,} reasoning)" if row.reasoning_tokens else ""
    return f"{sent}, {row.output_tokens or 0:,} out{reasoning}"


def _attempt(attempt: AttemptRow, start: int, span_ms: float, clock: Clock, width: int) -> list[Line]:
    sign, style = ATTEMPT_LOOKS.get(attempt.outcome, ("✗", "bad"))
    target = "/".join(part for part in (attempt.provider, attempt.model) if part)
    head = [Piece(f"{attempt.number} ", "dim"), Piece(f"{sign} ", style), Piece(attempt.token or "no token", "strong")]
    head += [Piece(f"  {target}  ", "dim"), Piece(f"{attempt.status or '–'} {attempt.outcome or 'running'}", style)]
    lines: list[Line] = [head, _lane(attempt, start, span_ms, clock, width)]
    for label, text, look in (
        ("chosen", attempt.because, ""),
        (
            "then",
            " · ".join(part for part in (attempt.action, attempt.reason) if part),
            style if style == "bad" else "",
        ),
        ("session", attempt.affinity, ""),
        ("cache", cache_text(attempt.cache_kept_tokens, attempt.cache_lost_tokens, attempt.cache_lost_nano_usd), ""),
        ("changed", edits_text(attempt.edits), ""),
        ("cost", cost_text(attempt.cost_nano_usd, attempt.cost_basis, attempt.billing), ""),
        ("at", attempt.url, "dim"),
    ):
        if text:
            lines += [[Piece("  "), *line] for line in _field(label, text, width - 2, 9, "dim", look)]
    return lines


def _lane(attempt: AttemptRow, start: int, span_ms: float, clock: Clock, width: int) -> list[Piece]:
    """`▕   ░░░░████   ▏ 312ms`: waiting for the first byte, then receiving, on the time line of the whole request."""
    room = max(10, min(width, 120) - 26)
    end = attempt.finished_at or clock.now() * 1000
    offset = attempt.started_at - start
    length = max(0.0, end - attempt.started_at)
    first = min(length, attempt.first_byte_ms if attempt.first_byte_ms is not None else length)
    left = min(room - 1, round(offset / span_ms * room))
    whole = max(1, min(room - left, round(length / span_ms * room)))
    waiting = min(whole, round(first / span_ms * room))
    good = "busy" if not attempt.outcome else "good" if attempt.outcome == "answered" else "bad"
    times = f" {elapsed(length)}" + (f", first {elapsed(first)}" if attempt.first_byte_ms is not None else "")
    return [
        Piece("  ▕", "dim"),
        Piece(" " * left),
        Piece("░" * waiting, good),
        Piece("█" * (whole - waiting), good),
        Piece(" " * (room - left - whole)),
        Piece("▏", "dim"),
        Piece(fitted(times, 22)),
    ]


def _span_ms(trace: Trace, clock: Clock) -> float:
    now = clock.now() * 1000
    ends = [attempt.finished_at or now for attempt in trace.attempts]
    return max(1.0, max([*ends, trace.request.finished_at or now]) - trace.request.started_at)


def _field(label: str, text: str, width: int, label_width: int, label_style: str, style: str = "") -> list[Line]:
    """`label  text`, the text wrapped beside the label."""
    parts = textwrap.wrap(text, max(20, width - label_width - 1), break_on_hyphens=False) or [""]
    if len(label) >= label_width:  # too long to stand beside: above
        return [[Piece(label, label_style)], *([Piece(" " * label_width), Piece(part, style)] for part in parts)]
    names = [label] + [""] * (len(parts) - 1)
    return [
        [Piece(fitted(name, label_width), label_style), Piece(part, style)]
        for name, part in zip(names, parts, strict=True)
    ]
