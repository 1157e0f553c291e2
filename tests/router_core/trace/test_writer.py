"""From the running router to traces.db: redacted, cut, compressed, and kept no longer than wanted."""

import contextlib
import gzip
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import zstandard
from sqlite_utils import Database

from router_core.clock import FixedClock
from router_core.config.schema import TraceConfig
from router_core.home import Home
from router_core.store.database import Writer, open_read_only
from router_core.store.traces import attempts_of, bodies_of, count, open_traces, recent
from router_core.trace import writer as writer_module
from router_core.trace.record import TraceRecord
from router_core.trace.redact import MASK, Redactor
from router_core.trace.writer import TraceWriter, new_trace_id
from tests.router_core.trace.make import NOW, attempt, body, finished, record

KNOWN = "a-secret-known-by-value-0123456789"
KEY = "sk-ant-api03-" + "aB3x" * 12

Make = Callable[..., TraceWriter]


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    database = open_traces(home)
    yield database
    database.close()


@pytest.fixture
def writer(home: Home) -> Iterator[Writer]:
    writer = Writer(open_traces(home), "traces")
    yield writer
    writer.close()
    writer.database.close()


@pytest.fixture
def make(writer: Writer) -> Make:
    def tracer(**config: object) -> TraceWriter:
        return TraceWriter(writer, Redactor([KNOWN]), FixedClock(NOW), TraceConfig.model_validate(config))

    return tracer


def _kept(writer: Writer, tracer: TraceWriter, content: bytes, **more: Any) -> dict[str, object]:
    one = record()
    tracer.started(one)
    tracer.body(body(one.id, content, **more))
    assert writer.flush()
    (found,) = bodies_of(writer.database, one.id)
    return found


def test_ids_sort_by_time_and_differ() -> None:
    ids = [new_trace_id(NOW + step / 1000) for step in range(100)]
    assert ids == sorted(ids)
    assert len({new_trace_id(NOW) for _ in range(1000)}) == 1000


def test_a_request_is_visible_while_it_runs_and_when_it_is_over(make: Make, writer: Writer) -> None:
    tracer, one = make(), record()
    tracer.started(one)
    writer.flush()
    assert [(r["id"], r["state"], r["finished_at"]) for r in recent(writer.database)] == [(one.id, "running", None)]
    one.attempts.append(attempt())
    tracer.changed(one)
    writer.flush()
    assert [a["number"] for a in attempts_of(writer.database, one.id)] == [1]
    one.state, one.status, one.finished_at = "ok", 200, NOW + 1
    tracer.finished(one)
    writer.flush()
    assert [(r["state"], r["status"], r["total_ms"]) for r in recent(writer.database)] == [("ok", 200, 1000)]


def test_what_a_killed_router_left_running_is_lost(make: Make, writer: Writer) -> None:
    tracer = make()
    tracer.started(record(id="r1"))
    tracer.finished(finished(id="r2"))
    make()
    writer.flush()
    assert {r["id"]: r["state"] for r in recent(writer.database)} == {"r1": "lost", "r2": "ok"}


def test_lost_requests_are_deleted_by_age_too(make: Make, writer: Writer) -> None:
    tracer = make()
    tracer.started(record(NOW - 20 * 86400))
    make().started(record())
    writer.flush()
    assert [r["state"] for r in recent(writer.database)] == ["running"]


@pytest.mark.parametrize("mode", ["redacted", "full"])
def test_a_body_never_holds_a_known_secret(make: Make, writer: Writer, mode: str) -> None:
    found = _kept(writer, make(bodies=mode), f'{{"text":"{KNOWN}"}}'.encode())
    assert found["content"] == f'{{"text":"{MASK}"}}'.encode()
    assert found["size"] == len(KNOWN) + 11


def test_shapes_are_masked_unless_full_is_wanted(make: Make, writer: Writer) -> None:
    assert _kept(writer, make(), KEY.encode())["content"] == MASK.encode()
    assert _kept(writer, make(bodies="full"), KEY.encode())["content"] == KEY.encode()


