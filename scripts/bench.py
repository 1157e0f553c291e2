"""Measure the router against bare mitmdump and against no proxy, interleaved in one run, the process under test alone
on one core. Prints a table with the targets; the exit code is 0 also when one is missed (it is a measurement)."""

import argparse
import contextlib
import datetime
import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench_parts import history, history_questions, placing, transcode, tui
from bench_parts.load import percentile
from bench_parts.measures import (
    Measured,
    Scenario,
    first_token,
    memory,
    per_chunk,
    per_request,
    start_time,
)
from bench_parts.processes import LOAD_CORE, TESTED_CORE, Arm, mitmdump, router, upstream
from bench_parts.report import Row, as_json, bounded, table

STREAM = "stream=20,1,2000"
ONE_ADDON = "one addon"
KB = 1024


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int
    count: int
    """Requests in a batch of the smallest ones."""
    chunks: int
    """Of a stream whose chunks are counted."""
    streams: int
    """For the time to the first token."""
    all_scenarios: bool
    starts: int
    memory_s: float
    history: int
    """Requests in the long history."""
    tui: int
    """Requests behind the terminal app."""
    sizes: tuple[int, ...]
    """Of the requests, where that is not what is measured."""


QUICK = Effort(
    rounds=3,
    count=100,
    chunks=200,
    streams=32,
    all_scenarios=False,
    starts=1,
    memory_s=1.0,
    history=200_000,
    tui=100_000,
    sizes=(100 * KB,),
)
FULL = Effort(
    rounds=8,
    count=200,
    chunks=400,
    streams=64,
    all_scenarios=True,
    starts=5,
    memory_s=5.0,
    history=10_000_000,
    tui=1_000_000,
    sizes=(KB, 100 * KB),
)

