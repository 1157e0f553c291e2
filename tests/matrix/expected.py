"""The committed outcome of every cell, `expected.toml`: a worse one fails CI, and a better one until renewed."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tests.matrix.cell import WORSE, Outcome
from tests.matrix.places import Place, places

FILE = Path(__file__).with_name("expected.toml")
_HEAD = """\
# What each cell of the matrix shows: [client.provider], feature.way = [state, why …]. Written by ./scripts/matrix.
# States are explained in cell.py. Not to be edited by hand, and never to be renewed to make a failing test pass.
"""


def read_expected() -> dict[Place, Outcome]:
    """Outcomes by cell."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        (client, target, feature, way): Outcome(given[0], tuple(given[1:]))
        for client, targets in tables.items()
        for target, features in targets.items()
        for feature, ways in features.items()
        for way, given in ways.items()
    }


def write_expected(outcomes: Mapping[Place, Outcome]) -> None:
    """Replace the file; cells in their usual order."""
    lines = [_HEAD]
    table = None
    for place in places():
        client, target, feature, way = place
        if table != (client, target):
            table = (client, target)
            lines.append(f"\n[{client}.{target}]\n")
        given = json.dumps([outcomes[place].state, *outcomes[place].why], ensure_ascii=False)
        lines.append(f'"{feature}".{way} = {given}\n')
    FILE.write_text("".join(lines), encoding="utf-8")


def verdict(expected: Outcome | None, found: Outcome) -> str:
    """ "" when nothing has changed, else what to say of it."""
    if found.state == "failed":
        return f"failed: {'; '.join(found.why)}"
    if expected is None:
        return f"a new cell ({found.state}): run ./scripts/matrix"
    before, now = WORSE.index(expected.state), WORSE.index(found.state)
    told = f"{expected.state} {list(expected.why)} -> {found.state} {list(found.why)}"
    if now > before or (now == before and not set(found.why) <= set(expected.why)):
        return f"worse: {told}"
    if now < before or set(found.why) != set(expected.why):
        return f"better, well done: {told}. Run ./scripts/matrix"
    return ""
