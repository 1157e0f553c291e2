"""Some lines of text, as many as there are, drawn afresh when they are other ones."""

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import Piece, strip_of


class Lines(Widget):
    """A subclass says what they are; call `changed()` when they may be other ones."""

    DEFAULT_CSS = "Lines { height: auto; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._drawn: list[list[Piece]] = []
        self._width = -1

    def draw(self, width: int) -> list[list[Piece]]:
        raise NotImplementedError

    def changed(self) -> None:
        """Draw what is different; laid out again only when the number of lines is another."""
        drawn = self.draw(self.size.width)
        if drawn != self._drawn:
            higher = len(drawn) != len(self._drawn)
            self._drawn, self._width = drawn, self.size.width
            self.refresh(layout=higher)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.draw(width))

    def on_resize(self) -> None:
        self.changed()

    def render_line(self, y: int) -> Strip:
        if self._width != self.size.width:
            self._drawn, self._width = self.draw(self.size.width), self.size.width
        pieces = self._drawn[y] if y < len(self._drawn) else []
        return strip_of(pieces, self.size.width, self, self.rich_style)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()
