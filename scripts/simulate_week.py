"""Print what became of a simulated week under each strategy, and how good its forecasts were."""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))  # the checkout, also where it is not installed

from simulate_parts.foresight import foresight
from simulate_parts.run import Week, run
from simulate_parts.work import week

from router_core.config.schema import Strategy

STRATEGIES: tuple[Strategy, ...] = ("priority", "quota", "round_robin", "least_used", "fill_first")
SEED = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, help="another week")
    seed = parser.parse_args().seed
    began = time.monotonic()
    turns = week(seed)
    print(f"{len(turns)} requests of 3 people in a week, 5 accounts\n")
    print("strategy     affinity   served  refused  unused  switches  cache lost")
    for strategy in STRATEGIES:
        for affinity in (False, True):
            played = run(turns, strategy, affinity=affinity, seed=seed)
            print(line(strategy, affinity, played))
            if strategy == "quota" and affinity:
                best = played
    print(
        "\nserved: share of all requests. refused: although an account had room. unused: of a weekly window at its\n"
        "reset, on average. cache lost: tokens that were cached with another account when they were written again."
    )
    told = foresight(best)
    print(
        f"\nForecasts (quota, with affinity): {told.given} given of {told.asked} asked for, "
        f"{told.coverage:.0%} within their 80 % interval, median error {told.median_error_h:.1f} h"
    )
    print(f"\n{time.monotonic() - began:.0f} s")


def line(strategy: str, affinity: bool, played: Week) -> str:
    unused = sum(played.unused) / len(played.unused)
    return (
        f"{strategy:<12} {'yes' if affinity else 'no':<8} {played.served / played.asked:>8.1%} "
        f"{played.refused_with_room:>8} {unused:>7.1%} {played.switches:>9} {played.lost_tokens / 1e6:>9.2f} M"
    )


if __name__ == "__main__":
    main()
