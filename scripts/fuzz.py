"""Feed the codecs damaged bodies and streams, on every core. The exit code is 1 when a law was broken.

A finding prints the seed of its input: `--codec NAME --one SEED` runs that input alone, with the whole traceback.
"""

import argparse
import collections
import multiprocessing
import os
import resource
import signal
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))  # the seeds are the tests' samples

from fuzz_parts.seeds import FORMATS
from fuzz_parts.trial import trial

from router_core.wire.format import FormatName

DEFAULT_COUNT = 1_000_000
PER_INPUT_S = 2.0
"""Of CPU: on a busy machine an input may wait for longer than it works."""
MOST_GROWTH_MB = 96
"""After the first twentieth, which fills caches."""
BATCH = 200
MOST_FINDINGS = 25


class Hang(Exception):
    """One input took longer than any honest one."""


@dataclass
class Outcome:
    """What one worker saw."""

    inputs: int = 0
    mutated: int = 0
    seconds: float = 0.0
    slowest_ms: float = 0.0
    growth_mb: float = 0.0
    findings: dict[str, list[int]] = field(default_factory=dict)
    """What went wrong, by where → seeds of inputs that show it."""


@dataclass(frozen=True)
class Work:
    format: FormatName
    first_seed: int
    count: int
    most_s: float | None


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, help="mutated events and bodies per codec")
    parser.add_argument("--seed", type=int, help="of the first input; a new one each time if not given")
    parser.add_argument("--seconds", type=float, help="for all codecs together; ends earlier than --count would")
    parser.add_argument("--codec", choices=FORMATS, action="append", help="only this one; may be repeated")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--one", type=int, metavar="SEED", help="the input of this seed alone, with its traceback")
    options = parser.parse_args()
    formats: list[FormatName] = options.codec or list(FORMATS)
    if options.one is not None:
        for format in formats:
            trial(format, Random(options.one))
        return 0
    seed = Random().randrange(10**9) if options.seed is None else options.seed
    print(f"fuzz: seed {seed}, {options.jobs} processes", flush=True)
    failed = False
    for at, format in enumerate(formats):
        seconds = None if options.seconds is None else options.seconds / len(formats)
        share = -(-options.count // options.jobs)
        works = [Work(format, seed * 1000 + job * 10**12 + at, share, seconds) for job in range(options.jobs)]
        failed |= report(format, in_parallel(works))
    return int(failed)


def in_parallel(works: list[Work]) -> list[Outcome]:
    """One process for each; a single one needs none of its own."""
    if len(works) == 1:
        return [run(works[0])]
    with multiprocessing.get_context("spawn").Pool(len(works)) as pool:
        return pool.map(run, works)


def run(work: Work) -> Outcome:
    """Inputs of one codec until the count or the time is reached."""
    signal.signal(signal.SIGPROF, _hang)
    outcome, seed = Outcome(), work.first_seed
    began = time.monotonic()
    before_mb: float | None = None
    while outcome.mutated < work.count and (work.most_s is None or time.monotonic() < began + work.most_s):
        for _ in range(BATCH):
            seed += 1
            started = time.perf_counter()
            outcome.mutated += _guarded(work.format, seed, outcome)
            outcome.slowest_ms = max(outcome.slowest_ms, (time.perf_counter() - started) * 1000)
            outcome.inputs += 1
        if before_mb is None and outcome.mutated * 20 >= work.count:
            before_mb = rss_mb()
    outcome.seconds = time.monotonic() - began
    outcome.growth_mb = max(0.0, rss_mb() - before_mb) if before_mb is not None else 0.0
    return outcome


def _guarded(format: FormatName, seed: int, outcome: Outcome) -> int:
    signal.setitimer(signal.ITIMER_PROF, PER_INPUT_S)
    try:
        return trial(format, Random(seed))
    except Exception as error:  # noqa: BLE001 - whatever it is: that is what is looked for
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__}: {str(error)[:120]} ({Path(last.filename).name}:{last.lineno})"
        outcome.findings.setdefault(where, []).append(seed)
        return 1
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _hang(signum: int, frame: FrameType | None) -> None:
    raise Hang(f"longer than {PER_INPUT_S:g} s")


def rss_mb() -> float:
    """Memory in use; where /proc is missing, the most that ever was."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def report(format: FormatName, outcomes: list[Outcome]) -> bool:
    """Print it; True when something was found."""
    findings: collections.Counter[str] = collections.Counter()
    example: dict[str, int] = {}
    for outcome in outcomes:
        for where, seeds in outcome.findings.items():
            findings[where] += len(seeds)
            example.setdefault(where, seeds[0])
    mutated, seconds = sum(o.mutated for o in outcomes), max(o.seconds for o in outcomes)
    growth, slowest = max(o.growth_mb for o in outcomes), max(o.slowest_ms for o in outcomes)
    print(
        f"{format:17} {mutated:9,} mutated events and bodies in {sum(o.inputs for o in outcomes):,} inputs, "
        f"{seconds:.1f} s, {mutated / seconds:,.0f}/s; slowest {slowest:.0f} ms; memory +{growth:.0f} MB; "
        f"{sum(findings.values())} findings",
        flush=True,
    )
    for where, count in findings.most_common(MOST_FINDINGS):
        print(f"  {count:6} × {where}\n           ./scripts/fuzz --codec {format} --one {example[where]}")
    if growth > MOST_GROWTH_MB:
        print(f"  memory grew by {growth:.0f} MB")
    return bool(findings) or growth > MOST_GROWTH_MB


if __name__ == "__main__":
    sys.exit(main())
