"""The request that a path names."""

from typing import Any

from sqlite_utils import Database

from router_core.errors import Refused
from router_core.store import traces
from router_core.text import printable


def traced(database: Database, id: str) -> dict[str, Any]:
    """Its row.

    Args:
        id: or the beginning or the end of one, or `last`.

    Raises:
        Refused: there is none.
    """
    row = traces.find(database, id)
    if row is None:
        raise Refused(404, "not_found", f"There is no request {printable(id, 80)!r}.")
    return row
