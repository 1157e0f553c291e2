"""The measurements. Arms take turns, in many short rounds, and the best rounds are compared: whatever else the machine
does can only add to what a request costs."""

import asyncio
import statistics
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from bench_parts.load import Load, closed_loop, open_streams, percentile
from bench_parts.processes import Arm
from bench_parts.requests import request

JSON = "json"
KEEP_ALIVE_WORKERS = 4


@dataclass(frozen=True)
class Scenario:
    """One kind of load."""

    name: str
    size: int
    """Of the request body, in bytes."""
    query: str = JSON
    fresh: bool = False
    baseline: str = "mitmdump"

    @property
    def stream(self) -> bool:
        return self.query != JSON


@dataclass
class Measured:
    """Of one scenario, by arm: one value per round, and all times to the first byte."""

    cpu_ms: dict[str, list[float]] = field(default_factory=dict)
    """CPU milliseconds per request, which is CPU seconds per 1,000."""
    per_second: dict[str, list[float]] = field(default_factory=dict)
    first_byte_s: dict[str, list[float]] = field(default_factory=dict)

    def add(self, arm: str, cpu_s: float, load: Load) -> None:
        self.cpu_ms.setdefault(arm, []).append(cpu_s / load.requests * 1000)
        self.per_second.setdefault(arm, []).append(load.per_second)
        self.first_byte_s.setdefault(arm, []).extend(load.first_byte_s)

    def ratio(self, baseline: str) -> float:
        """Router against baseline."""
        return min(self.cpu_ms["router"]) / min(self.cpu_ms[baseline])

    def added_ms(self, arm: str, share: float) -> float:
        """Time to first byte more than without a proxy, at this percentile."""
        return (percentile(self.first_byte_s[arm], share) - percentile(self.first_byte_s["direct"], share)) * 1000


def bytes_for(arm: Arm, scenario: Scenario) -> bytes:
    return request(arm.address, arm.prefix, scenario.query, arm.key, scenario.size, scenario.stream)


def batch(arm: Arm, scenario: Scenario, count: int, workers: int, stagger_s: float = 0.0) -> tuple[float, Load]:
    """One batch: CPU seconds of the process under test, and what the load generator saw."""
    awaited = b"content_block_delta" if scenario.stream else b"HTTP/1.1 200"
    before = arm.cpu_s()
    load = asyncio.run(
        closed_loop(
            arm.address, bytes_for(arm, scenario), count, workers,
            fresh=scenario.fresh, awaited=awaited, stagger_s=stagger_s,
        )
    )  # fmt: skip
    return arm.settled_cpu_s() - before, load


def per_request(scenario: Scenario, arms: list[Arm], rounds: int, count: int) -> Measured:
    """CPU per request, throughput and first byte of one scenario."""
    note(scenario.name)
    arms = [arm for arm in arms if arm.name in ("router", "direct", scenario.baseline)]
    measured = Measured()
    for arm in arms:
        batch(arm, scenario, max(10, count // 5), KEEP_ALIVE_WORKERS)  # connections, caches, lazy imports
    for number in range(rounds):
        for arm in arms if number % 2 else reversed(arms):
            cpu_s, load = batch(arm, scenario, count, KEEP_ALIVE_WORKERS)
            measured.add(arm.name, cpu_s, load)
    return measured


def per_chunk(arms: list[Arm], rounds: int, *, burst: int, gap_us: int, chunks: int) -> list[float]:
    """CPU microseconds that one more chunk costs in each arm: a long stream less a short one."""
    note(f"per chunk, {burst} at a time")
    short = Scenario("", 1024, f"stream=10,{burst},{gap_us}")
    long = Scenario("", 1024, f"stream={10 + chunks},{burst},{gap_us}")
    costs: dict[tuple[str, str], list[float]] = {}
    streams = 16
    for number in range(rounds):
        for arm in arms if number % 2 else reversed(arms):
            for scenario in (short, long):
                costs.setdefault((arm.name, scenario.query), []).append(batch(arm, scenario, streams, 8)[0])
    return [
        (min(costs[arm.name, long.query]) - min(costs[arm.name, short.query])) * 1e6 / streams / chunks for arm in arms
    ]


def first_token(arms: list[Arm], rounds: int, *, size: int, streams: int) -> Measured:
    """Time to the first token while eight streams run at once."""
    note(f"first token at 8 streams, {size // 1024} KB")
    measured = Measured()
    scenario = Scenario("", size, "stream=40,1,5000")
    for number in range(rounds):
        for arm in arms if number % 2 else reversed(arms):
            cpu_s, load = batch(arm, scenario, streams, 8, stagger_s=0.023)
            measured.add(arm.name, cpu_s, load)
    return measured


type Start = Callable[[], AbstractContextManager[Arm]]


def memory(start: Start, count: int, size: int, seconds: float) -> tuple[float, float]:
    """Resident memory (MB) of a fresh process: at rest, and at most while `count` streams are open."""
    note(f"{count} open streams")
    gap_us = 250_000
    chunks = int(seconds * 1e6 / gap_us) + 8
    with start() as arm:
        at_rest = arm.memory_mb()

        async def run() -> float:
            opened = asyncio.Event()
            raw = bytes_for(arm, Scenario("", size, f"stream={chunks},1,{gap_us}"))
            streams = asyncio.create_task(open_streams(arm.address, raw, count, opened))
            most = 0.0
            await opened.wait()
            while not streams.done():
                most = max(most, arm.memory_mb())
                await asyncio.sleep(0.1)
            await streams
            return most

        return at_rest, asyncio.run(run())


def start_time(start: Start, times: int) -> float:
    """Seconds from the start of the process to its first answer: the median of several."""
    note("start")
    with start():
        pass  # compiles what has changed since the last time
    seconds = []
    for _ in range(times):
        with start() as arm:
            seconds.append(arm.started_in_s)
    return statistics.median(seconds)


def note(text: str) -> None:
    """What is being done now, for a person who waits."""
    print(f"  … {text}", file=sys.stderr, flush=True)
