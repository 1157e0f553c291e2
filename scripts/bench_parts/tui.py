"""The terminal app: how long a key takes to be painted over a long history while requests come in, its memory, and
whether the router is slower while it watches. The app is a process of its own."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench_parts.load import percentile
from bench_parts.measures import JSON, Scenario, batch
from bench_parts.processes import LOAD_CORE, ROOT, TESTED_CORE, Arm
from router_core.home import Home
from router_core.store.database import transaction
from router_core.store.traces import open_traces, write_started, write_trace
from router_core.trace.record import TraceRecord, Usage

NEW_PER_S = 50
COMMITS_PER_S = 10
"""The router's writer commits what has come about so often."""
WATCHING = "tests.tui.watching"


@dataclass(frozen=True)
class Keys:
    """What was measured of the app."""

    pages: dict[str, list[tuple[float, float]]]
    """Milliseconds of each key: all that passed, and CPU of the app."""
    memory_mb: float

    def ms(self, share: float, page: str = "", *, cpu: bool = False) -> float:
        times = self.pages[page] if page else [each for times in self.pages.values() for each in times]
        return percentile([each[cpu] for each in times], share)

    @property
    def slowest(self) -> str:
        return max(self.pages, key=lambda page: self.ms(0.95, page))


def measure_keys(home: Home) -> Keys:
    """Every page, while requests come in."""
    with _coming_in(home):
        done = subprocess.run([*_command(home), "keys"], env=_environment(), capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return Keys(told["pages"], told["memory_mb"])


@dataclass
class Beside:
    """Of the router, with the app watching or without: one value a round, of which the best is compared."""

    first_byte_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


def watched_and_not(arm: Arm, home: Home, rounds: int, count: int) -> dict[str, Beside]:
    """The router's load in turns: with the app watching, and with it stopped for so long."""
    measured = {"watched": Beside(), "alone": Beside()}
    scenario = Scenario("", 1024, JSON)
    app = subprocess.Popen([*_command(home), "watch"], env=_environment(), stdout=subprocess.PIPE)
    os.sched_setaffinity(app.pid, {LOAD_CORE})
    try:
        assert app.stdout is not None
        app.stdout.readline()
        batch(arm, scenario, count // 5, 1)
        for number in range(rounds):
            for name in ("watched", "alone") if number % 2 else ("alone", "watched"):
                app.send_signal(signal.SIGCONT if name == "watched" else signal.SIGSTOP)
                time.sleep(0.3)
                cpu_s, load = batch(arm, scenario, count, 1)
                measured[name].cpu_ms.append(cpu_s / load.requests * 1000)
                measured[name].first_byte_ms.append(percentile(load.first_byte_s, 0.5) * 1000)
    finally:
        app.kill()
        app.wait()
    return measured


def _command(home: Home) -> list[str]:
    return ["taskset", "-c", str(TESTED_CORE), sys.executable, "-m", WATCHING, str(home.path)]


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MITMROUTER")}
    return {**kept, "PYTHONPATH": str(ROOT)}


@contextlib.contextmanager
def _coming_in(home: Home) -> Iterator[None]:
    """Requests begin and end in the database, as the router's writer writes them."""
    stopped = threading.Event()
    thread = threading.Thread(target=_write, args=(home, stopped), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _write(home: Home, stopped: threading.Event) -> None:
    os.sched_setaffinity(threading.get_native_id(), {LOAD_CORE})
    database = open_traces(home)
    chance = random.Random(3)
    running: list[TraceRecord] = []
    number = 0
    while not stopped.wait(1 / COMMITS_PER_S):
        now = time.time()
        with transaction(database) as connection:
            for record in [record for record in running if record.started_at < now - 2]:
                running.remove(record)
                record.finished_at, record.ttft_ms, record.state, record.status = now, 800, "ok", 200
                record.usage = Usage(12, 300, 40_000)
                record.cost_nano_usd, record.billing = chance.randrange(90_000_000), "subscription"
                write_trace(connection, record)
            for _ in range(NEW_PER_S // COMMITS_PER_S):
                number += 1
                record = TraceRecord(
                    f"s{round(now * 1000):011x}{number:08x}", now, "POST", "/v1/messages", "anthropic",
                    client="claude-code", session=f"live-{number % 5}", provider="claude", model="claude-sonnet-4-5",
                    token="max-1", because="default",
                )  # fmt: skip
                write_started(connection, record)
                running.append(record)
    database.conn.close()
