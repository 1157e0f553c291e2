"""One line of words that can be clicked: the keys at the bottom, the tabs of the detail screen."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import Piece, strip_of

HELP_KEY = "question_mark"


class Spot(NamedTuple):
    """Something to click."""

    name: str
    pieces: list[Piece]


class HotLine(Widget):
    """Base; `spots` are drawn side by side, those that do not fit are left out."""

    class Clicked(Message):
        """On the spot with this name."""

        def __init__(self, sender: "HotLine", name: str) -> None:
            super().__init__()
            self.sender = sender
            self.name = name

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.spots: list[Spot] = []

    def render_line(self, y: int) -> Strip:
        pieces = [piece for _, spot in self._placed() for piece in spot.pieces]
        return strip_of([Piece(" "), *pieces], self.size.width, self, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        for start, spot in self._placed():
            if start <= event.x < start + _width(spot):
                self.post_message(self.Clicked(self, spot.name))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def _placed(self) -> list[tuple[int, Spot]]:
        return placed(self.spots, self.size.width)


class KeyBar(HotLine):
    """The keys of a screen: `(key, what to show for it, what it does)`. Help stays, whatever else has no room: it tells
    the others."""

    def __init__(self, keys: Sequence[tuple[str, str, str]], *, id: str) -> None:
        super().__init__(id=id)
        self.spots = [Spot(key, [Piece(sign, "hint"), Piece(f" {word} ", "dim")]) for key, sign, word in keys]

    def on_hot_line_clicked(self, event: HotLine.Clicked) -> None:
        event.stop()
        self.app.simulate_key(event.name)

    def _placed(self) -> list[tuple[int, Spot]]:
        return placed(self.spots, self.size.width, keep=HELP_KEY)


class TabLine(HotLine):
    """Tabs; the chosen one stands out."""

    def show(self, tabs: Sequence[tuple[str, str]], chosen: str) -> None:
        """`(name, title)` of each tab."""
        self.spots = [
            Spot(name, [Piece(f" {title} ", "cursor" if name == chosen else "dim"), Piece(" ")]) for name, title in tabs
        ]
        self.refresh()


def placed(spots: Sequence[Spot], width: int, *, keep: str | None = None) -> list[tuple[int, Spot]]:
    """Where each begins, as many as fit; the one with the name `keep` is the last then, if it is none of them."""
    found, x = [], 1
    for spot in spots:
        if x + _width(spot) > width + 1:  # the last may lose its trailing blank
            break
        found.append((x, spot))
        x += _width(spot)
    kept = next((spot for spot in spots[len(found) :] if spot.name == keep), None)
    if kept is None:
        return found
    others = placed(spots[: len(found)], width - _width(kept))
    return [*others, (1 + sum(_width(spot) for _, spot in others), kept)]


def _width(spot: Spot) -> int:
    return sum(cell_len(piece.text) for piece in spot.pieces)
