"""A list that draws only the lines that are seen, so that its length costs nothing.

Textual's DataTable measures and caches every row; here a subclass says how many items there are and draws one line when
asked. Items may be several lines high. A header stays on top.
"""

from collections.abc import Hashable
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.cells import Piece, line_style, strip_of
from tui.widgets.drawn_lines import DrawnLines


class LineList(ScrollView, can_focus=True):
    """Base of the token list and the request table."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("home,g", "jump(0)", "first", show=False),
        Binding("end,G", "jump(-1)", "last", show=False),
        Binding("enter", "open", "open", show=False),
    ]

    HEADER_LINES: ClassVar[int] = 1
    """0: there is none."""

    cursor: reactive[int] = reactive(0, repaint=False)

    class Opened(Message):
        """Enter or a double click on an item."""

        def __init__(self, sender: "LineList", item: int) -> None:
            super().__init__()
            self.sender = sender
            self.item = item

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._base: Style | None = None
        self._kept_lines = DrawnLines()

    # What a subclass says.

    def item_count(self) -> int:
        raise NotImplementedError

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        """Line `line` (from 0) of an item."""
        raise NotImplementedError

    def draw_header(self, width: int) -> list[Piece]:
        raise NotImplementedError

    def draw_empty(self, width: int) -> list[list[Piece]]:
        """The lines shown when there is no item."""
        raise NotImplementedError

    def shown_by(self, item: int) -> tuple[Hashable, object] | None:
        """The look and the object that the lines of an item depend on, and on nothing else: then they are kept as they
        were drawn. None: draw them each time."""
        return None

    def first_line(self, item: int) -> int:
        return item

    def height_of(self, item: int) -> int:
        return 1

    def item_at(self, line: int) -> int:
        return line

    def line_total(self) -> int:
        return self.item_count()

    @property
    def is_active(self) -> bool:
        """The keys move this cursor."""
        return self.has_focus

    # Drawing.

    def resize_lines(self) -> None:
        """To be called when the number of lines may have changed."""
        lines = self.line_total() if self.item_count() else len(self.draw_empty(self.size.width))
        self.virtual_size = Size(self.size.width, lines + self.HEADER_LINES)

    def redraw_item(self, item: int) -> None:
        """Draw one item again, if there is one and it is in sight."""
        if not 0 <= item < self.item_count():
            return
        top = self.first_line(item) - self.scroll_offset.y + self.HEADER_LINES
        seen = Region(0, top, self.size.width, self.height_of(item)).intersection(self._body)
        if seen:
            self.refresh(seen)

    @property
    def items_in_sight(self) -> range:
        """The items of which some line is seen."""
        if not self.item_count():
            return range(0)
        first = self.scroll_offset.y
        last = min(first + max(0, self.size.height - self.HEADER_LINES - 1), self.line_total() - 1)
        return range(self.item_at(first), self.item_at(last) + 1) if last >= first else range(0)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        base = self._base_style()
        if y < self.HEADER_LINES:
            header = base + line_style(self, "header")
            return strip_of(self.draw_header(width), width, self, header)
        line = self.scroll_offset.y + y - self.HEADER_LINES
        if not self.item_count():
            lines = self.draw_empty(width)
            return strip_of(lines[line] if line < len(lines) else [], width, self, base)
        if line >= self.line_total():
            return Strip.blank(width, base)
        item = self.item_at(line)
        mark = ("cursor" if self.is_active else "cursor-idle") if item == self.cursor else ""
        base += line_style(self, mark)
        part = line - self.first_line(item)

        def drawn() -> Strip:
            return strip_of(self.draw(item, part, width), width, self, base)

        shown = self.shown_by(item)
        return drawn() if shown is None else self._kept_lines.line((shown[0], part, width, mark), shown[1], drawn)

    def _base_style(self) -> Style:
        if self._base is None:
            self._base = self.rich_style  # walks up the tree: once, not for each line
        return self._base

    @property
    def _body(self) -> Region:
        return Region(0, self.HEADER_LINES, self.size.width, max(0, self.size.height - self.HEADER_LINES))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._base = None
        self._kept_lines.forget()
        self.refresh()  # the theme changed: every line has other colours

    def on_resize(self) -> None:
        self.resize_lines()
        self.show_cursor()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    # Moving.

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, self.item_count() - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        self.redraw_item(old)
        self.redraw_item(new)

    def show_cursor(self) -> None:
        """Scroll no more than it takes to see the cursor."""
        if not self.item_count():
            return
        top, height = self.first_line(self.cursor), self.height_of(self.cursor)
        room = max(1, self.size.height - self.HEADER_LINES)
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False)
        elif top + height > self.scroll_offset.y + room:
            self.scroll_to(y=top + height - room, animate=False)

    def go_to(self, item: int) -> None:
        """Set the cursor by hand of the user."""
        self.cursor = item
        self.show_cursor()

    def action_move(self, by: int) -> None:
        self.go_to(self.cursor + by)

    def action_page(self, by: int) -> None:
        self.go_to(self.cursor + by * max(1, self.size.height - self.HEADER_LINES - 1))

    def action_jump(self, item: int) -> None:
        self.go_to(item if item >= 0 else self.item_count() - 1)

    def action_open(self) -> None:
        if self.item_count():
            self.post_message(self.Opened(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)  # None: on the border
        if place is None or place.y < self.HEADER_LINES or not self.item_count():
            return
        line = self.scroll_offset.y + place.y - self.HEADER_LINES
        if line >= self.line_total():
            return
        self.go_to(self.item_at(line))
        if event.chain == 2:
            self.action_open()
