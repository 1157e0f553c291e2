"""Every picture of the app over a made-up home: which keys lead there, and what can be read when it is complete.

A new page adds its line here; `scripts/tui-picture` draws them, and test_pictures.py looks at those of the README.
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
    "overview": Shot((), ("2 running", "spare", "$4.30 of $5.00", "Attention · 5"), in_readme=True),
    "tokens": Shot(("2",), ("Tokens · 5", "31 samples", "meanwhile max-anna pays"), in_readme=True),
    "requests": Shot(("3",), ("2 running", "/ to filter", "claude-opus-4-5"), in_readme=True),
    "requests-sorted": Shot(("3", "s", "s", "s"), ("the dearest first", "of all requests")),
    "requests-filter": Shot(("3", "slash", *"model:"), ("Tab model:claude",)),
    "requests-like": Shot(("3", "down", "down", "equals_sign"), ("Only requests with the same",)),
    "sessions": Shot(("4",), ("Sessions · ", "PROJECT", "clock")),
    "session": Shot(("4", "enter"), ("real money", "Turns · ", "‹ The failing test expects UTC.")),
    "statistics": Shot(("5",), ("claude-opus-5-5", "at list prices"), in_readme=True),
    "routing": Shot(("6",), ("Routing",)),
    "playground": Shot(("7",), ("Playground",)),
    "logs": Shot(("8",), ("of the newest 40 lines", "rests until")),
    "config": Shot(("9",), ("2 secrets hidden", "line 9")),
    "help": Shot(("question_mark",), ("Keys of Overview",)),
    "detail": Shot(("3", "down", "down", "enter"), ("✗ max-ben", "Because     think", "7 Headers"), in_readme=True),
    "detail-why": Shot(("3", "down", "down", "enter", "2"), ("Decision  6 rules tried", "▸ scenario")),
    "detail-changes": Shot(("3", "down", "down", "enter", "3"), ("Attempt 2", "[maxtoken]")),
    "detail-answer": Shot(("3", "down", "down", "enter", "4"), ("The failing test expects UTC.", "■ stopped")),
    "detail-events": Shot(("3", "down", "down", "enter", "4", "v"), ("content_block_delta",)),
    "detail-cost": Shot(("3", "down", "down", "enter", "6"), ("at list prices", "Cache saved")),
    "detail-curl": Shot(("3", "down", "down", "enter", "c"), ("Authorization: Bearer $(cat",)),
    "detail-replay": Shot(("3", "down", "down", "enter", "R"), ("token max-ben", "claude/claude-haiku-4-5")),
    "detail-replayed": Shot(
        ("3", "down", "down", "enter", "R", *"gpt-5.2", "enter"), ("BEFORE", "The answers differ.")
    ),
}
SIZES: dict[str, tuple[int, int]] = {"80x24": (80, 24), "120x40": (120, 40), "240x70": (240, 70)}
README_SIZE = (120, 40)
NOW = 1_795_201_751.0  # any moment will do, but always the same: a picture changes only when the app does
