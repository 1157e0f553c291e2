"""Lines of a log, the newest at the bottom. While *following* the cursor stays there; moving up stops that."""

from collections.abc import Sequence

from tui.log_tail import LogLine
from tui.sanitize import Sanitizer
from tui.widgets.cells import Piece, fitted
from tui.widgets.line_list import LineList

LOOKS = {"debug": "dim", "info": "dim", "warning": "warn", "error": "bad"}
WORDS = {"debug": "debug", "info": "info", "warning": "warn", "error": "ERROR"}
MOST = 20_000
"""Lines kept; older ones go."""


class LogList(LineList):
    """Shows the lines of some level on that hold every word."""

    HEADER_LINES = 0

    def __init__(self, sanitizer: Sanitizer, *, id: str) -> None:
        super().__init__(id=id)
        self._sanitizer = sanitizer
        self._all: list[LogLine] = []
        self._shown: list[LogLine] = []
        self._levels: frozenset[str] = frozenset(LOOKS)
        self._words: list[str] = []
        self.following = True

    @property
    def selected(self) -> LogLine | None:
        return self._shown[self.cursor] if self._shown else None

    @property
    def counts(self) -> tuple[int, int]:
        """How many lines are shown, and how many there are."""
        return len(self._shown), len(self._all)

    def filter(self, levels: frozenset[str], text: str) -> None:
        """Show only these; the cursor stays on its line, or goes to the next one."""
        at = self.selected
        self._levels, self._words = levels, text.lower().split()
        self._shown = [line for line in self._all if self._fits(line)]
        place = next((place for place, line in enumerate(self._shown) if line is at), len(self._shown) - 1)
        self.set_reactive(LineList.cursor, max(0, place))
        self._laid_out()

    def come(self, lines: Sequence[LogLine], *, afresh: bool) -> None:
        """More lines, or the first ones."""
        if afresh:
            self._all, self._shown = [], []
        self._all += lines
        self._shown += [line for line in lines if self._fits(line)]
        lost = len(self._shown)
        if len(self._all) > MOST:
            gone = self._all[: len(self._all) - MOST]
            del self._all[: len(gone)]
            del self._shown[: sum(1 for line in gone if self._fits(line))]
        lost -= len(self._shown)
        if not self.following:
            self.set_reactive(LineList.cursor, max(0, self.cursor - lost))
            if lost:
                self.scroll_to(y=max(0, self.scroll_offset.y - lost), animate=False)
        self._laid_out()

    def follow(self, following: bool) -> None:
        self.following = following
        self._laid_out()

    def _laid_out(self) -> None:
        if self.following:
            self.set_reactive(LineList.cursor, max(0, len(self._shown) - 1))
        self.resize_lines()
        if self.following:
            self.call_after_refresh(self.show_cursor)  # the new height is known then
        self.refresh()

    def _fits(self, line: LogLine) -> bool:
        if line.level not in self._levels:
            return False
        text = line.text.lower()
        return all(word in text for word in self._words)

    # LineList

    def item_count(self) -> int:
        return len(self._shown)

    def go_to(self, item: int) -> None:
        super().go_to(item)
        self.following = self.cursor == len(self._shown) - 1
        self.post_message(self.Moved(self))

    class Moved(LineList.Opened):
        """The cursor is on another line."""

        def __init__(self, sender: "LogList") -> None:
            super().__init__(sender, sender.cursor)

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        row = self._shown[item]
        look = LOOKS[row.level]
        text = self._sanitizer.line(row.text)
        strong = look if row.level in ("error", "warning") else ""
        if not row.time:
            return [Piece(" " * 19), *self._marked(fitted(text, max(1, width - 20)).rstrip(), look)]
        head = [Piece(f"{row.time} ", "dim"), Piece(f"{WORDS[row.level]:<5} ", look)]
        return [*head, *self._marked(fitted(text, max(1, width - 20)).rstrip(), strong)]

    def _marked(self, text: str, style: str) -> list[Piece]:
        """The words of the filter stand out."""
        lower, pieces, at = text.lower(), [], 0
        while self._words and len(lower) == len(text):
            found = [(place, word) for word in self._words if (place := lower.find(word, at)) >= 0]
            if not found:
                break
            place, word = min(found)
            pieces += [Piece(text[at:place], style), Piece(text[place : place + len(word)], "match")]
            at = place + len(word)
        return [*pieces, Piece(text[at:], style)]

    def draw_header(self, width: int) -> list[Piece]:
        return []

    def draw_empty(self, width: int) -> list[list[Piece]]:
        if self._all:
            return [[Piece("  No line fits. ", "strong"), Piece("Esc clears the filter, l shows other levels.", "dim")]]
        return [
            [Piece("  Nothing was logged yet.", "strong")],
            [Piece("  A router that runs writes here what it does; [server] log_level says how much.", "dim")],
        ]
