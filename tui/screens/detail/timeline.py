"""The attempts of a request: all bars on one time line, then what is to be said of each."""

from router_core.spend.cost_text import cost_text
from router_core.trace.words import cache_text, edits_text
from tui.figures import elapsed
from tui.records import AttemptRow
from tui.screens.detail.facts import View, fact, heading, indented
from tui.waterfall import REUSED_MS, Lane, axis, lanes, span_ms
from tui.widgets.cells import Piece, fitted
from tui.widgets.text_pane import Line

ATTEMPT_LOOKS = {"answered": ("✓", "good"), "": ("⠿", "busy"), "client_closed": ("↩", "warn")}
SIGNS = {"before": " ", "connect": "▒", "wait": "░", "stream": "█", "after": " "}
LEGEND = (("▒", "connecting"), ("░", "waiting for the first byte"), ("█", "receiving"))
WIDEST = 150


def timeline(view: View, width: int) -> list[Line]:
    """The waterfall, and each attempt."""
    attempts = view.trace.attempts
    lines: list[Line] = [heading("Attempts", str(len(attempts)))]
    if not attempts:
        row = view.trace.request
        said = "It was answered, or refused, before any provider was asked."
        return [
            *lines,
            [Piece("None yet." if row.running else f"None are kept. {said}" if row.attempts == 0 else GONE, "dim")],
        ]
    named = [_name(view, attempt) for attempt in attempts]
    beside = min(max(len(name) for name in named), max(12, width // 4)) + 4
    room = max(10, min(width, WIDEST) - beside - 10)
    span = span_ms(view.trace.request, attempts, view.now_ms)
    lines.append([Piece(" " * (beside + 2)), Piece(axis(span, room), "dim")])
    for lane, name in zip(lanes(view.trace.request, attempts, view.now_ms, room), named, strict=True):
        lines.append(_bar(lane, fitted(name, beside - 4)))
    legend = [piece for sign, word in LEGEND for piece in (Piece(f"{sign} ", ""), Piece(f"{word}   ", "dim"))]
    lines.append([Piece(" " * (beside + 2)), *legend] if room > 50 else legend)
    for attempt in attempts:
        lines += ["", *_said(view, attempt, width)]
    return lines


GONE = "They are not kept any more: attempts and bodies are kept of the newest requests (keep in [trace])."


def _name(view: View, attempt: AttemptRow) -> str:
    return view.sanitizer.name(attempt.token) or "no token"


def _bar(lane: Lane, name: str) -> Line:
    sign, style = ATTEMPT_LOOKS.get(lane.attempt.outcome, ("✗", "bad"))
    bar = [Piece(SIGNS[part] * cells, style) for part, cells in lane.cells]
    head = [Piece(f"{lane.attempt.number} ", "dim"), Piece(f"{sign} ", style), Piece(name, "strong")]
    return [*head, Piece(" ▕", "dim"), *bar, Piece("▏", "dim"), Piece(elapsed(lane.length_ms).replace(" ", ""))]


def _said(view: View, attempt: AttemptRow, width: int) -> list[Line]:
    sign, style = ATTEMPT_LOOKS.get(attempt.outcome, ("✗", "bad"))
    target = "/".join(part for part in (attempt.provider, attempt.model) if part)
    head = [Piece(f"{attempt.number} ", "dim"), Piece(f"{sign} ", style), Piece(_name(view, attempt), "strong")]
    head += [Piece(f"  {target}  ", "dim"), Piece(f"{attempt.status or '–'} {attempt.outcome or 'running'}", style)]
    lines: list[Line] = [head]
    sentence = view.sanitizer.sentence
    then = " · ".join(part for part in (attempt.action, sentence(attempt.reason)) if part)
    cache = cache_text(attempt.cache_kept_tokens, attempt.cache_lost_tokens, attempt.cache_lost_nano_usd)
    for label, text, look in (
        ("chosen", sentence(attempt.because), ""),
        ("then", then, style if style == "bad" else ""),
        ("took", _times(attempt), ""),
        ("session", sentence(attempt.affinity), ""),
        ("cache", cache, ""),
        ("changed", edits_text(attempt.edits), ""),
        ("cost", cost_text(attempt.cost_nano_usd, attempt.cost_basis, attempt.billing), ""),
        ("at", attempt.url if not view.sanitizer.on else attempt.url.partition("?")[0], "dim"),
    ):
        if text:
            lines += indented(fact(label, text, width - 2, 9, look))
    return lines


def _times(attempt: AttemptRow) -> str:
    """`connected in 12ms, first byte after 410ms, 412ms in all`."""
    parts = []
    if attempt.connect_ms is not None:
        short = attempt.connect_ms <= REUSED_MS
        parts.append("on a connection that was there" if short else f"connected in {elapsed(attempt.connect_ms)}")
    if attempt.first_byte_ms is not None:
        parts.append(f"first byte after {elapsed(attempt.first_byte_ms)}")
    if attempt.finished_at is not None:
        parts.append(f"{elapsed(attempt.finished_at - attempt.started_at)} in all")
    return ", ".join(parts)
