"""Runs every cell and writes `expected.toml` and the README's table; `./scripts/matrix` is this."""

import sys
import tempfile
from pathlib import Path

from tests.matrix.expected import FILE, read_expected, verdict, write_expected
from tests.matrix.places import places
from tests.matrix.running import running_matrix
from tests.matrix.table import markdown, write_into

README = Path(__file__).resolve().parents[2] / "README.md"


def main() -> int:
    """0 when nothing fails; then, and only then, the files are written."""
    before = read_expected() if FILE.exists() else {}
    with tempfile.TemporaryDirectory() as folder, running_matrix(Path(folder)) as matrix:
        outcomes = {place: matrix.outcome(place) for place in places()}
    for place, outcome in outcomes.items():
        if changed := verdict(before.get(place), outcome):
            print(*place, "|", changed)
    failed = sum(outcome.state == "failed" for outcome in outcomes.values())
    print(f"{len(outcomes)} cells, {failed} failed")
    if failed:
        return 1
    write_expected(outcomes)
    write_into(README, markdown(outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
