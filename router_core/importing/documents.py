"""Reading the files of other programs: what is not there is no error, what cannot be read is told."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from router_core.vendors.login import VendorStoreError
from router_core.vendors.place import FilePlace

SQLITE = b"SQLite format 3\0"
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')


def json_in(path: Path) -> Any:
    """The JSON value of a file; None when there is no such file. Comments and a last comma are allowed, as some of
    these programs allow them.

    Raises:
        VendorStoreError: it cannot be read, or is no JSON.
    """
    text = FilePlace(path).text()
    if text is None:
        return None
    try:
        return json_value(text)
    except ValueError:
        raise VendorStoreError(f"{path} is no JSON.") from None


def json_value(text: str) -> Any:
    """Raises ValueError for what is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(_LAST_COMMA.sub(r"\1", _COMMENT.sub(r"\1", text)))


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; [] for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The strings of a list; [] for anything else."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def whole_number(value: Any) -> int | None:
    """A number above zero, also written as text, as a person would write one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value) if isinstance(value, str) or value < 10**12 else ""
    return int(text) if text.isdecimal() and len(text) <= 12 and int(text) > 0 else None


def is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError:
        return False


def rows_of(path: Path, query: str) -> list[dict[str, Any]]:
    """What a query of another program's database gives; nothing is written there.

    Raises:
        sqlite3.Error: it cannot be read, or is another program's.
    """
    uri = f"file:{quote(str(path))}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def tables_of(path: Path) -> set[str]:
    """The names of a database's tables; none if it cannot be read."""
    try:
        return {row["name"] for row in rows_of(path, "select name from sqlite_master where type = 'table'")}
    except sqlite3.Error:
        return set()
