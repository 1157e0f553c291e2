"""Tables and JSON as they are printed."""

import json

import click
import pytest
from click.testing import CliRunner

from router_core.cli.printing import Cell, print_json, print_table


def printed(*rows: list[Cell | str], colour: bool = False, heading: bool = True, least: tuple[int, ...] = ()) -> str:
    @click.command()
    def command() -> None:
        print_table(["NAME", "N", ""], rows, heading=heading, least=least)

    done = CliRunner().invoke(command, color=colour, catch_exceptions=False)
    return done.stdout


def test_columns_are_as_wide_as_their_widest_text_and_numbers_stand_at_the_right() -> None:
    rows: list[list[Cell | str]] = [["a", Cell("7", right=True), "x"], ["longer", Cell("123", right=True), ""]]
    assert printed(*rows) == "NAME      N\na         7  x\nlonger  123\n"


def test_the_heading_can_be_left_out_and_the_first_columns_can_be_wider() -> None:
    assert printed(["a", "b", "c"], heading=False, least=(5, 2)) == "a      b   c\n"
    assert printed(heading=False) == ""
    assert printed() == "NAME  N\n"


def test_a_colour_is_around_the_text_and_not_around_what_fills_the_column() -> None:
    shown = printed([Cell("ok", "green"), "1", "-"], [Cell("", "red"), Cell("22", "red", right=True), "-"], colour=True)
    assert shown.split("\n")[1:] == ["\x1b[32mok\x1b[0m     1  -", "      \x1b[31m22\x1b[0m  -", ""]
    assert "\x1b" not in printed([Cell("ok", "green"), "1", "-"])


def test_nothing_in_a_cell_acts_on_the_terminal_or_breaks_the_line() -> None:
    assert printed(["a\nb", "\x1b[31mred", "x" * 200]).split("\n")[1] == f"a b   red  {'x' * 159}…"


def test_rows_have_as_many_cells_as_there_are_headings() -> None:
    with pytest.raises(ValueError, match="zip"):
        printed(["a", "b"], ["a", "b"])


@pytest.mark.parametrize(
    "value", [[], {"a": [1, None, 0.5]}, {"ü": "\u202e漢字 🙂", "b": "🙂"}, "half \ud83d", 2**80, "\x1b[31m"]
)
def test_json_is_ascii_indented_and_ends_its_line(value: object, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    print_json(value)
    shown = capsysbinary.readouterr().out
    assert shown == json.dumps(value, indent=2).encode() + b"\n"
    assert shown.isascii()
