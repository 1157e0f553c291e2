"""What the watching thread asks of traces.db."""

from router_core.store import traces
from router_core.trace.record import Usage
from tests.tui.seed import Seeded, finish
from tui.figures import day_of


def test_new_rows_are_found_without_reading_the_others(seeded: Seeded) -> None:
    plan = seeded.traces.execute(
        "explain query plan select rowid, * from requests where rowid > 5 order by rowid desc limit 500"
    ).fetchall()
    assert "rowid>?" in str(plan)


def test_usage_of_a_day_is_added_up(seeded: Seeded) -> None:
    for state in ("ok", "failed"):
        seeded.write(finish(seeded.start(), after_s=1, ttft_s=1, usage=Usage(10, 20, 30), state=state))
    usage = traces.usage_on(seeded.traces, day_of(seeded.clock.now()))
    assert (usage["requests"], usage["failures"], usage["input_tokens"], usage["cache_read_tokens"]) == (2, 1, 20, 60)
    assert traces.usage_on(seeded.traces, "1999-01-01")["requests"] == 0
