"""What users read of the matrix."""

from pathlib import Path

from tests.matrix.cell import Outcome
from tests.matrix.places import Place, places
from tests.matrix.table import markdown, write_into, written_in


def row(**ways: Outcome) -> tuple[str, str]:
    """The first row and the notes, with the outcomes of its first cell."""
    outcomes: dict[Place, Outcome] = {place: Outcome("ok") for place in places()}
    for way, outcome in ways.items():
        outcomes["anthropic", "claude", "text", way] = outcome
    lines = markdown(outcomes).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("| Anthropic → Claude"))
    return lines[at].split("|")[2].strip(), "\n".join(lines[len(lines) - lines[::-1].index("") :])


def test_a_mark_stands_for_both_ways_when_they_agree() -> None:
    assert row()[0] == "✓"
    lost = Outcome("losses", ("seed: none there",))
    assert row(plain=lost, stream=lost) == ("✓ 1", "1. `seed`: none there")
    assert row(stream=lost)[0] == "✓ / ✓ 1"
    assert row(plain=Outcome("refused", ("n: one answer only",)))[0] == "✗ 1 / ✓"
    assert row(plain=Outcome("unasked", ("no words",)), stream=Outcome("unasked", ("no words",)))[0] == "–"


def test_losses_that_differ_in_their_place_share_a_note() -> None:
    first = Outcome("losses", ("messages[1].blocks[0]: unsigned", "tools[3].strict: unknown"))
    second = Outcome("losses", ("tools[0].strict: unknown", "messages[9].blocks[2]: unsigned"))
    assert row(plain=first, stream=second) == ("✓ 1,2", "1. `history`: unsigned\n2. `tools[].strict`: unknown")


def test_only_what_stands_between_the_markers_is_replaced(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- matrix:begin -->\nold\n<!-- matrix:end -->\nafter\n", encoding="utf-8")
    write_into(readme, "new\n")
    assert readme.read_text(encoding="utf-8") == "before\n<!-- matrix:begin -->\nnew\n<!-- matrix:end -->\nafter\n"
    assert written_in(readme) == "new\n"
