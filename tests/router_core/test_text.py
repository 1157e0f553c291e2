"""Text from outside is made safe for a terminal."""

import re
import sys

import pytest

from router_core.text import _INVISIBLE, cause, duration, plain, plain_lines, printable


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain text", "plain text"),
        ("two\nlines\tand tab", "two lines and tab"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("bell\x07 back\x08 del\x7f", "bell back del"),
        ("c1 \x9b31m", "c1 31m"),
        ("over\rwrite", "over write"),
        ("right-to-left \u202egnp.exe", "right-to-left gnp.exe"),
        ("isolate \u2066x\u2069", "isolate x"),
        ("ünïcödé 漢字 🙂", "ünïcödé 漢字 🙂"),
    ],
)
def test_control_characters_never_reach_a_terminal(raw: str, shown: str) -> None:
    assert printable(raw) == shown


def test_no_invisible_character_is_taken_for_a_printable_one() -> None:
    gone = re.findall(_INVISIBLE, "".join(map(chr, range(sys.maxunicode + 1))))
    assert len(gone) > 6000
    assert [char for char in gone if plain(f"a{char}b") not in ("ab", "a b")] == []


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert printable("x" * 10, 10) == "x" * 10
    assert printable("x" * 11, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"), (0, "0s"), (42, "42s"), (59.4, "59s"), (59.6, "1m"), (60, "1m"), (3599, "59m"), (3600, "1h00m"),
        (7800, "2h10m"), (47 * 3600, "47h00m"), (48 * 3600, "2d0h"), (5 * 86400 + 3 * 3600, "5d3h"),
    ],
)  # fmt: skip
def test_durations_as_people_write_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(-2, "Name or service not known"), "Name or service not known"),
        (OSError("[Errno 111] Connect call failed"), "Connect call failed"),
        (TimeoutError(), "TimeoutError"),
        (ValueError("a\x1b[31mb"), "ab"),
    ],
)
def test_a_cause_is_said_without_the_systems_number(error: Exception, said: str) -> None:
    assert cause(error) == said
