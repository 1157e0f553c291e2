"""Every picture of the app over a made-up home: which keys lead there, and what can be read when it is complete.

A new page adds its line here; `scripts/tui-picture` draws them, and test_pictures.py looks at each.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture."""

    keys: tuple[str, ...]
    """Pressed from the first page on."""
    words: tuple[str, ...]
    """Read at every size when all is there."""
    in_readme: bool = False


SHOTS: dict[str, Shot] = {
    "overview": Shot((), ("2 running", "spare", "project clock", "Attention · 5"), in_readme=True),
    "tokens": Shot(("2",), ("Tokens · 5", "31 samples", "meanwhile max-anna pays"), in_readme=True),
    "requests": Shot(("3",), ("2 running",)),
    "statistics": Shot(("5",), ("claude-opus-5-5", "at list prices"), in_readme=True),
    "logs": Shot(("8",), ("of the newest 40 lines", "rests until")),
    "config": Shot(("9",), ("2 secrets hidden", "line 9")),
    "help": Shot(("question_mark",), ("Keys of Overview",)),
    "detail": Shot(("3", "down", "down", "enter"), ("429 window_exhausted", "attempt-1"), in_readme=True),
}
SIZES: dict[str, tuple[int, int]] = {"80x24": (80, 24), "120x40": (120, 40), "240x70": (240, 70)}
README_SIZE = (120, 40)
NOW = 1_795_201_751.0  # any moment will do, but always the same: a picture changes only when the app does
