"""Exported statistics: exact, complete, harmless to spreadsheets."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from router_core.clock import FixedClock
from tests.tui.seed import Seeded, add_history
from tui.statistics_file import as_csv, as_json, write
from tui.statistics_view import DIMENSIONS, Shown, Wanted, look


@pytest.fixture
def shown(seeded: Seeded, clock: FixedClock) -> Shown:
    add_history(seeded, days=6)
    return look(seeded.traces, Wanted(), clock.now())


def test_money_is_exact_in_both_forms(shown: Shown) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(shown))))
    document = json.loads(as_json(shown))
    assert len(rows) == len(document["groups"]) == len(shown.groups)
    for row, group, (model, sums) in zip(rows, document["groups"], shown.groups, strict=True):
        assert row["model"] == group["model"] == model
        assert Decimal(row["cost_usd"]) == Decimal(group["cost_usd"]) == Decimal(sums.cost_nano_usd).scaleb(-9)
        assert int(row["requests"]) == sums.requests
    assert document["totals"]["requests"] == shown.totals.requests


def test_a_name_that_a_spreadsheet_would_run_is_a_text(shown: Shown) -> None:
    dangerous = Shown(
        Wanted(by=DIMENSIONS[3]), shown.span, shown.step_ms, shown.totals, [("=HYPERLINK(1)", shown.totals)], []
    )
    (row,) = csv.DictReader(io.StringIO(as_csv(dangerous)))
    assert row["project"] == "'=HYPERLINK(1)"


def test_the_ending_chooses_the_form_and_nothing_is_overwritten(shown: Shown, tmp_path: Path) -> None:
    write(shown, tmp_path / "a.json")
    write(shown, tmp_path / "a.csv")
    assert json.loads((tmp_path / "a.json").read_text())["by"] == "model"
    assert (tmp_path / "a.csv").read_text().startswith("model,requests,")
    with pytest.raises(FileExistsError):
        write(shown, tmp_path / "a.csv")
