"""Where long text is broken."""

import pytest
from rich.cells import cell_len

from tui.widgets.breaking import broken, wrapped


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("short", ["short"]),
        ("one two three four five", ["one two three four", "five"]),
        ("exactly twenty cells and more", ["exactly twenty cells", "and more"]),
        ("    indented text stays indented", ["    indented text", "stays indented"]),
        ("two  blanks stay  where they are", ["two  blanks stay", "where they are"]),
        ("    " + "m" * 20, ["    " + "m" * 16, "m" * 4]),
        ("m" * 45, ["m" * 20, "m" * 20, "m" * 5]),
        ("額度已用完，請稍後再試，或更換金鑰", ["額度已用完，請稍後再", "試，或更換金鑰"]),
    ],
)
def test_lines_end_at_blanks_and_count_cells(text: str, lines: list[str]) -> None:
    assert broken(text, 20) == lines
    assert all(cell_len(line) <= 20 for line in lines)


def test_a_sentence_is_one_whatever_its_blanks() -> None:
    assert wrapped("so  many\n blanks\tand lines are\none", 20) == ["so many blanks and", "lines are one"]


def test_a_megabyte_without_a_blank_is_broken_in_no_time() -> None:
    assert len(broken("汉" * 400_000, 80)) == 10_000
