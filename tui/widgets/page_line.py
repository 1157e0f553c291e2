"""The line of pages: their keys and names, the current one marked; clicking one goes there."""

from collections.abc import Sequence
from typing import Protocol

from rich.cells import cell_len

from tui.widgets.cells import Piece
from tui.widgets.hot_line import HotLine, Spot


class Named(Protocol):
    """A page: the key that goes there, its name, and what is left of the name where there is little room."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def short(self) -> str: ...


KEY_NAMES = {"?": "question_mark"}


class PageLine(HotLine):
    """Whole names where they fit, else short ones, else only the current page's; a click is a press of the key."""

    def __init__(self, places: Sequence[Named], current: str, *, id: str) -> None:
        super().__init__(id=id)
        self._places, self._current = places, current

    def on_hot_line_clicked(self, event: HotLine.Clicked) -> None:
        # here and not in the page: a key that the page itself sends stops at the page (Textual: "parent is sender")
        event.stop()
        self.app.simulate_key(event.name)

    def on_resize(self) -> None:
        self.spots = spots(self._places, self._current, self.size.width)
        self.refresh()


def spots(places: Sequence[Named], current: str, width: int) -> list[Spot]:
    """The most that fits into the width."""
    for naming in (_whole, _short, _bare):
        words = [place.name if place.name == current else naming(place) for place in places]
        for gap in (2, 1):
            found = [_spot(place, word, place.name == current, gap) for place, word in zip(places, words, strict=True)]
            if found:
                found[-1] = Spot(found[-1].name, found[-1].pieces[:-1])  # nothing stands behind it
            if 1 + sum(cell_len(piece.text) for spot in found for piece in spot.pieces) <= width:
                return found
    return found


def _whole(place: Named) -> str:
    return place.name


def _short(place: Named) -> str:
    return place.short


def _bare(place: Named) -> str:
    return ""


def _spot(place: Named, word: str, current: bool, gap: int) -> Spot:
    text = f"{place.key} {word}".rstrip()
    name = KEY_NAMES.get(place.key, place.key)
    if current:
        return Spot(name, [Piece(f" {text} ", "current"), Piece(" " * (gap - 1))])
    head = [Piece(place.key, "hint"), Piece(f" {word}".rstrip(), "dim")]
    return Spot(name, [*head, Piece(" " * gap)])
