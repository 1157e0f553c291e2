"""What the watching thread asks of traces.db."""

from router_core.store import traces
from router_core.trace.record import Usage
from tests.tui.seed import Seeded, finish
from tui.figures import day_of


def test_search_takes_every_word_literally(seeded: Seeded) -> None:
    for model, token in (("gpt-5", "anna"), ("gpt_5", "anna"), ("GPT-5-mini", "ben"), ("100%!", "anna")):
        seeded.write(finish(seeded.start(model=model, token=token), after_s=1, ttft_s=1, usage=Usage()))

    def found(text: str) -> list[str]:
        return [row["model"] for row in traces.search(seeded.traces, text)]

    assert found("") == ["100%!", "GPT-5-mini", "gpt_5", "gpt-5"]
    assert found("gpt-5") == ["GPT-5-mini", "gpt-5"]
    assert found("gpt-5 ANNA") == ["gpt-5"]
    assert found("_") == ["gpt_5"]
    assert found("%!") == ["100%!"]
    assert found("200 ben claude-code") == ["GPT-5-mini"]


def test_search_pages_by_id_and_finds_new_rows_by_number(seeded: Seeded) -> None:
    records = [seeded.start(model=f"m{number}") for number in range(5)]
    first = traces.search(seeded.traces, limit=2)
    assert [row["model"] for row in first] == ["m4", "m3"]
    assert [row["model"] for row in traces.search(seeded.traces, before=first[-1]["id"], limit=2)] == ["m2", "m1"]
    last = traces.last_row(seeded.traces)
    records[0].id = "000-out-of-order"
    seeded.write(records[0])
    assert [row["id"] for row in traces.search(seeded.traces, since_row=last)] == ["000-out-of-order"]
    assert traces.count(seeded.traces) == 6
    assert traces.search(seeded.traces, ids=[]) == []


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
