"""What tests of budgets do with a running router: put a budget in force, forget what was used, ask what is."""

import contextlib
from typing import Any

from router_core.home import Home
from router_core.store.spend import open_ledger
from tests.support.lab import Lab
from tests.support.router import wait_until


def configure(lab: Lab, text: str) -> None:
    """Put a configuration in force; nothing is used of its budgets yet."""
    before = lab.router.log().count("configuration reloaded")
    fresh = lab.router.home.config.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(lab.router.home.config)
    wait_until(lambda: lab.router.log().count("configuration reloaded") > before, every_s=0.01)
    standings(lab)  # what was used before the budget was written is known now …
    clear(lab.router.home)  # … and is not to count in these tests


def clear(home: Home) -> None:
    with contextlib.closing(open_ledger(home).database.conn) as connection:
        connection.execute("delete from used")
        connection.execute("delete from held")
        connection.commit()


def held(home: Home) -> int:
    """Reservations of requests under way."""
    with contextlib.closing(open_ledger(home).database.conn) as connection:
        count: int = connection.execute("select count(*) from held").fetchone()[0]
        return count


def standings(lab: Lab) -> list[dict[str, Any]]:
    answer = lab.http.get("/api/spend", headers=lab.router.admin_headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["budgets"]
    return found


def used(lab: Lab, kind: str = "requests") -> int:
    (only,) = standings(lab)
    assert set(only["reserved"].values()) == {0}
    return int(only["used"][kind])
