"""What each attempt sent and got; secrets were taken out before they were written."""

from tui.screens.detail.facts import View, fact, heading
from tui.widgets.cells import Piece
from tui.widgets.text_pane import Line


def headers(view: View, width: int) -> list[Line]:
    """The whole tab."""
    lines: list[Line] = []
    for attempt in view.trace.attempts:
        for word, pairs in (("sent", attempt.request_headers), ("received", attempt.response_headers)):
            token = view.sanitizer.name(attempt.token)
            lines.append(heading(f"Attempt {attempt.number}", f"{token}: headers {word}"))
            longest = max((len(name) for name, _ in pairs), default=0)
            for name, value in pairs:
                shown = view.sanitizer.text(value)
                lines += fact(name, shown, width, min(longest + 2, max(24, width // 2)), "", "key")
            lines += [""] if pairs else [[Piece("none", "dim")], ""]
    return lines or [[Piece("No attempt was made, or none is kept: so there are no headers.", "dim")]]
