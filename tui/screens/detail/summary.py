"""The first tab: what it was, why it went there, what it cost, and each attempt on the way."""

from router_core.spend.cost_text import cost_text
from router_core.trace.words import estimate_text
from tui.figures import elapsed, moment
from tui.records import RequestRow
from tui.screens.detail.facts import View, fact, heading
from tui.screens.detail.timeline import timeline
from tui.screens.detail.why import decision, lost
from tui.widgets.request_cells import LOOKS
from tui.widgets.text_pane import Line


def summary(view: View, roomy: bool, width: int) -> list[Line]:
    """What people ask first, the attempts, then everything else but bodies and headers.

    Args:
        roomy: with what each rule said, and what was lost.
    """
    lines = _first(view, roomy, width)
    if roomy and view.trace.request.decided:
        lines += ["", *decision(view, width)]
    if roomy and view.trace.request.lost:
        lines += ["", *lost(view, width)]
    return [*lines, "", *timeline(view, width), "", heading("Also"), *_also(view, width)]


def _first(view: View, roomy: bool, width: int) -> list[Line]:
    row, names = view.trace.request, view.sanitizer
    sign, style, word = LOOKS.get(row.state, ("·", "", row.state))
    status = f" {row.status}" if row.status else ""
    asked = row.asked_model if row.asked_model != view.target else ""
    where = f"{view.target} with token {names.name(row.token)}" if row.token else view.target
    return _facts(
        width,
        ("State", f"{sign} {word}{status}{f', stopped by {row.stop_reason}' if row.stop_reason else ''}", style),
        ("Error", names.sentence(row.error), "bad"),
        ("Asked for", asked, ""),
        ("Answered by" if row.token else "Meant for", where, "strong"),
        ("Because", names.sentence(row.because), ""),
        ("Tried", "" if roomy else _tried(row.decided), "dim"),
        ("Cost", cost_text(row.cost_nano_usd, row.cost_basis, row.billing), "strong"),
        ("Took", _took(row, view.now_ms), ""),
        ("Tokens", tokens_text(row), ""),
        ("Lost", "" if roomy or not row.lost else f"{len(row.lost)} in translation: Changes tells what", "warn"),
    )


def _also(view: View, width: int) -> list[Line]:
    row, names = view.trace.request, view.sanitizer
    return _facts(
        width,
        ("Started", moment(row.started_at), ""),
        ("Client", " · ".join(part for part in (row.client, row.user_agent) if part), ""),
        ("Client key", names.name(row.client_key), ""),
        ("Session", names.id(row.session), ""),
        ("Subagent", names.id(row.agent), ""),
        ("Project", names.name(row.project), ""),
        ("Scenario", row.scenario, ""),
        ("Tier", row.tier, ""),
        ("Estimate", estimate_text(row.estimated_input_tokens, row.prompt_tokens), ""),
        ("Translated", f"{row.format} to {row.upstream_format} and back" if row.upstream_format else "", ""),
        ("Asked", f"{row.method} {row.path}  ({row.format}{', streamed' if row.streamed else ''})", ""),
        ("Id", names.id(row.id), "dim"),
    )


def _facts(width: int, *pairs: tuple[str, str, str]) -> list[Line]:
    return [line for label, text, look in pairs if text for line in fact(label, text, width, look=look)]


def _took(row: RequestRow, now_ms: float) -> str:
    took = row.total_ms if row.finished_at else now_ms - row.started_at
    first = f"{elapsed(row.ttft_ms)} to the first content, " if row.ttft_ms is not None else ""
    return f"{first}{elapsed(took)} in all" if row.finished_at else f"{first}{elapsed(took)} so far"


def _tried(decided: list[tuple[str, str]]) -> str:
    return f"{len(decided)} rules, the last was: {decided[-1][0]}; w shows all" if decided else ""


def tokens_text(row: RequestRow) -> str:
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
