"""What happened with one token is found in both databases, and nothing of the others."""

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.quota.sample import Sample
from router_core.store import traces
from router_core.store.affinity import Affined, write_affinity
from router_core.store.database import transaction
from router_core.store.quota import write_samples
from router_core.store.tokens import open_tokens
from router_core.tokens.history import DAY_MS, history_of, spans
from router_core.tokens.token import Token
from router_core.trace.record import TraceRecord, Usage

NOW = 1_795_201_751.0
DAY = 86_400.0


def test_windows_use_and_sessions_are_those_of_the_token(home: Home) -> None:
    tokens, kept = open_tokens(home, FixedClock(NOW)), traces.open_traces(home)
    one, two = (tokens.add(Token("", name, "claude", f"secret-{name}")) for name in ("one", "two"))
    with transaction(tokens.database) as connection:
        for token in (one, two):
            write_samples(connection, token.id, [("5h", Sample(NOW - 60, 0.5, NOW + 60))])
            for number in range(3):
                row = Affined(f"{token.name}-{number}", "claude", token.id, "m", NOW - 9, NOW - number, 5, NOW, False)
                write_affinity(connection, row)
    with transaction(kept) as connection:
        for number, (name, ago) in enumerate((("one", 1.0), ("one", 3 * DAY), ("one", 20 * DAY), ("two", 1.0))):
            record = TraceRecord(
                f"r{number}", NOW - ago, "POST", "/", "anthropic", provider="claude", token=name, state="ok"
            )
            record.finished_at, record.usage = NOW - ago + 0.5, Usage(10, 20)
            traces.write_trace(connection, record)
    found = history_of(tokens.database, kept, one.id, "one", NOW)
    assert {name: sums.requests for name, sums in found.used.items()} == {"today": 1, "days_7": 2, "days_30": 3}
    assert [row.session for row in found.sessions] == ["one-0", "one-1", "one-2"]
    assert {window: len(samples) for window, samples in found.samples.items()} == {"5h": 1}
    assert history_of(tokens.database, None, one.id, "one", NOW).used == {}
    tokens.database.conn.close()
    kept.conn.close()


def test_spans_end_with_this_moment() -> None:
    found = dict(spans(NOW))
    assert len({span.until_ms for span in found.values()}) == 1
    assert found["days_7"].until_ms - found["days_7"].since_ms == 7 * DAY_MS
    assert found["today"].since_ms >= found["days_7"].since_ms
