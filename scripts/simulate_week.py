"""Print what became of a simulated week under each strategy, and how good its forecasts were."""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))  # the checkout, also where it is not installed

from simulate_parts.foresight import Foresight, foresight
from simulate_parts.run import Week, run
from simulate_parts.work import week, week_after

from router_core.config.schema import Strategy

STRATEGIES: tuple[Strategy, ...] = ("priority", "quota", "round_robin", "least_used", "fill_first")
SEED = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, help="another week")
    seed = parser.parse_args().seed
    began = time.monotonic()
    turns, later = week(seed), week_after(seed)
    print(f"{len(turns)} requests of 3 people in a week, 5 accounts\n")
    print("strategy     affinity   served  refused  unused  switches  cache lost  waited")
    forecasts: list[str] = []
    for strategy in STRATEGIES:
        for affinity in (False, True):
            played = run(turns, strategy, affinity=affinity, seed=seed, later=later if affinity else ())
            print(line(strategy, affinity, played))
            if affinity:
                forecasts.append(forecast_line(strategy, foresight(played, strategy)))
    print(
        "\nserved: share of all requests. refused: although an account had room. unused: of a weekly window at its\n"
        "reset, on average. cache lost: tokens that were cached with another account when they were written again.\n"
        "waited: all requests together, for a token that rested briefly."
    )
    print("\nForecasts, asked for each hour and window, with affinity\n")
    print("strategy       asked   given  within 80 % interval  its width  it lasted  windows used up  median error")
    print("\n".join(forecasts))
    print(
        "\nits width: of the interval, in the median. it lasted: share of forecasts for windows that lasted.\n"
        "median error: of the forecasts for the others. The week after is played, too: it tells what came of the\n"
        "windows that were open at the end."
    )
    print(f"\n{time.monotonic() - began:.0f} s")


def line(strategy: str, affinity: bool, played: Week) -> str:
    unused = sum(played.unused) / len(played.unused)
    return (
        f"{strategy:<12} {'yes' if affinity else 'no':<8} {played.served / played.asked:>8.1%} "
        f"{played.refused_with_room:>8} {unused:>7.1%} {played.switches:>9} {played.lost_tokens / 1e6:>9.2f} M"
        f" {played.waited_s:>5.0f} s"
    )


def forecast_line(strategy: str, told: Foresight) -> str:
    error = "-" if told.median_error_h is None else f"{told.median_error_h:.1f} h of {told.before_walls}"
    lasted = told.false_alarms / told.given if told.given else 0.0
    return (
        f"{strategy:<12} {told.asked:>7} {told.given:>7} {told.coverage:>21.0%} {told.median_width_h or 0:>8.1f} h"
        f" {lasted:>10.0%} {told.walls:>16}  {error}"
    )


if __name__ == "__main__":
    main()
