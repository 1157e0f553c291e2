"""Statistics as a file: CSV for spreadsheets, JSON for programs. Money is in USD, exact."""

import csv
import io
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from router_core.store.statistics import Sums
from tui.statistics_view import Shown


def rows_of(shown: Shown) -> list[dict[str, Any]]:
    """One for each group, in the order of the table."""
    return [{shown.wanted.by.dimension: value, **_exact(sums)} for value, sums in shown.groups]


def as_csv(shown: Shown) -> str:
    rows = rows_of(shown)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else [shown.wanted.by.dimension], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _unharmful(value) for name, value in row.items()})
    return out.getvalue()


def as_json(shown: Shown) -> str:
    document = {
        "since_ms": shown.span.since_ms,
        "until_ms": shown.span.until_ms,
        "by": shown.wanted.by.dimension,
        "where": dict(shown.wanted.where),
        "totals": _exact(shown.totals),
        "groups": rows_of(shown),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def write(shown: Shown, file: Path) -> None:
    """By the ending of the name: `.json`, else CSV. Raises OSError."""
    text = as_json(shown) if file.suffix.lower() == ".json" else as_csv(shown)
    with file.open("x", encoding="utf-8") as opened:  # never over something that is there
        opened.write(text)


def _exact(sums: Sums) -> dict[str, Any]:
    values = asdict(sums)
    for name in ("cost", "metered"):
        values[f"{name}_usd"] = str(Decimal(values.pop(f"{name}_nano_usd")).scaleb(-9))
    return values


def _unharmful(value: Any) -> Any:
    """A name that a spreadsheet would take for a formula is a text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t" and not _is_number(value) else value


def _is_number(value: str) -> bool:
    return value.lstrip("+-").replace(".", "", 1).isdigit()
