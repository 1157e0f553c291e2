"""The expectation file and the README say the same, of every cell, and a changed cell is noticed in both directions."""

from pathlib import Path

import pytest

from tests.matrix.cell import Outcome
from tests.matrix.expected import read_expected, verdict
from tests.matrix.places import places
from tests.matrix.table import markdown, written_in

README = Path(__file__).resolve().parents[2] / "README.md"
OK = Outcome("ok")
ONE = Outcome("losses", ("seed: unknown there",))
TWO = Outcome("losses", ("seed: unknown there", "top_k: unknown there"))
REFUSED = Outcome("refused", ("no",))


def test_every_cell_is_written_down_and_none_fails() -> None:
    expected = read_expected()
    assert list(expected) == places()
    assert {outcome.state for outcome in expected.values()} <= {"ok", "losses", "refused", "unasked"}
    assert all(outcome.why for outcome in expected.values() if outcome.state != "ok")


def test_readme_shows_what_is_expected() -> None:
    assert written_in(README) == markdown(read_expected())


@pytest.mark.parametrize(
    ("expected", "found", "begins"),
    [
        (OK, OK, ""),
        (TWO, Outcome("losses", TWO.why[::-1]), ""),
        (OK, ONE, "worse"),
        (ONE, TWO, "worse"),
        (ONE, REFUSED, "worse"),
        (REFUSED, Outcome("refused", ("another reason",)), "worse"),
        (OK, Outcome("failed", ("broken",)), "failed"),
        (REFUSED, ONE, "better"),
        (TWO, ONE, "better"),
        (ONE, OK, "better"),
        (None, OK, "a new cell"),
    ],
)
def test_a_change_is_noticed(expected: Outcome | None, found: Outcome, begins: str) -> None:
    said = verdict(expected, found)
    assert said.startswith(begins)
    assert bool(said) == bool(begins)
