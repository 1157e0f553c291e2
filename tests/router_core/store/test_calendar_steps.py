"""Steps of local time: whole days also where the clock changes, weeks from Monday on."""

import datetime
import time
from collections.abc import Iterator

import pytest

from router_core.store.calendar_steps import calendar_steps


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _ms(text: str) -> int:
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("step", "since", "until", "begins"),
    [
        ("hour", "2026-11-20T14:30", "2026-11-20T16:00", ["2026-11-20T14:00", "2026-11-20T15:00"]),
        ("day", "2026-03-28T12:00", "2026-03-30T00:01", ["2026-03-28", "2026-03-29", "2026-03-30"]),
        ("day", "2026-10-24T00:00", "2026-10-26T00:00", ["2026-10-24", "2026-10-25"]),
        ("week", "2026-11-20T14:30", "2026-12-01T00:00", ["2026-11-16", "2026-11-23", "2026-11-30"]),
        ("month", "2026-11-20T14:30", "2027-02-01T00:00", ["2026-11-01", "2026-12-01", "2027-01-01"]),
        ("month", "2026-11-20T14:30", "2026-11-20T14:30", ["2026-11-01"]),
    ],
)
def test_steps_begin_where_the_calendar_has_them(step: str, since: str, until: str, begins: list[str]) -> None:
    assert calendar_steps(_ms(since), _ms(until), step) == [_ms(begin) for begin in begins]
