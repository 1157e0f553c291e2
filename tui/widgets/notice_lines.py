"""What needs a look, a line of each; a click goes to the token."""

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.sanitize import Sanitizer
from tui.token_notices import Notice
from tui.widgets.cells import Piece, fitted, strip_of

CALM = "All tokens that are switched on work, and none is nearly used up."
SIGNS = {"bad": "✗", "warn": "▲"}


class NoticeLines(Widget):
    """As many of the notices as there are lines."""

    class Chosen(Message):
        """A notice was clicked."""

        def __init__(self, token_id: str) -> None:
            super().__init__()
            self.token_id = token_id

    def __init__(self, sanitizer: Sanitizer, *, id: str) -> None:
        super().__init__(id=id)
        self._sanitizer = sanitizer
        self._notices: Sequence[Notice] = ()
        self._has_tokens = False

    def show(self, notices: Sequence[Notice], most: int, *, has_tokens: bool) -> None:
        """
        Args:
            most: lines that there is room for.
        """
        self._notices, self._has_tokens = notices, has_tokens
        self.styles.height = min(most, len(notices)) or (1 if has_tokens else 0)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if not self._notices:
            calm = [Piece(" ● ", "good"), Piece(CALM, "dim")] if self._has_tokens else []
            return strip_of(calm, width, self, self.rich_style)
        if y >= len(self._notices):
            return Strip.blank(width, self.rich_style)
        return strip_of(self._line(y, width), width, self, self.rich_style)

    def _line(self, y: int, width: int) -> list[Piece]:
        notice = self._notices[y]
        left = len(self._notices) - self.size.height
        more = f"  +{left} more" if left > 0 and y == self.size.height - 1 else ""
        head = [Piece(f" {SIGNS.get(notice.style, '▲')} ", notice.style)]
        head.append(Piece(f"{self._sanitizer.name(notice.token.name)}: ", "strong"))
        room = width - sum(len(piece.text) for piece in head) - len(more) - 1
        what, do = self._sanitizer.sentence(notice.what), self._sanitizer.sentence(notice.do)
        if len(what) + len(do) + 3 > room:  # what to do is worth more than all of the reason
            what = fitted(what, max(12, room - len(do) - 3)) if len(do) + 15 < room else fitted(what, room)
            do = do if len(do) + 15 < room else ""
        pieces = [*head, Piece(what, notice.style)]
        if do:
            pieces.append(Piece(f" ▸ {do}", "hint"))
        return [*pieces, Piece(more, "dim")]

    def on_click(self, event: events.Click) -> None:
        if 0 <= event.y < len(self._notices):
            self.post_message(self.Chosen(self._notices[event.y].token.id))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()
