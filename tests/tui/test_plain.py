"""What strangers send can neither steer the terminal nor hide in it."""

import pytest

from tui.plain import plain, plain_lines


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("claude-sonnet-4-5", "claude-sonnet-4-5"),
        ("模型 – ü", "模型 – ü"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x\x1b]52;c;aGk=\x1b\\y", "xy"),
        ("\x1b]8;;unterminated", "]8;;unterminated"),
        ("\x9b2J\x90q\x85", "2Jq"),
        ("a\u202eb\u2066c\u200bd\ufeff", "abcd"),
        ("one\r\ntwo\tthree", "one two three"),
        ("half \ud83d", "half "),
        ("[bold]x[/]", "[bold]x[/]"),
    ],
)
def test_plain(text: str, harmless: str) -> None:
    assert plain(text) == harmless


def test_lines_keep_their_breaks_and_tabs_become_blanks() -> None:
    assert plain_lines("a\r\nb\rc\n\td\x00\x1b[1m!") == ["a", "b", "c", "    d!"]
