"""What is what in a TOML text."""

import pytest

from tui.toml_colours import spans


def told(text: str) -> list[tuple[int, str, str]]:
    """(line, text, style)."""
    lines = text.split("\n")
    return [(line, lines[line][start:end], name) for line, each in spans(text).items() for start, end, name in each]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("[a.b] # c", [(0, "[a.b]", "strong"), (0, "# c", "dim")]),
        ("[[a]]", [(0, "[[a]]", "strong")]),
        ('x = "y#z"', [(0, "x", "key"), (0, '"y#z"', "string")]),
        ("a.'b' = 1.5", [(0, "a.'b'", "key"), (0, "1.5", "number")]),
        ("x = [true, 3]", [(0, "x", "key"), (0, "true", "number"), (0, "3", "number")]),
        ("é = 'ü'", [(0, "é", "key"), (0, "'ü'", "string")]),
        ('x = """a\n[b]\nc"""', [(0, "x", "key"), (0, '"""a', "string"), (1, "[b]", "string"), (2, 'c"""', "string")]),
        ("\n\nx = 1", [(2, "x", "key"), (2, "1", "number")]),
        (
            'k = "[hidden:abcdef:1]"',
            [(0, "k", "key"), (0, '"[hidden:abcdef:1]"', "string"), (0, "[hidden:abcdef:1]", "warn")],
        ),
        ('x = "unended', [(0, "x", "key")]),
    ],
)
def test_parts_are_told_apart(text: str, found: list[tuple[int, str, str]]) -> None:
    assert told(text) == found
