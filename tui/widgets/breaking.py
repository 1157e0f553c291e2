"""Long text broken at blanks into lines, by cells: a wide character is two."""

from rich.cells import chop_cells

LEAST = 20
"""Narrower lines cannot be read: then the rest is cut off where they are drawn."""


def broken(text: str, width: int) -> list[str]:
    """The lines of a text of one line; its blanks stay, but for those at which it is broken.

    What has no blank is cut where it must be.
    """
    width, parts, start = max(LEAST, width), [], 0
    while start < len(text):
        window = text[start : start + width]
        fits = window if window.isascii() else next(iter(chop_cells(window, width)))
        end = start + len(fits)
        if end < len(text):
            indent = len(fits) - len(fits.lstrip(" "))
            blank = text.rfind(" ", start + indent + 1, end + 1)
            end = blank if blank > 0 else end
            parts.append(text[start:end].rstrip(" "))
        else:
            parts.append(text[start:end])
        start = end
        while start < len(text) and text[start] == " ":
            start += 1
    return parts or [""]


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a sentence: of blanks and line breaks in it, one is as good as many."""
    return broken(" ".join(text.split()), width)