def test_bodies_can_be_off(make: Make, writer: Writer) -> None:
    tracer, one = make(bodies="off"), record()
    tracer.started(one)
    tracer.body(body(one.id, b"something"))
    tracer.body(body(one.id, b""))
    writer.flush()
    assert list(bodies_of(writer.database, one.id)) == []


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("zstd", zstandard.compress), ("identity", bytes), ("", bytes)],
)
def test_a_compressed_body_is_opened_before_it_is_searched(
    make: Make, writer: Writer, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    found = _kept(writer, make(), pack(f"x {KEY} y".encode()), content_encoding=encoding)
    assert found["content"] == f"x {MASK} y".encode()


def test_a_body_that_cannot_be_opened_says_so(make: Make, writer: Writer) -> None:
    assert _kept(writer, make(), b"\x00\x01", content_encoding="gzip")["content"] == b"(cannot be read: gzip)"


def test_a_long_body_is_cut_and_says_so(make: Make, writer: Writer) -> None:
    found = _kept(writer, make(body_limit_bytes=100), b"word " * 100)
    assert found["truncated"] == 1
    assert found["size"] == 500
    assert found["content"] == b"word " * 20
    short = _kept(writer, make(body_limit_bytes=100), b"word " * 20)
    assert (short["truncated"], short["content"]) == (0, b"word " * 20)


@pytest.mark.parametrize("secret", [KEY, KNOWN], ids=["by-shape", "by-value"])
@pytest.mark.parametrize("where", range(1, 40, 3))
def test_no_half_secret_is_left_where_a_body_is_cut(make: Make, writer: Writer, secret: str, where: int) -> None:
    content = b"x" * 60 + b" " + secret.encode() + b" rest of it"
    for found in (
        _kept(writer, make(body_limit_bytes=61 + where), content),
        _kept(writer, make(), content[: 61 + where], truncated=True),
    ):
        assert found["truncated"] == 1
        assert secret[:5].encode() not in found["content"]  # type: ignore[operator]  # bytes


def test_one_word_as_long_as_the_body_is_not_all_thrown_away(make: Make, writer: Writer) -> None:
    found = _kept(writer, make(body_limit_bytes=50_000), b"A" * 60_000)
    assert 40_000 < len(found["content"]) < 50_000  # type: ignore[arg-type]  # bytes


def test_a_text_that_is_no_unicode_does_not_end_the_traces(make: Make, writer: Writer) -> None:
    """A user agent of broken bytes reaches us as lone surrogates."""
    tracer = make()
    tracer.started(record(user_agent="bad \udcff agent"))
    tracer.finished(finished(user_agent="good"))
    assert writer.flush()
    assert "good" in [r["user_agent"] for r in recent(writer.database)]


def test_the_newest_keep_their_details_and_the_old_go(
    make: Make, writer: Writer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "CLEAN_EVERY_REQUESTS", 10)
    tracer = make(keep=3, max_age_days=2)
    for number in range(10):
        one = finished(NOW - 5 * 86400 + number if number < 4 else NOW + number, attempts=[attempt()])
        tracer.started(record(one.started_at, id=one.id))
        tracer.finished(one)
        tracer.body(body(one.id, b"text"))
    tracer.started(record(NOW + 99))
    writer.flush()
    assert count(database) == 7
    with_details = [r for r in recent(database) if attempts_of(database, str(r["id"]))]
    assert [r["started_at"] for r in with_details] == [(NOW + n) * 1000 for n in (9, 8)]
    assert sum(len(list(bodies_of(database, str(r["id"])))) for r in recent(database)) == 2
    assert database.execute("select sum(requests) from usage_daily").fetchone() == (10,)


def test_a_closed_writer_has_written_everything(home: Home, database: Database) -> None:
    writer = Writer(open_traces(home), "traces")
    tracer = TraceWriter(writer, Redactor(), FixedClock(NOW), TraceConfig())
    for number in range(50):
        tracer.finished(finished(NOW + number))
    writer.close()
    writer.database.close()
    assert count(database) == 50


def test_no_field_of_a_request_or_attempt_holds_a_known_secret(make: Make, writer: Writer) -> None:
    tracer = make()
    fields = {name: f"{name} {KNOWN} {KEY}" for name in writer_module.REQUEST_TEXTS}
    tries = {name: f"{name} {KNOWN} {KEY}" for name in writer_module.ATTEMPT_TEXTS}
    pairs = [(f"path {KNOWN}", f"reason {KEY}")]
    one = finished(**fields, losses=pairs, decision=pairs, attempts=[attempt(**tries, edits=pairs)])
    tracer.started(one)
    tracer.changed(one)
    tracer.finished(one)
    writer.flush()
    (row,) = recent(writer.database)
    (tried,) = attempts_of(writer.database, one.id)
    for name in writer_module.REQUEST_TEXTS:
        assert row[name] == f"{name} {MASK} {MASK}", name
    for name in writer_module.ATTEMPT_TEXTS:
        assert tried[name] == f"{name} {MASK} {MASK}", name
    assert KNOWN not in str(row) + str(tried)
    assert KEY not in str(row) + str(tried)


def test_a_record_without_secrets_is_not_copied() -> None:
    one = finished(attempts=[attempt()])
    assert writer_module.masked(one, Redactor([KNOWN])) is one


def test_a_watcher_is_told_what_can_be_read_and_one_that_fails_stops_nobody(
    home: Home, make: Make, writer: Writer
) -> None:
    tracer = make()
    seen: list[tuple[str, str, str]] = []

    def watch(news: str, told: TraceRecord) -> None:
        with contextlib.closing(open_read_only(home.traces_db)) as reading:
            seen.append((news, recent(reading)[0]["state"], told.error))

    def fail(news: str, told: TraceRecord) -> None:
        raise OSError("the disk is full")

    tracer.watchers += (fail, watch)
    one = record()
    tracer.started(one)
    assert writer.flush()
    one.finished_at, one.state, one.error = NOW + 1, "ok", f"said {KNOWN}"
    tracer.finished(one)
    assert writer.flush()
    assert seen == [("started", "running", ""), ("finished", "ok", "said [redacted]")]
