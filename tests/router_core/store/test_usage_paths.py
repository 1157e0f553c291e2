"""Addresses as they are counted, and the table that they are counted in."""

import pytest
from sqlite_utils import Database

from router_core.clock import to_ms
from router_core.home import Home
from router_core.store import statistics, traces
from router_core.store.database import transaction
from router_core.store.statistics import Span
from router_core.store.usage_days import fold_slice
from router_core.store.usage_paths import TAKE_IN_PATHS, path_group
from tests.router_core.trace.make import NOW, finished

MONTH = Span(to_ms(NOW) - 20 * 86_400_000, to_ms(NOW) + 5 * 86_400_000)
SPAN = Span(to_ms(NOW) - 10 * 86_400_000, to_ms(NOW) + 86_400_000)


@pytest.mark.parametrize(
    ("path", "counted"),
    [
        ("/v1/messages?beta=true", "/v1/messages"),
        ("/v1/messages/count_tokens", "/v1/messages/count_tokens"),
        ("/claude/v1/messages", "/claude/v1/messages"),
        ("/v1/models/gpt-5.5", "/v1/models/*"),
        ("/v1/models/opus", "/v1/models/*"),
        ("/v1beta/models/gemini-2.5-pro:generateContent", "/v1beta/models/*:generateContent"),
        ("/openai/v1/files/file-AbC123/content", "/openai/v1/files/*/content"),
        ("/codex/backend-api/codex/responses", "/codex/backend-api/codex/responses"),
        ("/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f/*"),
        ("/", "/"),
        ("/x/%0a\x1b[1m\n:Y", "/x/*:Y"),
    ],
)
def test_an_address_is_counted_without_ids_and_models(path: str, counted: str) -> None:
    assert path_group(path) == counted


@pytest.fixture
def database(home: Home) -> Database:
    database = traces.open_traces(home)
    paths = ["/v1/messages?beta=true"] * 3 + ["/v1/responses"] * 2
    with transaction(database) as connection:
        for hour, path in enumerate(paths):
            status = 200 if hour else 529
            state = "ok" if hour else "failed"
            model = "opus" if hour % 2 else "gpt"
            at = NOW - hour * 3600 * 30
            traces.write_trace(connection, finished(at, path=path, status=status, state=state, model=model, token="a"))
    return database


def test_paths_and_statuses_are_known_after_the_requests_have_gone(database: Database) -> None:
    def asked() -> dict[str, tuple[int, int]]:
        groups = statistics.grouped(database, "path", SPAN) + statistics.grouped(database, "status", SPAN)
        return {value: (sums.requests, sums.failures) for value, sums in groups}

    expected = {"/v1/messages": (3, 1), "/v1/responses": (2, 0), "200": (4, 0), "529": (1, 1)}
    assert asked() == expected
    with transaction(database) as connection:
        connection.execute("delete from requests")
    assert asked() == expected
    assert statistics.totals(database, SPAN, {"path": "/v1/messages", "status": "200", "token": "a"}).requests == 2


def test_they_are_known_together_with_anything_else_also_when_days_were_added_up(database: Database) -> None:
    def asked() -> list[object]:
        return [
            statistics.grouped(database, "path", SPAN, {"model": "opus"}),
            statistics.grouped(database, "path", SPAN, {"model": "opus", "token": "a"}),
            statistics.grouped(database, "model", SPAN, {"status": "200"}),
            statistics.grouped(database, "status", SPAN, {"path": "/v1/messages"}),
            statistics.over_time(database, MONTH, 30 * 86_400_000, "path"),
            statistics.totals(database, SPAN, {"path": "/v1/messages", "status": "200", "model": "gpt"}),
        ]

    expected = asked()
    assert {value: sums.requests for value, sums in expected[0]} == {"/v1/messages": 1, "/v1/responses": 1}  # type: ignore[attr-defined]
    with transaction(database) as connection:
        connection.execute("delete from requests")
        while fold_slice(connection, to_ms(NOW) + 20 * 86_400_000):
            pass
        connection.execute("delete from usage_paths")  # days are all that is left
    assert asked() == expected
    with transaction(database) as connection:
        traces.write_trace(connection, finished(NOW, path="/v1/messages", status=200, model="opus", token="a"))
        connection.execute("delete from usage_paths")
    (late,) = [sums for path, sums in statistics.grouped(database, "path", SPAN, {"model": "opus"}) if "mess" in path]
    assert late.requests == 2


def test_in_a_session_the_kept_requests_count(database: Database) -> None:
    with transaction(database) as connection:
        traces.write_trace(connection, finished(NOW + 5, path="/v1/messages", session="only"))
    found = statistics.grouped(database, "path", SPAN, {"session": "only"})
    assert {value: sums.requests for value, sums in found} == {"/v1/messages": 1}


def test_what_was_used_before_the_table_was_there_is_taken_in(database: Database) -> None:
    with transaction(database) as connection:
        connection.execute("delete from usage_paths")
        connection.execute("delete from requests where path = '/v1/responses'")
        for statement in TAKE_IN_PATHS:
            connection.execute(statement)
    found = statistics.grouped(database, "path", SPAN)
    assert {value: sums.requests for value, sums in found} == {"/v1/messages": 3, "": 2}
    assert statistics.grouped(database, "provider", SPAN)[0][1].requests == 5