SCENARIOS: list[tuple[Scenario, float | None, float, bool]] = [
    # scenario, target of the CPU ratio, share of the requests, in the quick run
    (Scenario("1 KB", KB), 0.8, 1, True),
    (Scenario("100 KB", 100 * KB), 1.0, 0.8, True),
    (Scenario("1 MB", KB * KB), 1.6, 0.2, True),
    (Scenario("1 KB, new connection", KB, fresh=True), 0.7, 0.7, True),
    (Scenario("100 KB, new connection", 100 * KB, fresh=True), 0.7, 0.6, False),
    (Scenario("1 KB, streamed", KB, STREAM, baseline=ONE_ADDON), None, 0.4, False),
    (Scenario("100 KB, streamed", 100 * KB, STREAM, baseline=ONE_ADDON), None, 0.4, True),
    (Scenario("1 MB, streamed", KB * KB, STREAM, baseline=ONE_ADDON), None, 0.15, False),
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute, noisier")
    parser.add_argument("--only", default="", help="only the parts whose name contains this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows here")
    options = parser.parse_args()
    if not hasattr(os, "sched_setaffinity"):
        raise SystemExit("bench: needs Linux (it pins processes to cores)")
    os.sched_setaffinity(0, {LOAD_CORE})
    rows = measure(QUICK if options.quick else FULL, options.only)
    print(f"\n{conditions()}\n\n{table(rows)}")
    if options.json:
        report = {"conditions": conditions(), "rows": as_json(rows)}
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def measure(effort: Effort, only: str) -> list[Row]:
    rows: list[Row] = []
    if only in "translation":
        rows += translation_rows(effort)
    if only in "routing":
        rows += placing_rows(effort)
    if only and (only in "translation" or only in "routing"):
        return rows
    if only == "history":
        return history_rows(effort)
    if only == "tui":
        return tui_rows(effort)
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(upstream())

        def fresh_router() -> contextlib.AbstractContextManager[Arm]:
            return router(port)

        if only in "start to first answer":
            rows.append(bounded("start to first answer", start_time(fresh_router, effort.starts), 2, "s"))
        ours = stack.enter_context(router(port))
        bare = stack.enter_context(mitmdump("mitmdump", "bare_addon.py", port))
        one_addon = stack.enter_context(mitmdump(ONE_ADDON, "streaming_addon.py", port))
        arms = [ours, bare, one_addon, Arm("direct", ("127.0.0.1", port))]
        for scenario, target, share, in_quick in SCENARIOS:
            if (effort.all_scenarios or in_quick) and only in scenario.name:
                measured = per_request(scenario, arms, effort.rounds, int(effort.count * share))
                rows += request_rows(scenario, measured, target)
        for name, burst, gap_us in (("spaced", 1, 2500), ("in bursts of 20", 20, 5000)):
            if only in f"per chunk, {name}":
                pair = [ours, one_addon]
                mine, theirs = per_chunk(pair, effort.rounds, burst=burst, gap_us=gap_us, chunks=effort.chunks)
                what = f"CPU per chunk, {name}"
                rows.append(bounded(what, mine / theirs, 1.1, "×", f"{mine:.0f} µs", f"{theirs:.0f} µs"))
        for size in effort.sizes:
            if only in "first token at 8 streams":
                three = [ours, one_addon, arms[-1]]
                measured = first_token(three, effort.rounds, size=size, streams=effort.streams)
                rows += first_token_rows(f"added to first token, 8 streams, {size // KB} KB", measured)
        rows.append(Row("memory after all this", f"{ours.memory_mb():.0f} MB", f"{bare.memory_mb():.0f} MB"))
    if only in "memory, 200 open streams":
        rows += memory_rows(effort)
    return rows


def request_rows(scenario: Scenario, measured: Measured, target: float | None) -> list[Row]:
    base = scenario.baseline

    ours, theirs = (f"{min(measured.cpu_ms[arm]):.2f} s" for arm in ("router", base))
    what = f"CPU per 1,000 requests, {scenario.name}"
    ratio = measured.ratio(base)
    cpu = bounded(what, ratio, target, "×", ours, theirs) if target else Row(what, ours, theirs, f"{ratio:.2f} ×")
    rates = [f"{statistics.median(measured.per_second[arm]):.0f}/s" for arm in ("router", base, "direct")]
    rows = [cpu, Row("· throughput (last: no proxy)", rates[0], f"{rates[1]}, {rates[2]}")]
    times = [f"{measured.added_ms(a, 0.5):.1f} / {measured.added_ms(a, 0.99):.1f} ms" for a in ("router", base)]
    return [*rows, Row("· added to first byte, p50 / p99, 4 at once", *times)]


def first_token_rows(what: str, measured: Measured) -> list[Row]:
    rows = []
    for name, share, limit in (("p50", 0.5, 6), ("p99", 0.99, 12)):
        compared = f"{measured.added_ms(ONE_ADDON, share):.1f} ms"
        rows.append(bounded(f"{what}, {name}", measured.added_ms("router", share), limit, "ms", compared=compared))
    direct = [percentile(measured.first_byte_s["direct"], share) * 1000 for share in (0.5, 0.99)]
    return [*rows, Row("· without proxy, p50 / p99", "", f"{direct[0]:.1f} / {direct[1]:.1f} ms")]


def translation_rows(effort: Effort) -> list[Row]:
    """Every pair of formats is measured; the table has the median and the worst."""
    events = transcode.per_event(effort.rounds)
    median, worst = transcode.median_us(events), max(events, key=lambda cost: cost.us)
    yardstick = f"{worst.yardstick_us:.1f} µs (orjson, there and back)"
    rows = [
        bounded("translation: CPU per streamed event, median of 12 pairs", median, 25, "µs"),
        Row(f"· worst: {worst.provider} → {worst.client}", f"{worst.us:.1f} µs", yardstick, f"{worst.ratio:.1f} ×"),
    ]
    slowest = max(transcode.per_request(effort.rounds), key=lambda cost: cost.ratio)
    what = f"translation: CPU per 1 MB request, worst of 12 pairs ({slowest.client} → {slowest.provider})"
    ours, theirs = f"{slowest.us / 1000:.1f} ms", f"{slowest.yardstick_us / 1000:.1f} ms (json, there and back)"
    rows.append(bounded(what, slowest.ratio, 3, "×", ours, theirs))
    lines = max(transcode.per_request(effort.rounds, small=True), key=lambda cost: cost.ratio)
    ours, theirs = f"{lines.us / 1000:.1f} ms", f"{lines.yardstick_us / 1000:.1f} ms"
    return [*rows, Row("· of nothing but messages of a line", ours, theirs, f"{lines.ratio:.2f} ×")]


def placing_rows(effort: Effort) -> list[Row]:
    """The whole routing step, with all scenarios set and none that applies; beside it, with none set."""
    rows = []
    for cost in placing.costs(10 * effort.rounds):
        size = f"{cost.size // KB} KB" if cost.size < KB * KB else f"{cost.size // KB // KB} MB"
        plain = f"{cost.name_only_ms:.2f} ms (no rule looks at the body)"
        limit = placing.LIMITS_MS[cost.size]
        rows.append(bounded(f"routing: CPU per decision, {size}", cost.every_rule_ms, limit, "ms", compared=plain))
        rows.append(bounded(f"· with the model auto, {size}", cost.auto_ms, limit, "ms"))
    return rows


def history_rows(effort: Effort) -> list[Row]:
    """Not part of a whole run: to make ten million requests takes ten minutes, and eight gigabytes."""
    with tempfile.TemporaryDirectory() as folder:
        home = history.build(Path(folder) / "home", effort.history, history.UNTIL_MS, lambda step: print(f"… {step}"))
        taken = history_questions.measure(home, history.UNTIL_MS)
        size = home.traces_db.stat().st_size
    warm, cold = max(taken, key=lambda one: one.warm_ms), max(taken, key=lambda one: one.cold_ms)
    median = statistics.median(one.warm_ms for one in taken)
    what = f"history of {effort.history:,} requests: CPU of the slowest of {len(taken)} questions ({warm.question})"
    slow = sum(one.warm_ms > history_questions.LIMIT_MS for one in taken)
    return [
        bounded(
            what, warm.warm_ms, history_questions.LIMIT_MS, "ms", compared=f"median {median:.1f} ms, {slow} slower"
        ),
        Row(f"· with nothing of the file in memory ({cold.question})", f"{cold.cold_ms:.0f} ms"),
        Row("· size of the file", f"{size / 1e9:.1f} GB"),
    ]


def tui_rows(effort: Effort) -> list[Row]:
    """Not part of a whole run: to make a million requests takes two minutes."""
    with tempfile.TemporaryDirectory() as folder:
        until_ms = round(time.time() * 1000)
        home = history.build(Path(folder) / "home", effort.tui, until_ms, lambda step: print(f"… {step}"))
        keys = tui.measure_keys(home)
    slowest = keys.slowest
    per_page = ", ".join(f"{page} {keys.ms(0.95, page):.0f}" for page in keys.pages)
    what = f"tui over {effort.tui:,} requests, {tui.NEW_PER_S} new a second: key to paint, p95 of all pages"
    rows = [
        bounded(
            what,
            keys.ms(0.95),
            50,
            "ms",
            compared=f"median {keys.ms(0.5):.1f} ms; CPU of the app {keys.ms(0.95, cpu=True):.1f} ms",
        ),
        bounded(f"· of the slowest page ({slowest})", keys.ms(0.95, slowest), 50, "ms", compared=per_page),
        bounded("· memory, the most", keys.memory_mb, 200, "MB"),
    ]
    with upstream() as port, router(port) as arm:
        assert arm.home is not None
        measured = tui.watched_and_not(arm, arm.home, effort.rounds * 2, effort.count)
    watched, alone = measured["watched"], measured["alone"]
    rows += [
        bounded(what, min(mine) / min(without), 1.1, "×", f"{min(mine):.2f} ms", f"{min(without):.2f} ms without it")
        for what, mine, without in (
            ("the router while the tui watches: first byte, p50", watched.first_byte_ms, alone.first_byte_ms),
            ("· CPU per request", watched.cpu_ms, alone.cpu_ms),
        )
    ]
    return rows


def memory_rows(effort: Effort) -> list[Row]:
    rows = []
    with upstream() as port:
        for size in effort.sizes:
            at_rest, most = memory(lambda: router(port), 200, size, effort.memory_s)
            _, theirs = memory(lambda: mitmdump("", "streaming_addon.py", port), 200, size, effort.memory_s)
            what = f"memory, 200 open streams, {size // KB} KB requests"
            rows.append(bounded(what, most, 130, "MB", compared=f"{theirs:.0f} MB"))
        rows.append(Row("· at rest", f"{at_rest:.0f} MB"))
    return rows


def conditions() -> str:
    """Where and when."""
    here = Path(__file__).resolve().parent
    commit = subprocess.run(["git", "-C", here, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return (
        f"{datetime.date.today()}, commit {commit.stdout.strip() or '?'}, {os.cpu_count()} cores "
        f"(core {TESTED_CORE} for the process under test, core {LOAD_CORE} for load and upstream), "
        f"Python {platform.python_version()}"
    )


if __name__ == "__main__":
    main()
